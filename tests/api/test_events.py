from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from api.event_stream import ProgressTeller
from api.event_tail import EventTail
from api.parts import ApiLimits
from episodes.errors import Unavailable
from episodes.lifecycle import EpisodeState
from episodes.model import ProgressView
from storage.memory import MemoryEpisodeStore
from tests.api.rig import Rig, events_in, is_problem, open_stream


def numbered(text: str) -> list[dict[str, str]]:
    return [event for event in events_in(text) if "id" in event]


async def stream_of(rig: Rig, episode_id: str, headers: dict[str, str] | None = None, query: str = "") -> str:
    """Of an episode that has ended: the whole stream."""
    answer = await rig.client.get(f"/episodes/{episode_id}/events{query}", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    return answer.text


async def test_a_replay_gives_the_same_events_byte_for_byte_and_then_ends(rig: Rig) -> None:
    episode_id = await rig.completed()

    first, second = await stream_of(rig, episode_id), await stream_of(rig, episode_id)

    assert first == second
    events = numbered(first)
    assert [int(e["id"]) for e in events] == list(range(1, len(events) + 1))
    assert [e["event"] for e in events] == [e.event_type for e in rig.episodes.events(episode_id)]
    assert events_in(first)[-1] == {
        "event": "end",
        "data": json.dumps({"episode_id": episode_id, "state": "COMPLETED"}),
    }


async def test_an_event_says_what_happened_when(rig: Rig) -> None:
    episode_id = await rig.completed()
    first = json.loads(numbered(await stream_of(rig, episode_id))[0]["data"])
    assert (first["episode_id"], first["number"], first["type"]) == (episode_id, 1, "episode.created")
    assert first["data"]["world_id"] == "anime_world"
    assert first["at"]


async def test_a_stream_resumes_behind_the_last_event_that_was_seen(rig: Rig) -> None:
    episode_id = await rig.completed()
    every = numbered(await stream_of(rig, episode_id))

    for resumed in (
        await stream_of(rig, episode_id, {"Last-Event-ID": "4"}),
        await stream_of(rig, episode_id, query="?after=4"),
        await stream_of(rig, episode_id, {"Last-Event-ID": "4"}, "?after=1"),
    ):
        assert numbered(resumed) == every[4:]


async def test_a_long_story_is_read_in_several_pages(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.event_tail.PAGE", 2)
    episode_id = await rig.completed()
    assert len(numbered(await stream_of(rig, episode_id))) == len(rig.episodes.events(episode_id))


async def test_events_come_as_they_happen_until_the_film_is_there(rig: Rig) -> None:
    episode_id = await rig.planned()
    async with open_stream(rig.app, f"/episodes/{episode_id}/events") as stream:
        await stream.read_until("episode.planned")
        await rig.client.post(f"/episodes/{episode_id}/execute")
        await stream.read_until("episode.executing")
        rig.render_all(episode_id)
        await stream.read_until("beat.accepted")
        rig.cut_film(episode_id)
        text = await stream.read_until("event: end")
    assert [e["event"] for e in numbered(text)] == [e.event_type for e in rig.episodes.events(episode_id)]


async def test_progress_comes_without_a_number_in_whole_per_cents_and_only_on_change(rig: Rig) -> None:
    episode_id = await rig.executing()
    attempt_id = rig.open(episode_id, "b1")
    async with open_stream(rig.app, f"/episodes/{episode_id}/events") as stream:
        for share, shown in ((0.29, 29), (0.5, 50)):
            rig.episodes.record_progress(rig.lease, {attempt_id: share})
            await stream.read_until(f'"b1": {shown}')
        text = stream.text
    told = [json.loads(e["data"]) for e in events_in(text) if e["event"] == "progress"]
    assert all("id" not in e for e in events_in(text) if e["event"] == "progress")
    assert told[-1]["state"] == "EXECUTING"
    assert told[-1]["beats"] == {"b1": 50}
    assert all(one != other for one, other in pairwise(told))


async def test_a_silent_stream_gets_a_heartbeat(rig: Rig) -> None:
    rig = Rig(pace=rig.parts.pace.__class__(poll_s=0.001, progress_s=0.002, heartbeat_s=0.01))
    async with open_stream(rig.app, f"/episodes/{await rig.created()}/events") as stream:
        await stream.read_until(": still here\n\n")


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 40])
async def test_a_number_that_no_event_has_is_refused(rig: Rig, number: str) -> None:
    episode_id = await rig.completed()
    by_header = await rig.client.get(f"/episodes/{episode_id}/events", headers={"Last-Event-ID": number})
    by_query = await rig.client.get(f"/episodes/{episode_id}/events?after={number}")
    assert is_problem(by_header, 422, "bad-input")["errors"][0]["where"] == "header.last-event-id"
    assert is_problem(by_query, 422, "bad-input")["errors"][0]["where"] == "after"


async def test_one_stream_too_many_is_told_when_to_come_back_and_a_closed_one_makes_room() -> None:
    rig = Rig(limits=ApiLimits(max_event_streams=2))
    path = f"/episodes/{await rig.created()}/events"
    async with open_stream(rig.app, path), open_stream(rig.app, path):
        refused = await rig.client.get(path)
        is_problem(refused, 429, "too-many-streams")
        assert int(refused.headers["retry-after"]) > 0
    async with open_stream(rig.app, path) as stream:
        assert stream.status == 200


async def test_a_client_that_goes_away_leaves_nothing_behind(rig: Rig) -> None:
    tail: EventTail = rig.app.state.event_tail
    before = asyncio.all_tasks()
    async with open_stream(rig.app, f"/episodes/{await rig.created()}/events") as stream:
        await stream.read_until("episode.created")
        assert tail.num_streams == 1
    assert tail.num_streams == 0
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_fifty_open_streams_do_not_hold_up_other_requests(rig: Rig) -> None:
    episode_ids = [await rig.planned() for _ in range(5)]
    async with AsyncExitStack() as opened:
        streams = [
            await opened.enter_async_context(open_stream(rig.app, f"/episodes/{episode_ids[i % 5]}/events")) for i in range(50)
        ]
        for episode_id in episode_ids:
            assert (await rig.client.post(f"/episodes/{episode_id}/execute")).status_code == 200
        for stream in streams:
            await stream.read_until("episode.executing")


class CountingStore(MemoryEpisodeStore):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.is_down = False

    def latest_event_numbers(self, episode_ids: object) -> dict[str, int]:
        ids = list(episode_ids)  # type: ignore[call-overload]
        self.asked.append(len(ids))
        if self.is_down:
            raise Unavailable("The database does not answer.")
        return super().latest_event_numbers(ids)


async def test_one_question_serves_all_streams_and_none_is_asked_without_one() -> None:
    store = CountingStore()
    rig = Rig(episodes=store)
    paths = [f"/episodes/{await rig.created()}/events" for _ in range(3)]
    assert store.asked == []
    async with AsyncExitStack() as opened:
        for path in paths * 3:
            await opened.enter_async_context(open_stream(rig.app, path))
        store.asked.clear()
        while len(store.asked) < 5:
            await asyncio.sleep(0.001)
        assert set(store.asked) == {3}
    store.asked.clear()
    await asyncio.sleep(0.01)
    assert store.asked == []


async def test_a_stream_outlives_a_database_that_is_away_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    store = CountingStore()
    rig = Rig(episodes=store)
    episode_id = await rig.planned()
    async with open_stream(rig.app, f"/episodes/{episode_id}/events") as stream:
        await stream.read_until("episode.planned")
        store.is_down = True
        store.asked.clear()
        while len(store.asked) < 3:
            await asyncio.sleep(0.001)
        rig.episodes.execute(episode_id)
        store.is_down = False
        await stream.read_until("episode.executing")
    assert {(record.message, record.exc_info) for record in caplog.records} == {("event_tail.store_unavailable", None)}


async def test_a_stream_that_begins_after_a_retry_does_not_end_on_the_state_that_another_saw(rig: Rig) -> None:
    episode_id = await rig.executing()
    tail: EventTail = rig.app.state.event_tail
    with tail.watch(episode_id) as slow:
        slow.progress = ProgressView(state=EpisodeState.FAILED, progress=0.5, beats={})
        with tail.watch(episode_id) as newcomer:
            assert newcomer.progress is None


def test_progress_is_told_in_whole_per_cents_of_what_moved() -> None:
    def after(first: float, second: float) -> ProgressView:
        return ProgressView(state=EpisodeState.EXECUTING, progress=first / 2, beats={"b1": first, "b2": second})

    teller = ProgressTeller("e1")
    told = [teller.news(after(0.29, 0)), teller.news(after(0.298, 0.009)), teller.news(after(0.29, 0.01))]

    assert told == [
        {"episode_id": "e1", "state": "EXECUTING", "progress": 14, "beats": {"b1": 29, "b2": 0}},
        None,
        {"episode_id": "e1", "state": "EXECUTING", "progress": 14, "beats": {"b2": 1}},
    ]


async def test_the_stream_of_an_episode_that_has_ended_goes_on_until_its_takes_have(rig: Rig) -> None:
    episode_id = await rig.completed()
    await rig.client.post(f"/episodes/{episode_id}/beats/b1/takes", json={})
    async with open_stream(rig.app, f"/episodes/{episode_id}/events") as stream:
        await stream.read_until("take.requested")
        rig.render_take(episode_id, "b1", 2)
        text = await stream.read_until("event: end")

    assert "event: take.ready" in text
