"""The contract of EpisodeStore: what people do, and what is read."""

from __future__ import annotations

import uuid

import pytest

from episodes.editing import with_beat_changed
from episodes.episode_store import EpisodeStore, StoredAnswer
from episodes.errors import BadInput, IllegalMove, NotFound
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import EpisodeSummary
from episodes.plan import Plan, Scene, Treatment, Wardrobe
from episodes.writing import Writing
from tests.builders import a_beat, a_place, a_plan, a_request
from tests.contract.leading import Leader, a_chain


def test_a_new_episode_is_there_with_its_request(store: EpisodeStore) -> None:
    request = a_request(intent="Mika 跳 'off' the \"roof\" 🎬", style="ink; drop table")

    made = store.create(request)

    found = store.episode(made.episode_id)
    assert found == made
    assert uuid.UUID(found.episode_id).version == 7
    assert (found.request, found.state, found.progress, found.num_beats) == (request, EpisodeState.CREATED, 0.0, 0)
    assert (found.beats, found.artifacts, found.film_attempts, found.world_revision) == ((), (), (), None)
    assert found.created_at <= found.updated_at
    assert found.created_at.tzinfo is not None
    event = store.events(made.episode_id)[0]
    assert (event.episode_id, event.number, event.event_type) == (made.episode_id, 1, "episode.created")
    assert event.data == {"world_id": request.world_id, "intent": request.intent}


def test_a_plan_brings_its_beats(store: EpisodeStore) -> None:
    episode_id = store.create(a_request()).episode_id
    plan = a_chain(3)

    planned = store.save_plan(episode_id, plan, 7)

    assert planned == store.episode(episode_id)
    assert (planned.state, planned.world_revision, planned.num_beats) == (EpisodeState.PLANNED, 7, 3)
    assert tuple(b.beat for b in planned.beats) == plan.beats
    assert {(b.state, b.revision, b.progress, b.attempts, b.artifacts) for b in planned.beats} == {
        (BeatState.PENDING, 1, 0.0, (), ())
    }
    assert store.events(episode_id, after=1)[0].data == {"num_beats": 3, "world_revision": 7}


def test_planning_again_replaces_the_beats_at_a_higher_revision(leader: Leader) -> None:
    store, episode_id = leader.store, leader.planned(a_chain(3))

    again = store.save_plan(episode_id, a_plan(2), 2)

    assert [(b.beat.beat_id, b.revision) for b in again.beats] == [("b1", 2), ("b2", 2)]
    assert (again.num_beats, again.world_revision) == (2, 2)
    store.execute(episode_id)
    assert leader.ready(episode_id) == ["b1", "b2"]  # the old plan's dependencies are gone too


def test_what_a_plan_tells_beside_its_beats_is_kept_until_the_next_plan(store: EpisodeStore) -> None:
    episode_id = store.create(a_request()).episode_id
    assert store.episode(episode_id).treatment == Treatment()
    scene = Scene(scene_id="s1", place=a_place(), weather="雨", wardrobe=(Wardrobe(character_id="mika", clothes="a coat"),))
    writing = Writing(planner="offline", note="llm: It was too slow.", num_calls=2, cost_micros=17)
    told = Treatment(tone="calm", style="ink; drop table", scenes=(scene,), writing=writing)
    plan = Plan(**dict(told), beats=a_plan(2, scene_id="s1", scenes=(scene,)).beats)

    assert store.save_plan(episode_id, plan, 1).treatment == plan.treatment == told
    assert store.events(episode_id)[-1].data["note"] == "llm: It was too slow."
    changed = with_beat_changed(plan.beats, a_beat(0, scene_id="s1", seed=99))
    assert store.edit_plan(episode_id, changed)[1].treatment == told
    assert store.save_plan(episode_id, a_plan(1), 1).treatment == Treatment()
    assert "planner" not in store.events(episode_id)[-1].data


def test_planning_while_cancelling_is_refused_and_changes_nothing(leader: Leader) -> None:
    episode_id = leader.executing(2)
    leader.start_one(episode_id, "b1")
    leader.store.cancel(episode_id)
    before = leader.store.episode(episode_id)

    with pytest.raises(IllegalMove) as refused:
        leader.store.save_plan(episode_id, a_plan(1), 9)

    assert refused.value.state == "CANCELLING"
    assert leader.store.episode(episode_id) == before


def test_only_a_planned_episode_executes(store: EpisodeStore) -> None:
    episode_id = store.create(a_request()).episode_id

    with pytest.raises(IllegalMove):
        store.execute(episode_id)

    assert len(store.events(episode_id)) == 1


def test_executing_twice_changes_nothing_the_second_time(leader: Leader) -> None:
    episode_id = leader.planned()
    assert leader.store.execute(episode_id) is EpisodeState.EXECUTING
    first = leader.store.episode(episode_id)

    assert leader.store.execute(episode_id) is EpisodeState.EXECUTING

    assert leader.store.episode(episode_id) == first
    assert [kind for kind, _ in leader.told(episode_id)] == ["episode.created", "episode.planned", "episode.executing"]


def test_ids_that_nobody_knows_are_not_found(leader: Leader) -> None:
    store, nobody = leader.store, str(uuid.uuid4())
    for call in (
        lambda: store.episode(nobody),
        lambda: store.save_plan(nobody, a_plan(), 1),
        lambda: store.execute(nobody),
        lambda: store.cancel(nobody),
        lambda: store.retry_beat(nobody, "b1"),
        lambda: store.events(nobody),
        lambda: store.progress(nobody),
        lambda: store.film_parts(nobody),
        lambda: store.ready_beats(leader.lease, nobody, limit=1),
        lambda: store.settle(leader.lease, nobody),
        lambda: store.give_up(leader.lease, nobody, "b1", "nobody can"),
    ):
        with pytest.raises(NotFound) as unknown:
            call()
        assert (unknown.value.what, unknown.value.name) == ("episode", nobody)
    assert store.latest_event_numbers([nobody]) == {}


# --- reading ---


def test_pages_run_from_newest_to_oldest_without_gaps(store: EpisodeStore) -> None:
    made = [store.create(a_request(intent=f"Mika looks, take {i}")).episode_id for i in range(5)]

    first = store.episodes(limit=2)
    store.create(a_request())  # newer ones do not move the pages that follow
    second = store.episodes(limit=2, cursor=first.next_cursor)
    third = store.episodes(limit=2, cursor=second.next_cursor)

    seen = [e.episode_id for page in (first, second, third) for e in page.episodes]
    assert seen == made[::-1]
    assert third.next_cursor is None
    assert first.next_cursor is not None
    assert made[3] not in first.next_cursor
    assert store.episodes(limit=6).next_cursor is None


def test_pages_keep_to_a_state_and_a_world(leader: Leader) -> None:
    store = leader.store
    mine = store.create(a_request(world_id="mine")).episode_id
    executing = leader.executing(1)

    assert [e.episode_id for e in store.episodes(world_id="mine").episodes] == [mine]
    assert [e.episode_id for e in store.episodes(state=EpisodeState.EXECUTING).episodes] == [executing]
    assert store.episodes(state=EpisodeState.EXECUTING, world_id="mine").episodes == ()
    assert store.episodes(world_id="nobodys").episodes == ()


def test_a_page_shows_what_the_episode_shows(leader: Leader) -> None:
    episode_id = leader.completed()

    view, summary = leader.store.episode(episode_id), leader.store.episodes().episodes[0]

    assert all(getattr(view, name) == getattr(summary, name) for name in EpisodeSummary.__dataclass_fields__)


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "A" * 22 + "A", "ä" * 22, "AAAAAAAAAAAAAAAAAAAAAB", "0" * 5000])
def test_a_malformed_cursor_is_bad_input(store: EpisodeStore, cursor: str) -> None:
    with pytest.raises(BadInput) as refused:
        store.episodes(cursor=cursor)
    assert refused.value.where == "cursor"


def test_events_are_numbered_and_can_be_resumed(leader: Leader) -> None:
    store, episode_id = leader.store, leader.completed()

    events = store.events(episode_id)

    assert [e.number for e in events] == list(range(1, len(events) + 1))
    assert store.events(episode_id, after=3) == events[3:]
    assert store.events(episode_id, after=3, limit=2) == events[3:5]
    assert store.events(episode_id, after=len(events)) == []
    assert store.latest_event_numbers([episode_id]) == {episode_id: len(events)}


def test_the_events_tell_the_whole_story(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(1)
    lost = leader.start_one(episode_id, "b1")
    leader.lose(lost, retry_in_s=0.0)
    won = leader.start_one(episode_id, "b1", renderer="r2")
    leader.win(won)
    leader.settle(episode_id)
    film = leader.start_one(episode_id, None)
    leader.win(film)

    assert leader.told(episode_id, 3) == [
        ("beat.rendering", {"beat_id": "b1", "attempt_id": lost.attempt_id, "attempt": 1, "renderer": "r1", "node": "n1"}),
        (
            "attempt.failed",
            {
                "beat_id": "b1",
                "attempt_id": lost.attempt_id,
                "attempt": 1,
                "failure_class": "crash",
                "reason": "the renderer died",
                "retry_in_s": 0.0,
            },
        ),
        ("beat.rendering", {"beat_id": "b1", "attempt_id": won.attempt_id, "attempt": 2, "renderer": "r2", "node": "n1"}),
        (
            "beat.accepted",
            {
                "beat_id": "b1",
                "attempt_id": won.attempt_id,
                "attempt": 2,
                "video": f"file:///films/video/{won.attempt_id}",
                "duration_s": 1.0,
            },
        ),
        ("episode.cutting", {}),
        ("film.cutting", {"attempt_id": film.attempt_id, "attempt": 1}),
        ("film.ready", {"attempt_id": film.attempt_id, "film": f"file:///films/film/{film.attempt_id}"}),
        ("episode.completed", {}),
    ]
    last = store.events(episode_id)[-1]
    assert store.episode(episode_id).updated_at == last.at


def test_latest_event_numbers_of_many(leader: Leader) -> None:
    store = leader.store
    ids = [leader.planned(1), leader.executing(1), store.create(a_request()).episode_id]

    assert store.latest_event_numbers([*ids, "nobody"]) == {ids[0]: 2, ids[1]: 3, ids[2]: 1}
    assert store.latest_event_numbers([]) == {}


def test_progress_is_what_the_episode_shows(leader: Leader) -> None:
    store, episode_id = leader.store, leader.executing(2)
    leader.render(episode_id, "b1")

    shown = store.progress(episode_id)

    view = store.episode(episode_id)
    assert (shown.state, shown.progress) == (view.state, view.progress)
    assert shown.beats == {b.beat.beat_id: b.progress for b in view.beats} == {"b1": 1.0, "b2": 0.0}


# --- answers ---


def test_the_first_answer_is_kept(store: EpisodeStore) -> None:
    first = StoredAnswer(body_sha256="a" * 64, status=201, body=b'{"x": "\x00\xff"}')
    second = StoredAnswer(body_sha256="b" * 64, status=500, body=b"")
    assert store.answer("key") is None

    assert store.remember_answer("key", first) == first
    assert store.remember_answer("key", second) == first

    assert store.answer("key") == first
    assert store.answer("other") is None
