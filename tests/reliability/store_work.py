"""What the model test's coordinators do when nothing goes wrong, and what the rules that lead them draw."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from episodes.errors import FailureClass
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Acceptance, ClipSource, Failure, Lease, OpenAttempt, Opening
from tests.contract.leading import a_result
from tests.reliability.oracle_rows import Story, Tried
from tests.reliability.store_bench import Bench, Coordinator

TTLS_S = (4.0, 8.0)
RETRIES_IN_S = (0.0, 2.0, 4.0, None)
RENDERERS = ("r1", "r2")
CONTENT_KEYS = ("k1", "k2")
SOURCE = ClipSource(episode_id="another", beat_id="b1", attempt_id="made before")
PRICES: tuple[dict[str, Any], ...] = (
    {},
    {"quote_micros": 700},
    {"quote_micros": 1500, "per_hour_micros": 3_600_000},
    {"quote_micros": None, "per_hour_micros": 3_600_000},
    {"quote_micros": None},
)
"""Free, a clip's, by the hour with and without a quote, and what nobody knows; an hour costs a thousand micros a second."""


class Work(Bench):
    """Steps of coordinators, for rules to be made of."""

    def pass_to(self, now_s: float) -> None:
        self.oracle.now_s = now_s
        for subject in self.subjects:
            subject.set_clock(now_s)
        self.look("what is shown after some time")

    def acquire(self, coordinator: Coordinator, ttl_s: float) -> None:
        lease = self.do("acquire_lease", coordinator.holder, ttl_s)
        if lease is not None:
            earlier, coordinator.lease = coordinator.lease, lease
            coordinator.knows = [a.attempt_id for a in self.do("unclosed_attempts", lease)]
            if earlier is not None:
                self.old_leases.append(earlier)
                self.do("renew_lease", earlier, ttl_s)  # on its way since before

    def work(self, num_steps: int) -> None:
        """Steps of the leading coordinator, in whatever episode can move; where nobody leads, somebody begins to."""
        if self.oracle.is_paused:
            self.do("resume_queue")
        for _ in range(num_steps):
            leader = self._leader()
            if leader is None:
                self.pass_to(max(self.oracle.now_s, self.oracle.lease_ends))
                self.acquire(self.coordinators[1], TTLS_S[0])
            else:
                assert leader.lease is not None
                self._one_step(leader, leader.lease)

    def _one_step(self, leader: Coordinator, lease: Lease) -> None:
        for story in self.oracle.stories.values():
            if story.state in (E.PLANNED, E.PAUSED):
                self.do("execute" if story.state is E.PLANNED else "resume", story.episode_id)
            wanted = [t for t in story.tries if story.wants(t)]
            openings = self._ready(story)
            if wanted:
                self.do("accept", lease, [good(t) for t in wanted])
            elif story.state is E.CANCELLING:
                self.do("settle", lease, story.episode_id)
                self.do("close_cancelled", lease, [t.attempt_id for t in story.open_tries()])
                self.do("settle", lease, story.episode_id)
            elif openings:
                self.begin(leader, lease, openings)
            elif story.state is E.EXECUTING and all(part.state.is_ended for part in story.parts.values()):
                self.do("settle", lease, story.episode_id)
            elif story.state.is_active:
                self.wait(story)

    def wait(self, story: Story) -> None:
        """For the end of a back-off."""
        ends = [story.film_not_before, *(part.not_before for part in story.parts.values())]
        if ends := [end for end in ends if end > self.oracle.now_s]:
            self.pass_to(min(ends))

    def have_some_open(self) -> None:
        """Work until some attempt is open."""
        for _ in range(4):
            if not self.open_tries():
                self.work(1)

    def being_made(self, *, is_film: bool, beat_id: str | None = None) -> Tried | None:
        """An attempt that is open and wanted, worked for if need be; with `beat_id`, of a beat with that id."""
        for _ in range(10):
            for one in self.open_tries():
                is_it = one.beat_id == beat_id if beat_id is not None else (one.beat_id is None) == is_film
                if is_it and self.oracle.stories[one.episode_id].wants(one):
                    return one
            self.work(1)
        return None

    def begin(self, who: Coordinator, lease: Lease, openings: Sequence[Opening]) -> None:
        opened: list[OpenAttempt | None] | None = self.do("open_attempts", lease, openings)
        who.knows += [one.attempt_id for one in opened or () if one is not None]

    def opening(self, episode_id: str, beat_id: str | None, revision: int, attempt_id: str | None = None) -> Opening:
        number = self.a_number()
        story = self.oracle.stories.get(episode_id)
        part = story.parts.get(beat_id or "") if story is not None else None
        num_before = len(story.tries_of(beat_id)) if story is not None else 0
        return Opening(
            attempt_id=attempt_id or str(uuid.UUID(int=number)),
            episode_id=episode_id,
            beat_id=beat_id,
            revision=revision,
            backend=story.backend(part) if story is not None and part is not None else "",
            renderer=RENDERERS[num_before % len(RENDERERS)],  # so that the third is the first again
            node="n1",
            content_key="" if beat_id is None or number % 3 == 0 else CONTENT_KEYS[number % len(CONTENT_KEYS)],
            reused_from=SOURCE if beat_id is not None and number % 4 == 0 else None,
            **PRICES[number % len(PRICES)],
        )

    def whoever_has(self, lease: Lease) -> Coordinator:
        return next(c for c in self.coordinators if c.holder == lease.holder)

    # --- draws ---

    def some_lease(self, data: st.DataObject, one_is_void_in: int = 7) -> Lease:
        """Mostly the newest; else one that is over, or that was never given."""
        assert self.oracle.lease is not None
        newest = self.oracle.lease
        other = next(c.holder for c in self.coordinators if c.holder != newest.holder)
        void = [*self.old_leases, Lease(holder=other, fence=newest.fence), Lease(holder=newest.holder, fence=newest.fence - 1)]
        return data.draw(st.sampled_from(void)) if data.draw(st.integers(1, one_is_void_in)) == 1 else newest

    def some_attempt(self, data: st.DataObject, lease: Lease) -> str:
        """Mostly one that is open and known to whoever acts, or that nobody wants any more; else any that ever was."""
        unwanted = [t.attempt_id for t in self.open_tries() if not self.oracle.stories[t.episode_id].wants(t)]
        if unwanted and data.draw(st.integers(1, 3)) == 1:
            return data.draw(st.sampled_from(unwanted))
        knows = self.whoever_has(lease).knows
        open_ones = [t.attempt_id for t in self.open_tries() if t.attempt_id in knows]
        if open_ones and data.draw(st.integers(0, 4)) < 4:
            return data.draw(st.sampled_from(open_ones))
        return data.draw(st.sampled_from([*self.oracle.tries, "unknown"]))

    def _leader(self) -> Coordinator | None:
        """Whoever holds the newest lease and has not forgotten it."""
        return next((c for c in self.coordinators if c.lease is not None and c.lease == self.oracle.lease), None)

    def _ready(self, story: Story) -> list[Opening]:
        """What a coordinator would begin now: ready beats, or the film."""
        if story.state is E.CUTTING and story.film_not_before <= self.oracle.now_s:
            return [self.opening(story.episode_id, None, story.revision)]
        if story.state is not E.EXECUTING:
            return []
        return [
            self.opening(story.episode_id, one, part.revision)
            for one, part in story.parts.items()
            if part.state is B.PENDING and not story.unmet(part) and part.not_before <= self.oracle.now_s
        ]


def good(tried: Tried) -> Acceptance:
    result = a_result(tried.as_open())
    facts = result.runtime.model_copy(update={"render_s": (0.0, 0.5, 2.0)[tried.number % 3]})
    if tried.number == 2:  # which went on with what the first had ordered
        facts = facts.model_copy(update={"bought_nothing": True})
    return Acceptance(attempt_id=tried.attempt_id, result=result.model_copy(update={"runtime": facts}))


def lost(tried: Tried) -> Failure:
    return Failure(
        attempt_id=tried.attempt_id, failure_class=FailureClass.INFRA, reason="it is lost", counted=True, retry_in_s=None
    )
