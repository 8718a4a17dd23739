"""Idempotency-Key, on every POST that there is: the routes are taken from the app, so that a new one fails here until it has its case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Route

from episodes.episode_store import StoredAnswer
from episodes.errors import Unavailable
from storage.memory import MemoryEpisodeStore
from tests.api.rig import PNG, Rig, is_problem
from tests.builders import a_world

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}

Prepare = Callable[[Rig], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A call that works once it is prepared, which gives the episode's id."""

    prepare: Prepare
    body: dict[str, Any]
    """httpx's options."""
    other: dict[str, Any]
    """Another body, or another query where there is none."""
    then: str = ""
    """What somebody does afterwards: the call is not repeated by it."""


async def nothing(rig: Rig) -> str:
    return ""


async def paused(rig: Rig) -> str:
    episode_id = await rig.executing()
    await rig.client.post(f"/episodes/{episode_id}/pause")
    return episode_id


async def edited(rig: Rig) -> str:
    episode_id = await rig.planned()
    await rig.client.patch(f"/episodes/{episode_id}/beats/b1", json={"seed": 99})
    return episode_id


async def with_failures(rig: Rig) -> str:
    episode_id = await rig.executing(num_beats=3)
    rig.render_all(episode_id, fail=["b1", "b3"])
    rig.cut_film(episode_id)
    return episode_id


async def with_a_history(rig: Rig) -> str:
    for title in ("Night market", "Day market"):
        await rig.client.put("/worlds/market", json={"title": title})
    return ""


async def with_a_lock(rig: Rig) -> str:
    await with_a_history(rig)
    await rig.client.post("/worlds/market/lock", json={"fields": ["title"]})
    return ""


async def told_in_the_market(rig: Rig) -> str:
    await rig.client.put("/worlds/market", json=a_world().model_dump(mode="json"))
    return await rig.completed(world_id="market")


def move(prepare: Prepare, then: str) -> Case:
    return Case(prepare=prepare, body={}, other={"params": {"x": "1"}}, then=then)


async def with_a_take(rig: Rig) -> str:
    """Take 2 of its first beat has its clip, and 3 waits."""
    episode_id = await rig.completed()
    await rig.client.post(f"/episodes/{episode_id}/beats/b1/takes", json={"count": 2})
    rig.render_take(episode_id, "b1", 2)
    return episode_id


CASES = {
    "/episodes": Case(prepare=nothing, body={"json": {"intent": "A dog runs"}}, other={"json": {"intent": "A cat runs"}}),
    "/episodes/{episode_id}/plan": move(Rig.planned, "/episodes/{episode_id}/execute"),
    "/episodes/{episode_id}/execute": move(Rig.planned, "/episodes/{episode_id}/cancel"),
    "/episodes/{episode_id}/pause": move(Rig.executing, "/episodes/{episode_id}/resume"),
    "/episodes/{episode_id}/resume": move(paused, "/episodes/{episode_id}/pause"),
    "/episodes/{episode_id}/cancel": move(Rig.executing, "/episodes/{episode_id}/retry"),
    "/episodes/{episode_id}/retry": move(with_failures, "/episodes/{episode_id}/cancel"),
    "/episodes/{episode_id}/beats/{beat_id}/retry": move(with_failures, "/episodes/{episode_id}/beats/b1/cancel"),
    "/episodes/{episode_id}/beats/{beat_id}/cancel": move(Rig.executing, "/episodes/{episode_id}/beats/b1/retry"),
    "/episodes/{episode_id}/beats": Case(
        prepare=Rig.planned,
        body={"json": {"description": "A dog runs."}},
        other={"json": {"description": "A cat runs."}},
        then="/episodes/{episode_id}/execute",
    ),
    "/episodes/{episode_id}/beats/{beat_id}/move": Case(
        prepare=Rig.planned,
        body={"json": {"after": "b3"}},
        other={"json": {"after": "b2"}},
        then="/episodes/{episode_id}/execute",
    ),
    "/episodes/{episode_id}/beats/{beat_id}/plan": Case(
        prepare=Rig.planned,
        body={"json": {"seed": 8}},
        other={"json": {"seed": 9}},
        then="/episodes/{episode_id}/execute",
    ),
    "/episodes/{episode_id}/beats/{beat_id}/takes": Case(
        prepare=Rig.completed,
        body={"json": {"count": 2}},
        other={"json": {"count": 3}},
        then="/episodes/{episode_id}/beats/b1/takes/2/cancel",
    ),
    "/episodes/{episode_id}/beats/{beat_id}/takes/{number}/select": move(
        with_a_take, "/episodes/{episode_id}/beats/b1/takes/1/select"
    ),
    "/episodes/{episode_id}/beats/{beat_id}/takes/{number}/cancel": move(
        with_a_take, "/episodes/{episode_id}/beats/b1/takes/2/select"
    ),
    "/episodes/{episode_id}/plan/versions/{version}/restore": Case(
        prepare=edited,
        body={},
        other={"params": {"plan_version": "2"}},
        then="/episodes/{episode_id}/plan",
    ),
    "/queue/pause": move(nothing, "/queue/resume"),
    "/queue/resume": move(nothing, "/queue/pause"),
    "/worlds/{world_id}/images": Case(
        prepare=nothing,
        body={"files": [("file", ("a.png", PNG))]},
        other={"files": [("file", ("a.png", PNG + b"!"))]},
        then="",
    ),
    "/worlds/{world_id}/rollback": Case(
        prepare=with_a_history, body={"json": {"revision": 1}}, other={"json": {"revision": 2}}
    ),
    "/worlds/{world_id}/move-on": Case(
        prepare=told_in_the_market,
        body={"json": {"episode_id": "{episode_id}"}},
        other={"json": {"episode_id": "another"}},
    ),
    "/worlds/{world_id}/lock": Case(
        prepare=with_a_history, body={"json": {"fields": ["title"]}}, other={"json": {"fields": ["style"]}}
    ),
    "/worlds/{world_id}/unlock": Case(
        prepare=with_a_lock, body={"json": {"fields": ["title"]}}, other={"json": {"fields": ["style"]}}
    ),
    "/sweep": Case(prepare=with_failures, body={}, other={"params": {"dry_run": "true"}}),
}
every_post = pytest.mark.parametrize("path", CASES)


def test_every_post_of_the_api_has_its_case(rig: Rig) -> None:
    assert {route.path for route in all_routes(rig.app.routes) if "POST" in (route.methods or ())} == set(CASES)


def all_routes(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Those of included routers too."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from all_routes(included.routes)
        else:
            raise AssertionError(f"What is {route}?")


def filled(path: str, episode_id: str) -> str:
    number = 3 if path.endswith("/cancel") else 2
    return path.format(episode_id=episode_id, beat_id="b1", world_id="market", number=number, version=1)


async def sent(rig: Rig, path: str, episode_id: str, options: dict[str, Any]) -> httpx.Response:
    if "json" in options:
        options = {"json": {name: episode_id if value == "{episode_id}" else value for name, value in options["json"].items()}}
    return await rig.client.post(filled(path, episode_id), headers=KEY, **options)


def all_there_is(rig: Rig) -> object:
    """As far as a client can see it, with all that was told of it."""
    episodes = rig.episodes.episodes().episodes
    told = {e.episode_id: rig.episodes.events(e.episode_id) for e in episodes}
    return told, rig.episodes.queue_is_paused(), rig.worlds.worlds(), rig.worlds.pictures("market")


@every_post
async def test_the_first_answer_is_given_for_ever_after(rig: Rig, path: str) -> None:
    case = CASES[path]
    episode_id = await case.prepare(rig)
    first = await sent(rig, path, episode_id, case.body)
    assert first.is_success, first.text
    if case.then:
        assert (await rig.client.post(filled(case.then, episode_id))).is_success
    since = all_there_is(rig)
    other_replica = Rig(episodes=rig.episodes, worlds=rig.worlds, artifacts=rig.artifacts)

    for replica in (rig, other_replica, rig):
        again = await sent(replica, path, episode_id, case.body)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotent-replayed"] == "true"
    assert all_there_is(rig) == since


@every_post
async def test_another_body_is_refused_and_does_nothing(rig: Rig, path: str) -> None:
    case = CASES[path]
    episode_id = await case.prepare(rig)
    await sent(rig, path, episode_id, case.body)
    since = all_there_is(rig)

    is_problem(await sent(rig, path, episode_id, case.other), 422, "key-reused")

    assert all_there_is(rig) == since


class DyingStore(MemoryEpisodeStore):
    """The database goes away between the first effect and the keeping of its answer."""

    has_died = False

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        if 200 <= answer.status < 300 and not self.has_died:
            self.has_died = True
            raise Unavailable("The database does not answer.")
        return super().remember_answer(key, answer)


@every_post
async def test_a_call_that_died_between_effect_and_answer_has_no_second_effect(path: str) -> None:
    case, store = CASES[path], DyingStore()
    rig = Rig(episodes=store)
    episode_id = await case.prepare(rig)
    is_problem(await sent(rig, path, episode_id, case.body), 503, "unavailable")
    assert store.has_died
    if case.then:
        assert (await rig.client.post(filled(case.then, episode_id))).is_success
    since = all_there_is(rig)

    again = await sent(rig, path, episode_id, case.body)

    assert again.is_success, again.text
    assert all_there_is(rig) == since
