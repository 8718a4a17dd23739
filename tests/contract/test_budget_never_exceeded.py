"""Whatever beats begin, fail, are cancelled and come too late, and in whatever order: no budget is ever exceeded."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.audit.rules import money
from episodes.episode_store import EpisodeStore
from episodes.errors import Conflict, FailureClass
from episodes.job import RuntimeFacts
from episodes.model import Acceptance, Failure, Lease, Opening
from storage.episodes_sql import SqlEpisodeStore
from storage.memory import MemoryEpisodeStore
from tests.builders import a_plan, a_request
from tests.contract.at_once import at_once
from tests.contract.benches import Bench
from tests.contract.databases import migrated
from tests.contract.leading import Leader, a_result, an_opening

BUDGETS = (1_000, None)
TOTAL = 1_500
NUM_BEATS = 4
PRICES: tuple[tuple[int | None, int], ...] = ((0, 0), (300, 0), (450, 3_600_000), (None, 3_600_000), (None, 0))
"""Quote, and what an hour costs: a thousand micros a second."""

Step = tuple[str, int, int, int]
"""What happens, in which episode, to which beat, and how."""

steps = st.lists(
    st.tuples(
        st.sampled_from(("open", "open", "open", "accept", "fail", "lose", "cancel", "close", "retry", "budget")),
        st.integers(0, len(BUDGETS) - 1),
        st.integers(0, NUM_BEATS - 1),
        st.integers(0, len(PRICES) - 1),
    ),
    max_size=40,
)


@dataclass(kw_only=True)
class House:
    """A store with two episodes, one of them without a budget of its own."""

    store: MemoryEpisodeStore | SqlEpisodeStore
    lease: Lease
    episodes: Sequence[str]

    def play(self, step: Step) -> None:
        what, which, beat, how = step
        episode_id, beat_id = self.episodes[which], f"b{beat + 1}"
        attempts = self.store.unclosed_attempts(self.lease)
        of_beat = [a for a in attempts if (a.episode_id, a.beat_id) == (episode_id, beat_id)]
        match what:
            case "open":  # all beats from this one on, at once
                self._open(episode_id, beat, how)
            case "accept":
                for one in of_beat:
                    facts = RuntimeFacts(backend=one.backend, latency_sec=1.0, render_s=0.2 * how)
                    result = a_result(one, runtime=facts)
                    self.store.accept(self.lease, [Acceptance(attempt_id=one.attempt_id, result=result)])
            case "fail" | "lose":
                self.store.fail(self.lease, [_failure(a.attempt_id, None if what == "lose" else 0.3 * how) for a in of_beat])
            case "cancel":
                self.store.cancel_beat(episode_id, beat_id) if self._is_unended(episode_id, beat) else None
            case "close":
                self.store.close_cancelled(self.lease, [a.attempt_id for a in attempts])
            case "retry":
                self.store.retry_beat(episode_id, beat_id) if self._has_failed(episode_id, beat) else None
            case _:
                self._set_budget(episode_id, 400 * how)

    def _open(self, episode_id: str, first: int, how: int) -> None:
        view = self.store.episode(episode_id)
        openings = [
            Opening(
                attempt_id=str(uuid.uuid4()),
                episode_id=episode_id,
                beat_id=beat.beat.beat_id,
                revision=beat.revision,
                backend=beat.backend,
                renderer="r1",
                node="n1",
                quote_micros=PRICES[(how + place) % len(PRICES)][0],
                per_hour_micros=PRICES[(how + place) % len(PRICES)][1],
            )
            for place, beat in enumerate(view.beats[first:])
        ]
        self.store.open_attempts(self.lease, openings)

    def _set_budget(self, episode_id: str, micros: int) -> None:
        try:
            self.store.set_budget(episode_id, micros)
        except Conflict:
            funds = self.store.episode(episode_id).funds
            assert micros < funds.reserved_micros + funds.spent_micros

    def _is_unended(self, episode_id: str, beat: int) -> bool:
        return not self.store.episode(episode_id).beats[beat].state.is_ended

    def _has_failed(self, episode_id: str, beat: int) -> bool:
        return self.store.episode(episode_id).beats[beat].state in ("FAILED", "CANCELLED")

    def check(self) -> None:
        views = [self.store.episode(one) for one in self.episodes]
        for view in views:
            gone = view.funds.reserved_micros + view.funds.spent_micros
            assert view.funds.budget_micros is None or gone <= view.funds.budget_micros
        assert sum(view.funds.reserved_micros + view.funds.spent_micros for view in views) <= TOTAL
        for audit in self.store.audit_episodes():
            assert not [look for look in money(audit) if look.wrong]


def a_house(store: MemoryEpisodeStore | SqlEpisodeStore) -> House:
    lease = store.acquire_lease("leader", 3600.0)
    assert lease is not None
    episodes = []
    for budget in BUDGETS:
        episode_id = store.create(a_request(budget_micros=budget)).episode_id
        store.save_plan(episode_id, a_plan(NUM_BEATS), 1)
        store.execute(episode_id)
        episodes.append(episode_id)
    return House(store=store, lease=lease, episodes=episodes)


def _failure(attempt_id: str, work_s: float | None) -> Failure:
    return Failure(
        attempt_id=attempt_id, failure_class=FailureClass.OUTPUT, reason="no", counted=True, retry_in_s=0.0, work_s=work_s
    )


@settings(max_examples=60, deadline=None)
@given(steps)
def test_no_budget_is_exceeded_in_memory(played: list[Step]) -> None:
    house = a_house(MemoryEpisodeStore(budget_total_micros=TOTAL))
    for step in played:
        house.play(step)
        house.check()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=steps)
def test_no_budget_is_exceeded_on_sqlite(tmp_path: Path, played: list[Step]) -> None:
    engine = migrated(f"sqlite:///{tmp_path}/{uuid.uuid4()}.db")
    try:
        house = a_house(SqlEpisodeStore(engine, "film-house", TOTAL))
        for step in played:
            house.play(step)
        house.check()
    finally:
        engine.dispose()


@pytest.mark.parametrize("is_shared", [False, True])
def test_beats_that_begin_at_the_same_moment_share_what_is_left(bench: Bench, is_shared: bool) -> None:
    """Of one episode with its own budget, or of several with one together."""
    leader = Leader(bench.limited(1_000) if is_shared else bench.store)
    budget = None if is_shared else 1_000
    episodes = [_executing(leader.store, budget, num_beats=1 if is_shared else 6) for _ in range(6 if is_shared else 1)]
    beats = [(one, view.beat.beat_id) for one in episodes for view in leader.store.episode(one).beats]

    openings = [[replace(an_opening(*one), quote_micros=300)] for one in beats]
    opened = at_once([partial(leader.store.open_attempts, leader.lease, some) for some in openings])

    began = [one for some in opened if isinstance(some, list) for one in some if one is not None]
    assert len(began) == 3
    funds = [leader.store.episode(one).funds for one in episodes]
    assert sum(one.reserved_micros for one in funds) == 900


def _executing(store: EpisodeStore, budget: int | None, num_beats: int) -> str:
    episode_id = store.create(a_request(budget_micros=budget)).episode_id
    store.save_plan(episode_id, a_plan(num_beats), 1)
    store.execute(episode_id)
    return episode_id
