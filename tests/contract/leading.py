"""A coordinator's moves in a few words, for tests of what the store makes of them."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from episodes.editing import with_beat_changed
from episodes.episode_store import EpisodeStore
from episodes.errors import FailureClass
from episodes.job import JobResult, RuntimeFacts, StoredFile
from episodes.lifecycle import EpisodeState
from episodes.model import Acceptance, BeatView, EpisodeView, Failure, OpenAttempt, Opening
from episodes.plan import Beat, Plan
from tests.builders import a_beat, a_plan, a_request


def a_chain(num_beats: int) -> Plan:
    """Each beat starts from the last frame of the one before."""
    beats = [a_beat(0)]
    for i in range(1, num_beats):
        before = beats[-1].beat_id
        beats.append(a_beat(i, depends_on=(before,), starts_from=before))
    return Plan(beats=tuple(beats))


def a_file(key: str, **fields: Any) -> StoredFile:
    given = {"uri": f"file:///films/{key}", "size_bytes": 7, "sha256": hashlib.sha256(key.encode()).hexdigest()}
    return StoredFile(**{"key": key, "media_type": "video/mp4", **given, **fields})


def a_result(attempt: OpenAttempt, *kinds: str, **fields: Any) -> JobResult:
    kinds = kinds or (("film", "subtitles_srt") if attempt.beat_id is None else ("video", "poster"))
    given: dict[str, Any] = {
        "status": "succeeded",
        "runtime": RuntimeFacts(backend=attempt.backend, latency_sec=1.0),
        "files": {kind: a_file(f"{kind}/{attempt.attempt_id}", duration_s=1.0, width=64, height=64, fps=8.0) for kind in kinds},
        "fence": 1,
        "episode_id": attempt.episode_id,
        "beat_id": attempt.beat_id,
    }
    return JobResult(job_id=attempt.attempt_id, **{**given, **fields})


def an_opening(
    episode_id: str,
    beat_id: str | None,
    *,
    renderer: str = "r1",
    revision: int = 1,
    backend: str = "animatic",
    seed: int | None = None,
) -> Opening:
    return Opening(
        attempt_id=str(uuid.uuid4()),
        episode_id=episode_id,
        beat_id=beat_id,
        revision=revision,
        backend=backend if beat_id is not None else "",
        renderer=renderer,
        node="n1",
        seed=seed,
    )


class Leader:
    """Holds the lease of a store."""

    def __init__(self, store: EpisodeStore, holder: str = "leader") -> None:
        self.store = store
        lease = store.acquire_lease(holder, 60.0)
        assert lease is not None
        self.lease = lease

    def planned(self, plan: Plan | int = 3, *fallbacks: str) -> str:
        episode_id = self.store.create(a_request(fallbacks=fallbacks)).episode_id
        self.store.save_plan(episode_id, a_plan(plan) if isinstance(plan, int) else plan, 1)
        return episode_id

    def executing(self, plan: Plan | int = 3, *fallbacks: str) -> str:
        episode_id = self.planned(plan, *fallbacks)
        self.store.execute(episode_id)
        return episode_id

    def ready(self, episode_id: str, **how: Any) -> list[str]:
        return [r.beat.beat_id for r in self.store.ready_beats(self.lease, episode_id, **{"limit": 100, **how})]

    def start(self, episode_id: str, *beat_ids: str | None, renderer: str = "r1") -> list[OpenAttempt]:
        views = {b.beat.beat_id: b for b in self.store.episode(episode_id).beats}
        openings = [
            an_opening(
                episode_id,
                one,
                renderer=renderer,
                revision=views[one].revision,
                backend=views[one].backend,
                seed=views[one].beat.seed,
            )
            if one is not None
            else an_opening(episode_id, None, renderer=renderer)
            for one in beat_ids
        ]
        opened = self.store.open_attempts(self.lease, openings)
        assert all(opened), opened
        return [attempt for attempt in opened if attempt is not None]

    def start_one(self, episode_id: str, beat_id: str | None, renderer: str = "r1") -> OpenAttempt:
        return self.start(episode_id, beat_id, renderer=renderer)[0]

    def win(self, *attempts: OpenAttempt) -> list[bool]:
        return self.store.accept(self.lease, [Acceptance(attempt_id=a.attempt_id, result=a_result(a)) for a in attempts])

    def lose(self, attempt: OpenAttempt, retry_in_s: float | None = None, **how: Any) -> None:
        given = {"failure_class": FailureClass.CRASH, "reason": "the renderer died", "counted": True, **how}
        self.store.fail(self.lease, [Failure(attempt_id=attempt.attempt_id, retry_in_s=retry_in_s, **given)])

    def render(self, episode_id: str, *beat_ids: str) -> None:
        assert all(self.win(*self.start(episode_id, *beat_ids)))

    def render_all(self, episode_id: str) -> None:
        while ready := self.ready(episode_id):
            self.render(episode_id, *ready)

    def settle(self, episode_id: str) -> EpisodeState:
        return self.store.settle(self.lease, episode_id)

    def cutting(self, plan: Plan | int = 2) -> str:
        episode_id = self.executing(plan)
        self.render_all(episode_id)
        assert self.settle(episode_id) is EpisodeState.CUTTING
        return episode_id

    def completed(self, plan: Plan | int = 2) -> str:
        episode_id = self.cutting(plan)
        assert self.win(self.start_one(episode_id, None)) == [True]
        return episode_id

    def revise(self, episode_id: str, beat: Beat) -> EpisodeView:
        """In the place of the one with its id; it begins anew, whether it shows something else or not."""
        beats = [view.beat for view in self.store.episode(episode_id).beats]
        return self.store.edit_plan(episode_id, with_beat_changed(beats, beat), anew=(beat.beat_id,))[1]

    def state(self, episode_id: str) -> EpisodeState:
        return self.store.episode(episode_id).state

    def beat(self, episode_id: str, beat_id: str) -> BeatView:
        return next(b for b in self.store.episode(episode_id).beats if b.beat.beat_id == beat_id)

    def told(self, episode_id: str, after: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """What the events say: type and data."""
        return [(e.event_type, e.data) for e in self.store.events(episode_id, after=after, limit=100_000)]
