"""What an EpisodeStore remembers of what clips depend on, so that one that is there is not made again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from episodes.errors import LeaseLost
from episodes.lifecycle import AttemptState
from episodes.model import ClipSource, Lease, OpenAttempt
from tests.builders import a_beat, a_plan
from tests.contract.benches import Bench
from tests.contract.leading import Leader, an_opening

SOURCE = ClipSource(episode_id="another", beat_id="b7", attempt_id="made-before")


def begun(
    leader: Leader, episode_id: str, beat_id: str, key: str, revision: int = 1, source: ClipSource | None = None
) -> OpenAttempt:
    opening = replace(an_opening(episode_id, beat_id, revision=revision), content_key=key, reused_from=source)
    [attempt] = leader.store.open_attempts(leader.lease, [opening])
    assert attempt is not None
    return attempt


def source_of(attempt: OpenAttempt) -> ClipSource:
    return ClipSource(episode_id=attempt.episode_id, beat_id=attempt.beat_id or "", attempt_id=attempt.attempt_id)


def test_a_clip_is_found_by_its_content_once_it_was_accepted_in_any_episode(leader: Leader) -> None:
    store, one, other = leader.store, leader.executing(2), leader.executing(1)
    wanted, failed = begun(leader, one, "b1", "k1"), begun(leader, one, "b2", "k2")
    unknown = begun(leader, other, "b1", "")
    assert store.clips_of(leader.lease, ("k1", "k2", "k3", "")) == {}

    assert leader.win(wanted, unknown) == [True, True]
    leader.lose(failed)

    assert store.clips_of(leader.lease, ("k1", "k2", "k3", "")) == {"k1": source_of(wanted)}
    assert store.clips_of(leader.lease, ()) == {}


def test_of_several_the_one_that_was_begun_last_is_found_and_one_that_was_superseded_too(bench: Bench, leader: Leader) -> None:
    store, episode_id, other = leader.store, leader.executing(1), leader.executing(1)
    first = begun(leader, episode_id, "b1", "k1")
    leader.win(first)
    leader.revise(episode_id, a_beat(0, description="Mika dances."))
    leader.win(begun(leader, episode_id, "b1", "k2", revision=2))
    assert store.clips_of(leader.lease, ["k1"]) == {"k1": source_of(first)}

    bench.let_pass(1.0)
    last = begun(leader, other, "b1", "k1")
    leader.win(last)

    assert store.clips_of(leader.lease, ["k1"]) == {"k1": source_of(last)}


def test_only_who_leads_is_told(leader: Leader) -> None:
    with pytest.raises(LeaseLost):
        leader.store.clips_of(Lease(holder="nobody", fence=leader.lease.fence), ["k1"])


def test_whose_clip_an_attempt_takes_is_shown_and_told(leader: Leader) -> None:
    episode_id = leader.executing(2)
    copies = begun(leader, episode_id, "b1", "k1", source=SOURCE)
    renders = begun(leader, episode_id, "b2", "k2")

    shown = {a.attempt_id: a.reused_from for b in leader.store.episode(episode_id).beats for a in b.attempts}
    told = [data.get("reused_from") for name, data in leader.told(episode_id) if name == "beat.rendering"]

    assert shown == {copies.attempt_id: SOURCE, renders.attempt_id: None}
    assert told == [SOURCE.model_dump(), None]
    assert leader.win(copies) == [True]
    assert leader.beat(episode_id, "b1").attempts[0].state is AttemptState.SELECTED


def fresh(leader: Leader, episode_id: str) -> dict[str, bool]:
    return {r.beat.beat_id: r.is_fresh for r in leader.store.ready_beats(leader.lease, episode_id, limit=9)}


def test_who_executes_afresh_wants_every_beat_rendered(leader: Leader) -> None:
    store, usual, wanted = leader.store, leader.planned(2), leader.planned(2)

    store.execute(usual)
    store.execute(usual, fresh=True)  # it executes already: nothing changes
    store.execute(wanted, fresh=True)
    store.execute(wanted)

    assert fresh(leader, usual) == {"b1": False, "b2": False}
    assert fresh(leader, wanted) == {"b1": True, "b2": True}


def test_who_retries_afresh_wants_what_opens_rendered_and_that_is_not_forgotten(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(3)
    for beat_id in ("b1", "b2"):
        store.cancel_beat(episode_id, beat_id)

    store.retry_beat(episode_id, "b1", fresh=True)
    store.retry_beat(episode_id, "b2")
    assert fresh(leader, episode_id) == {"b1": True, "b2": False, "b3": False}

    store.cancel(episode_id)
    store.retry_failed(episode_id)
    assert fresh(leader, episode_id) == {"b1": True, "b2": False, "b3": False}
    store.cancel(episode_id)
    store.retry_failed(episode_id, fresh=True)
    assert fresh(leader, episode_id) == {"b1": True, "b2": True, "b3": True}


def test_another_content_or_another_plan_is_rendered_only_where_it_has_to_be(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(2)
    store.execute(episode_id, fresh=True)

    leader.revise(episode_id, a_beat(0, description="Mika dances."))
    assert fresh(leader, episode_id) == {"b1": False, "b2": True}

    store.save_plan(episode_id, a_plan(2), 1)
    store.execute(episode_id)
    assert fresh(leader, episode_id) == {"b1": False, "b2": False}
