from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from episodes.episode_store import StoredAnswer
from episodes.errors import Unavailable
from episodes.model import EpisodeView
from episodes.plan import EpisodeRequest
from storage.memory import MemoryEpisodeStore
from tests.api.rig import PNG, Rig, is_problem

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
BODY = {"intent": "A dog runs"}


async def test_a_repeated_create_gets_the_first_answer_and_makes_one_episode(rig: Rig) -> None:
    first = await rig.client.post("/episodes", json=BODY, headers=KEY)
    second = await rig.client.post("/episodes", json=BODY, headers=KEY)

    assert (second.status_code, second.content) == (201, first.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"
    assert len(rig.episodes.episodes().episodes) == 1


async def test_another_replica_gives_the_first_answer_too(rig: Rig) -> None:
    first = await rig.client.post("/episodes", json=BODY, headers=KEY)
    other = Rig(episodes=rig.episodes)
    assert (await other.client.post("/episodes", json=BODY, headers=KEY)).content == first.content


async def test_without_a_key_every_call_makes_an_episode(rig: Rig) -> None:
    for _ in range(2):
        await rig.client.post("/episodes", json=BODY)
    assert len(rig.episodes.episodes().episodes) == 2


async def test_the_key_with_another_body_or_query_is_refused(rig: Rig) -> None:
    await rig.client.post("/episodes", json=BODY, headers=KEY)
    is_problem(await rig.client.post("/episodes", json={"intent": "A cat runs"}, headers=KEY), 422, "key-reused")
    is_problem(await rig.client.post("/episodes?x=1", json=BODY, headers=KEY), 422, "key-reused")
    assert len(rig.episodes.episodes().episodes) == 1


async def test_a_key_counts_for_one_path(rig: Rig) -> None:
    episode_id = (await rig.client.post("/episodes", json=BODY, headers=KEY)).json()["episode_id"]
    planned = await rig.client.post(f"/episodes/{episode_id}/plan", headers=KEY)
    executing = await rig.client.post(f"/episodes/{episode_id}/execute", headers=KEY)
    assert (planned.json()["state"], executing.json()["state"]) == ("PLANNED", "EXECUTING")


async def test_the_first_answer_stays_although_the_episode_moved_on(rig: Rig) -> None:
    episode_id = await rig.planned()
    await rig.client.post(f"/episodes/{episode_id}/execute", headers=KEY)
    await rig.client.post(f"/episodes/{episode_id}/cancel")
    again = await rig.client.post(f"/episodes/{episode_id}/execute", headers=KEY)
    assert again.json()["state"] == "EXECUTING"
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["state"] == "CANCELLED"


async def test_a_refusal_is_not_kept_so_the_same_call_may_work_later(rig: Rig) -> None:
    body = {"world_id": "market", "intent": "A dog runs"}
    is_problem(await rig.client.post("/episodes", json=body, headers=KEY), 404, "not-found")
    await rig.client.put("/worlds/market", json={"title": "Market"})
    assert (await rig.client.post("/episodes", json=body, headers=KEY)).status_code == 201


async def test_the_same_upload_is_the_same_whatever_its_boundary_is_called(rig: Rig) -> None:
    answers = [
        await rig.client.post(
            "/worlds/market/images",
            files=[("file", ("a.png", PNG * 9000))],
            headers={**KEY, "content-type": f"multipart/form-data; boundary={boundary}"},
        )
        for boundary in ("one", "another-and-longer")
    ]
    assert [a.status_code for a in answers] == [201, 201], answers[1].text
    assert answers[1].headers["idempotent-replayed"] == "true"
    other = await rig.client.post("/worlds/market/images", files=[("file", ("a.png", PNG))], headers=KEY)
    is_problem(other, 422, "key-reused")


async def test_a_boundary_that_is_torn_between_two_chunks_is_one_all_the_same(rig: Rig) -> None:
    form = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n%b\r\n--%b--\r\n'

    async def torn(body: bytes, size: int) -> AsyncIterator[bytes]:
        for begin in range(0, len(body), size):
            yield body[begin : begin + size]

    for boundary, size in ((b"one", 1000), (b"another", 1), (b"a-third-one", 3)):
        headers = {**KEY, "content-type": f"multipart/form-data; boundary={boundary.decode()}"}
        body = form % (boundary, PNG, boundary)
        answer = await rig.client.post("/worlds/market/images", content=torn(body, size), headers=headers)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("key", ["", "x" * 256, "a key", "\x7f"])
async def test_a_key_that_is_none_is_refused(rig: Rig, key: str) -> None:
    answer = await rig.client.post("/episodes", json=BODY, headers={"Idempotency-Key": key})
    assert is_problem(answer, 422, "bad-input")["errors"][0]["where"] == "header.idempotency-key"
    assert rig.episodes.episodes().episodes == ()


class SlowStore(MemoryEpisodeStore):
    """Creates only when it is let; tells when somebody waits for that."""

    def __init__(self) -> None:
        super().__init__()
        self.is_creating = threading.Event()
        self.may_create = threading.Event()

    def create(self, request: EpisodeRequest, episode_id: str | None = None) -> EpisodeView:
        self.is_creating.set()
        assert self.may_create.wait(20)
        return super().create(request, episode_id)

    async def creating(self) -> None:
        assert await asyncio.to_thread(self.is_creating.wait, 20)


async def test_two_equal_calls_at_once_make_one_episode() -> None:
    store = SlowStore()
    rig = Rig(episodes=store)
    calls = [asyncio.create_task(rig.client.post("/episodes", json=BODY, headers=KEY)) for _ in range(5)]
    await store.creating()
    store.may_create.set()
    answers = await asyncio.gather(*calls)
    assert len({a.content for a in answers}) == 1
    assert len(store.episodes().episodes) == 1


async def test_a_client_that_went_away_in_the_middle_finds_its_answer() -> None:
    store = SlowStore()
    rig = Rig(episodes=store)
    call = asyncio.create_task(rig.client.post("/episodes", json=BODY, headers=KEY))
    await store.creating()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    store.may_create.set()

    again = await rig.client.post("/episodes", json=BODY, headers=KEY)

    assert again.headers["idempotent-replayed"] == "true"
    assert len(store.episodes().episodes) == 1


class RacedStore(MemoryEpisodeStore):
    """Another replica is faster between the looking up and the storing of an answer."""

    first = StoredAnswer(body_sha256="", status=201, body=b'{"episode_id": "theirs"}')

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        if answer.status == 201:
            super().remember_answer(key, replace(self.first, body_sha256=answer.body_sha256))
        return super().remember_answer(key, answer)


async def test_the_slower_of_two_replicas_gives_the_answer_of_the_faster() -> None:
    answer = await Rig(episodes=RacedStore()).client.post("/episodes", json=BODY, headers=KEY)
    assert answer.content == RacedStore.first.body


class DyingStore(MemoryEpisodeStore):
    """The database goes away at one point of the first call."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self.point = point

    def _may_die(self, point: str) -> None:
        if point == self.point:
            self.point = ""
            raise Unavailable("The database does not answer.")

    def create(self, request: EpisodeRequest, episode_id: str | None = None) -> EpisodeView:
        self._may_die("before it is made")
        return super().create(request, episode_id)

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        point = "the answer" if answer.status == 201 else "the id"
        self._may_die(f"before {point} is kept")
        kept = super().remember_answer(key, answer)
        self._may_die(f"after {point} is kept")
        return kept


POINTS = [
    "before the id is kept",
    "after the id is kept",
    "before it is made",
    "before the answer is kept",
    "after the answer is kept",
]


@pytest.mark.parametrize("point", POINTS)
async def test_a_create_that_broke_off_anywhere_makes_one_episode_when_it_is_repeated(point: str) -> None:
    store = DyingStore(point)
    rig = Rig(episodes=store)
    is_problem(await rig.client.post("/episodes", json=BODY, headers=KEY), 503, "unavailable")
    assert store.point == ""  # it was reached

    answer = await rig.client.post("/episodes", json=BODY, headers=KEY)

    assert answer.status_code == 201, answer.text
    assert [e.episode_id for e in store.episodes().episodes] == [answer.json()["episode_id"]]
    is_problem(await rig.client.post("/episodes", json={"intent": "A cat runs"}, headers=KEY), 422, "key-reused")


async def test_a_create_that_broke_off_has_bound_its_key_to_its_body() -> None:
    store = DyingStore("before the answer is kept")
    rig = Rig(episodes=store)
    is_problem(await rig.client.post("/episodes", json=BODY, headers=KEY), 503, "unavailable")
    is_problem(await rig.client.post("/episodes", json={"intent": "A cat runs"}, headers=KEY), 422, "key-reused")
    assert len(store.episodes().episodes) == 1


async def test_a_refused_create_has_bound_its_key_to_nothing(rig: Rig) -> None:
    await rig.client.post("/episodes", json={"world_id": "market", **BODY}, headers=KEY)
    assert (await rig.client.post("/episodes", json=BODY, headers=KEY)).status_code == 201


class MeetingStore(MemoryEpisodeStore):
    """Two replicas have both looked for an answer and found none before either goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2, timeout=20)

    def answer(self, key: str) -> StoredAnswer | None:
        found = super().answer(key)
        self.both.wait()
        return found


async def test_two_replicas_at_once_make_one_episode() -> None:
    store = MeetingStore()
    rigs = [Rig(episodes=store), Rig(episodes=store)]
    first, second = await asyncio.gather(*(rig.client.post("/episodes", json=BODY, headers=KEY) for rig in rigs))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(store.episodes().episodes) == 1


class ForgetfulStore(MemoryEpisodeStore):
    def answer(self, key: str) -> StoredAnswer | None:
        raise Unavailable("The database does not answer.", retry_after_s=7)


async def test_nothing_is_done_while_the_first_answer_cannot_be_looked_up() -> None:
    rig = Rig(episodes=ForgetfulStore())
    answer = await rig.client.post("/episodes", json=BODY, headers=KEY)
    is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "7"
    assert rig.episodes.episodes().episodes == ()


async def test_a_large_keyed_body_still_has_its_limit(rig: Rig) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b" " * 50_000

    answer = await rig.client.post("/episodes", content=chunks(), headers={**KEY, "content-type": "application/json"})
    is_problem(answer, 413, "too-large")
