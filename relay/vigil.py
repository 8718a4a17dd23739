"""What becomes of a job that a slot waits for, from what is seen of it. No I/O: every case is a line in the tests."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.errors import FailureClass
from relay.ports import Place, Sighting


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a slot waits for what; seconds."""

    deadline_s: float = 900.0
    """For a worker to pop the job; and again for one that says nothing before it is done."""
    silence_s: float = 25.0
    """A worker that claimed a job and gives no sign of life for so long is dead, as anybody in the fleet would be."""
    stall_s: float = 270.0
    """One that gives signs of life and gets no further for so long is stuck. Less than the coordinator's limit, so that it is said here."""
    handover_s: float = 10.0
    """Between leaving the queue and being claimed; it takes milliseconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Nothing to do."""

    share: float
    """Of the attempt's whole work, for those who watch. A worker that says nothing gets as far as its time has run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restore:
    """Whoever took it did not come to claim it: back to the queue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    answer: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """No answer will come that may count."""

    failure_class: FailureClass
    reason: str


Verdict = Wait | Restore | Answered | Lost

WAITED = 0.01
"""Share of an attempt's work that waiting for a worker makes out."""
AWAY = 0.44
"""And what may be said of a worker that says nothing: it leaves the second half to publishing."""


class Vigil:
    """Over one job. All times are the slot's own clock's; while the queue does not answer, nobody is blamed for being silent."""

    def __init__(self, limits: Limits, now_s: float) -> None:
        self._limits = limits
        self._answered_s = now_s
        """When the queue answered last."""
        self._left_s = limits.deadline_s
        """Of the deadline, at that time."""
        self._was: tuple[Place, str] | None = None
        self._pulse = -1
        self._share = -1.0
        self._pulsed_s = self._moved_s = self._placed_s = now_s

    def saw(self, sighting: Sighting | None, now_s: float) -> Verdict:
        """`sighting` None: the queue answered, and knows of no such job."""
        self._answered_s = now_s
        if sighting is None:
            return Lost(failure_class=FailureClass.INFRA, reason="The queue has forgotten the job: it lost its data.")
        self._note(sighting, now_s)
        self._left_s = self._limits.deadline_s - (sighting.since_s if sighting.place in (Place.WAITING, Place.AWAY) else 0.0)
        match sighting.place:
            case Place.ANSWERED:
                return Answered(answer=sighting.answer)
            case Place.CLAIMED:
                return self._judge_worker(sighting, now_s)
            case Place.TAKEN:
                is_late = now_s - self._placed_s > self._limits.handover_s
                return Restore() if is_late else Wait(share=WAITED)
            case Place.WAITING | Place.AWAY:
                return self._judge_time(sighting)

    def missed(self, now_s: float) -> Verdict:
        """The queue did not answer."""
        self._was = None
        waited_s = now_s - self._answered_s
        if waited_s > self._left_s:
            return Lost(failure_class=FailureClass.INFRA, reason=f"The queue has not answered for {waited_s:.0f} s.")
        return Wait(share=max(0.0, self._share))

    def _note(self, sighting: Sighting, now_s: float) -> None:
        """Whoever was not there the last time begins now."""
        is_new = self._was != (sighting.place, sighting.worker)
        if is_new:
            self._was, self._placed_s = (sighting.place, sighting.worker), now_s
        if is_new or sighting.pulse != self._pulse:
            self._pulse, self._pulsed_s = sighting.pulse, now_s
        if is_new or sighting.share != self._share:
            self._share, self._moved_s = sighting.share, now_s

    def _judge_worker(self, sighting: Sighting, now_s: float) -> Verdict:
        limits = self._limits
        if now_s - self._pulsed_s > limits.silence_s:
            reason = f"The worker {sighting.worker} gave no sign of life for {limits.silence_s:.0f} s."
            return Lost(failure_class=FailureClass.CRASH, reason=reason)
        if now_s - self._moved_s > limits.stall_s:
            reason = f"The worker {sighting.worker} made no progress for {limits.stall_s:.0f} s."
            return Lost(failure_class=FailureClass.CRASH, reason=reason)
        return Wait(share=max(WAITED, sighting.share))

    def _judge_time(self, sighting: Sighting) -> Verdict:
        limit_s, is_away = self._limits.deadline_s, sighting.place is Place.AWAY
        if sighting.since_s > limit_s:
            what = "The worker that took the job did not answer" if is_away else "No worker took the job"
            return Lost(failure_class=FailureClass.INFRA, reason=f"{what} within {limit_s:.0f} s.")
        part = sighting.since_s / limit_s
        return Wait(share=WAITED + AWAY * part if is_away else WAITED * part)
