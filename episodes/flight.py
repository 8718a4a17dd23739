"""What a leading coordinator remembers of an attempt in the air. Everything here can be rebuilt from SQL."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from episodes.dispatch import MAX_CRASHES, after_failure
from episodes.errors import FailureClass, RendererLost
from episodes.job import JobResult
from episodes.model import Failure, OpenAttempt


@dataclass(kw_only=True, slots=True)
class Flight:
    """An open attempt. It ends with a result, or is lost and then looked for in the store."""

    attempt: OpenAttempt
    since_s: float = 0.0
    """When this leader began it, or found it."""
    share: float = 0.0
    """Of its work, as last heard."""
    preview_number: int = 0
    """Of the newest that is recorded."""
    lost: RendererLost | None = None
    """Its answer will not come: whatever it stored counts."""
    num_missed: int = 0
    """Surveys in a row in which nobody had it."""
    unknown_since_s: float | None = None
    """Since when the store does not say whether it holds its result."""
    stopping_since_s: float | None = None
    """When it was told to stop."""
    landed: JobResult | None = None
    doom: str = ""
    """Why its renderer was killed; the reason of what it loses."""
    is_spent: bool = False
    """It has used up what was reserved for it, and was told to stop."""

    @property
    def is_film(self) -> bool:
        return self.attempt.beat_id is None

    @property
    def has_its_file(self) -> bool:
        """A success without a clip (or film) of its own is none."""
        if self.landed is None or not self.landed.is_of(self.attempt.attempt_id):
            return False
        return ("film" if self.is_film else "video") in self.landed.files

    @property
    def failure_class(self) -> FailureClass:
        """Of a failed landing, or of what its loss counts as."""
        if self.landed is not None and self.landed.error is not None:
            return self.landed.error.failure_class
        claims_success = self.landed is not None and self.landed.status == "succeeded"
        return self.lost.failure_class if self.lost is not None and not claims_success else FailureClass.OUTPUT

    @property
    def reason(self) -> str:
        if self.landed is not None and self.landed.error is not None:
            return self.landed.error.reason
        if self.doom:
            return self.doom
        if self.landed is not None and self.landed.status == "succeeded":
            return "It succeeded, as it says, but names no clip of its own."
        return self.lost.message if self.lost is not None else "It failed without saying why."

    @property
    def why_stopped(self) -> RendererLost:
        """Of a render that stopped while its beat still waited for it."""
        if self.is_spent:
            return RendererLost("It took longer than the money that was reserved for it.", FailureClass.CONTENT)
        return RendererLost("The render stopped, though nobody told it to.", FailureClass.INFRA)

    @property
    def work_s(self) -> float | None:
        """How long a renderer worked on it; None: nobody said."""
        return self.landed.runtime.render_s or None if self.landed is not None else None

    @property
    def troubled_for_s(self) -> float:
        """From the first uncounted failure of its beat (or film) to its own beginning."""
        since_s = self.attempt.troubled_since_s
        return 0.0 if since_s is None else self.attempt.opened_at_s - since_s

    @property
    def ids(self) -> dict[str, object]:
        """For every log line about it."""
        return {
            "episode_id": self.attempt.episode_id,
            "beat_id": self.attempt.beat_id,
            "attempt_id": self.attempt.attempt_id,
            "attempt": self.attempt.number,
        }


def judged(flight: Flight, random: Random) -> Failure:
    """What becomes of a failed attempt's beat (or film)."""
    verdict = after_failure(
        flight.failure_class,
        num_counted=flight.attempt.num_counted,
        num_crashes=flight.attempt.num_crashes,
        num_uncounted=flight.attempt.num_uncounted,
        troubled_for_s=flight.troubled_for_s,
        random=random,
    )
    return Failure(
        attempt_id=flight.attempt.attempt_id,
        failure_class=flight.failure_class,
        reason=f"{flight.reason} Quarantined: it killed {MAX_CRASHES} renderers." if verdict.is_quarantined else flight.reason,
        counted=verdict.counted,
        retry_in_s=verdict.retry_in_s,
        work_s=flight.work_s,
        bought_nothing=flight.landed is not None and flight.landed.error is not None and flight.landed.error.bought_nothing,
    )
