"""Money: what is reserved before an attempt begins, settled when it ends, and never more than the budget has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from episodes.audit.rules import money
from episodes.errors import Conflict, NotFound
from episodes.estimate import Measure
from episodes.job import RuntimeFacts
from episodes.lifecycle import BeatState
from episodes.model import Acceptance, OpenAttempt
from episodes.money import Funds
from tests.builders import a_beat, a_plan, a_request
from tests.contract.benches import Bench
from tests.contract.leading import Leader, a_result, an_opening

HOURLY = 3_600_000  # a thousand micros a second


class Payer(Leader):
    """Opens attempts at a price."""

    def budgeted(self, budget: int | None, num_beats: int = 3) -> str:
        episode_id = self.store.create(a_request(budget_micros=budget)).episode_id
        self.store.save_plan(episode_id, a_plan(num_beats), 1)
        self.store.execute(episode_id)
        return episode_id

    def buy(self, episode_id: str, *beat_ids: str, quote: int | None, per_hour: int = 0) -> list[OpenAttempt | None]:
        openings = [
            replace(
                an_opening(episode_id, one),
                quote_micros=quote,
                per_hour_micros=per_hour,
                revision=self.beat(episode_id, one).revision,
            )
            for one in beat_ids
        ]
        return self.store.open_attempts(self.lease, openings)

    def buy_one(self, episode_id: str, beat_id: str, *, quote: int | None, per_hour: int = 0) -> OpenAttempt:
        (opened,) = self.buy(episode_id, beat_id, quote=quote, per_hour=per_hour)
        assert opened is not None
        return opened

    def accept(self, attempt: OpenAttempt, render_s: float = 0.0, *, bought_nothing: bool = False) -> bool:
        facts = RuntimeFacts(backend=attempt.backend, latency_sec=render_s, render_s=render_s, bought_nothing=bought_nothing)
        (selected,) = self.store.accept(
            self.lease, [Acceptance(attempt_id=attempt.attempt_id, result=a_result(attempt, runtime=facts))]
        )
        return selected

    def funds(self, episode_id: str) -> tuple[int | None, int, int]:
        funds = self.store.episode(episode_id).funds
        return funds.budget_micros, funds.reserved_micros, funds.spent_micros


@pytest.fixture
def payer(bench: Bench) -> Payer:
    return Payer(bench.store)


def test_an_attempt_begins_only_when_its_price_is_left(payer: Payer) -> None:
    one = payer.budgeted(1000)

    opened = payer.buy(one, "b1", "b2", "b3", quote=400)

    assert [attempt is not None for attempt in opened] == [True, True, False]
    assert payer.funds(one) == (1000, 800, 0)
    assert payer.beat(one, "b3").needs_micros == 400
    assert payer.beat(one, "b3").state is BeatState.PENDING
    assert payer.ready(one) == []
    assert ("beat.unpaid", {"beat_id": "b3", "needs": "0.0004", "left": "0.0002"}) in payer.told(one)


def test_what_waits_for_money_goes_on_when_some_is_released_and_is_told_of_once(payer: Payer) -> None:
    one = payer.budgeted(1000)
    first, second, _ = payer.buy(one, "b1", "b2", "b3", quote=400, per_hour=HOURLY)
    assert first is not None
    assert second is not None
    num_told = len(payer.told(one))
    assert payer.buy(one, "b3", quote=400) == [None]
    assert len(payer.told(one)) == num_told

    assert payer.accept(first, render_s=0.1)

    assert payer.funds(one) == (1000, 400, 100)
    assert payer.ready(one) == ["b3"]
    payer.buy_one(one, "b3", quote=400)
    assert payer.beat(one, "b3").needs_micros == 0


def test_what_waits_for_money_goes_on_when_the_budget_is_raised(payer: Payer) -> None:
    one = payer.budgeted(100)
    payer.buy(one, "b1", quote=400)
    assert payer.ready(one) == ["b2", "b3"]  # nobody has said yet what they cost

    assert payer.store.set_budget(one, 500) == Funds(budget_micros=500)

    assert payer.ready(one) == ["b1", "b2", "b3"]
    assert payer.told(one)[-1] == ("episode.budget", {"budget": "0.0005"})
    payer.buy_one(one, "b1", quote=400)


def test_what_costs_nothing_never_waits_for_money(payer: Payer) -> None:
    one = payer.budgeted(0)

    assert all(payer.buy(one, "b1", "b2", quote=0))
    assert payer.ready(one) == ["b3"]


def test_work_that_was_never_measured_gets_all_that_is_left_and_nothing_begins_beside_it(payer: Payer) -> None:
    one = payer.budgeted(1000)

    probe = payer.buy_one(one, "b1", quote=None, per_hour=HOURLY)

    assert (probe.reserved_micros, probe.allowed_s) == (1000, 1.0)
    assert payer.buy(one, "b2", quote=None, per_hour=HOURLY) == [None]
    payer.accept(probe, render_s=0.25)
    assert payer.funds(one) == (1000, 0, 250)
    assert payer.ready(one) == ["b2", "b3"]


def test_what_is_bought_at_an_unknown_price_does_not_begin_where_a_budget_holds(payer: Payer) -> None:
    one, other = payer.budgeted(10**12), payer.budgeted(None)

    assert payer.buy(one, "b1", quote=None) == [None]
    assert payer.told(one)[-1][1]["needs"] is None
    assert payer.buy(other, "b1", quote=None) != [None]


@pytest.mark.parametrize("end", ["fail", "cancel", "too late", "lost"])
def test_an_attempt_that_comes_to_nothing_is_paid_for_the_time_that_it_took(bench: Bench, payer: Payer, end: str) -> None:
    one = payer.budgeted(10_000)
    attempt = payer.buy_one(one, "b1", quote=5_000, per_hour=HOURLY)
    bench.let_pass(2.0)

    match end:
        case "fail":
            payer.lose(attempt, work_s=2.0)
        case "lost":
            payer.lose(attempt)
        case "cancel":
            payer.store.cancel_beat(one, "b1")
            payer.store.close_cancelled(payer.lease, [attempt.attempt_id])
        case _:
            payer.store.cancel_beat(one, "b1")
            assert not payer.accept(attempt, render_s=2.0)

    budget, reserved, spent = payer.funds(one)
    assert (budget, reserved) == (10_000, 0)
    assert spent == pytest.approx(2_000, abs=900)  # the database's clock goes on by itself
    (shown,) = payer.beat(one, "b1").attempts
    assert shown.spent_micros == spent


def test_an_attempt_is_settled_once(payer: Payer) -> None:
    one = payer.budgeted(1000)
    attempt = payer.buy_one(one, "b1", quote=400)

    assert payer.accept(attempt)
    assert not payer.accept(attempt)
    payer.lose(attempt)
    payer.store.close_cancelled(payer.lease, [attempt.attempt_id])

    assert payer.funds(one) == (1000, 0, 400)


def test_no_attempt_costs_more_than_was_reserved_for_it(bench: Bench, payer: Payer) -> None:
    one = payer.budgeted(1000)
    attempt = payer.buy_one(one, "b1", quote=900, per_hour=HOURLY)
    bench.let_pass(3600.0)

    payer.lose(attempt)

    assert payer.funds(one) == (1000, 0, 900)


def test_a_clip_that_an_earlier_attempt_bought_is_paid_once(payer: Payer) -> None:
    one = payer.budgeted(1000)
    payer.lose(payer.buy_one(one, "b1", quote=400), retry_in_s=0.0)

    assert payer.accept(payer.buy_one(one, "b1", quote=400), bought_nothing=True)

    assert payer.funds(one) == (1000, 0, 400)


def test_an_attempt_that_bought_nothing_costs_nothing_but_its_renderer_does(payer: Payer) -> None:
    one = payer.budgeted(1000)
    payer.lose(payer.buy_one(one, "b1", quote=400), bought_nothing=True)
    assert payer.funds(one) == (1000, 0, 0)

    payer.lose(payer.buy_one(one, "b2", quote=400, per_hour=HOURLY), bought_nothing=True, work_s=0.1)

    assert payer.funds(one) == (1000, 0, 100)


def test_without_a_budget_the_costs_are_known_all_the_same(payer: Payer) -> None:
    one = payer.budgeted(None)
    clip = payer.buy_one(one, "b1", quote=400)
    work = payer.buy_one(one, "b2", quote=None, per_hour=HOURLY)
    assert payer.funds(one) == (None, 400, 0)
    assert work.allowed_s is None

    payer.accept(clip)
    payer.accept(work, render_s=3.0)

    assert payer.funds(one) == (None, 0, 3_400)


def test_a_budget_is_never_below_what_is_gone(payer: Payer) -> None:
    one = payer.budgeted(1000)
    payer.accept(payer.buy_one(one, "b1", quote=400))
    payer.buy_one(one, "b2", quote=500)

    with pytest.raises(Conflict, match=r"0\.0009"):
        payer.store.set_budget(one, 899)
    assert payer.funds(one) == (1000, 500, 400)
    assert payer.store.set_budget(one, 900).left_micros == 0
    assert payer.store.set_budget(one, None).left_micros is None


def test_a_budget_waits_for_work_that_began_without_one(payer: Payer) -> None:
    one = payer.budgeted(None)
    work = payer.buy_one(one, "b1", quote=None, per_hour=HOURLY)

    with pytest.raises(Conflict, match="began without a budget"):
        payer.store.set_budget(one, 10_000)
    payer.accept(work, render_s=1.0)
    assert payer.store.set_budget(one, 10_000).left_micros == 9_000


def test_nobody_sets_the_budget_of_an_unknown_episode(payer: Payer) -> None:
    with pytest.raises(NotFound):
        payer.store.set_budget("nobody", 1)


def test_the_coordinator_is_told_whose_money_is_limited(payer: Payer) -> None:
    one, other = payer.budgeted(10), payer.budgeted(None)

    assert {e.episode_id: e.is_budgeted for e in payer.store.active_episodes(payer.lease)} == {one: True, other: False}


def test_all_episodes_together_have_a_budget(bench: Bench) -> None:
    payer = Payer(bench.limited(1000))
    one, other = payer.budgeted(None), payer.budgeted(900)
    first = payer.buy_one(one, "b1", quote=600)

    assert payer.buy(other, "b1", quote=500) == [None]
    assert payer.ready(other) == ["b2", "b3"]
    view = payer.store.episode(other)
    assert (view.funds.left_micros, view.total) == (900, Funds(budget_micros=1000, reserved_micros=600))
    assert all(e.is_budgeted for e in payer.store.active_episodes(payer.lease))

    payer.accept(first)
    assert [a is not None for a in payer.buy(other, "b1", "b2", quote=300)] == [True, False]


def test_one_call_never_reserves_more_than_all_may_spend(bench: Bench) -> None:
    payer = Payer(bench.limited(1000))
    one, other = payer.budgeted(None), payer.budgeted(None)
    openings = [replace(an_opening(e, b), quote_micros=300) for e in (one, other) for b in ("b1", "b2")]

    opened = payer.store.open_attempts(payer.lease, openings)

    assert sum(attempt is not None for attempt in opened) == 3


def test_accepted_clips_tell_how_long_such_work_takes(bench: Bench, payer: Payer) -> None:
    one = payer.executing(4)
    for beat_id, render_s in (("b1", 2.0), ("b2", 0.0), ("b3", 4.0)):
        payer.accept(payer.start_one(one, beat_id), render_s=render_s)
        bench.let_pass(1.0)
    payer.lose(payer.start_one(one, "b4"))

    found = payer.store.measures(["animatic", "stub"])

    usual = Measure(kind="animatic", render_s=2.0, video_s=1.0, num_pixels=64 * 64)
    assert found == [replace(usual, render_s=4.0), usual]
    assert payer.store.measures(["stub"]) == []
    assert payer.beat(one, "b1").attempts[0].render_s == 2.0


def test_the_audit_adds_it_up(bench: Bench, payer: Payer) -> None:
    one = payer.budgeted(1000)
    payer.accept(payer.buy_one(one, "b1", quote=400))
    payer.buy_one(one, "b2", quote=500)
    audit = bench.audited.audit_episode(one)

    assert audit.funds == Funds(budget_micros=1000, reserved_micros=500, spent_micros=400)
    assert not [look for look in money(audit) if look.wrong]
    for spoilt in (
        replace(audit, funds=replace(audit.funds, spent_micros=0)),
        replace(audit, funds=replace(audit.funds, budget_micros=899)),
        replace(audit, attempts=tuple(replace(a, reserved_micros=0) for a in audit.attempts)),
    ):
        assert [look for look in money(spoilt) if look.wrong]


def test_planning_retrying_and_revising_forget_what_was_lacking(payer: Payer) -> None:
    one = payer.budgeted(100)
    payer.buy(one, "b1", "b2", quote=400)

    payer.revise(one, a_beat(0))
    payer.store.cancel_beat(one, "b2")
    payer.store.retry_beat(one, "b2")

    assert payer.ready(one) == ["b1", "b2", "b3"]
    assert all(beat.needs_micros == 0 for beat in payer.store.episode(one).beats)
