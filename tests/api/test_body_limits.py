from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.body_limits import LimitedReceive
from api.parts import ApiLimits
from api.problems import ProblemError
from tests.api.rig import PNG, Rig, is_problem

JSON = {"content-type": "application/json"}
SMALL = ApiLimits(max_body_bytes=100, max_picture_bytes=1000, max_upload_bytes=3000, max_pictures=2)


@pytest.fixture(scope="module")
def small_rig() -> Rig:
    return Rig(limits=SMALL)


@pytest.fixture
def rig(small_rig: Rig) -> Rig:
    return small_rig.begin_anew()


async def in_chunks(size: int, num: int) -> AsyncIterator[bytes]:
    for _ in range(num):
        yield b" " * size


async def test_a_body_that_announces_too_much_is_thrown_away_so_that_the_client_hears_why(rig: Rig) -> None:
    body = in_chunks(50, 3)
    answer = await rig.client.post("/episodes", content=body, headers={**JSON, "content-length": "101"})
    is_problem(answer, 413, "too-large")
    assert [chunk async for chunk in body] == []


async def test_a_client_that_asks_before_it_sends_is_told_at_once(rig: Rig) -> None:
    unsent = in_chunks(50, 3)
    asking = {**JSON, "content-length": "101", "expect": "100-continue"}
    is_problem(await rig.client.post("/episodes", content=unsent, headers=asking), 413, "too-large")
    assert len([chunk async for chunk in unsent]) == 3


async def test_not_even_for_courtesy_is_an_endless_body_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.body_limits.THROWN_AWAY_BYTES", 200)
    body = in_chunks(50, 10)
    is_problem(await rig.client.post("/episodes", content=body, headers=JSON), 413, "too-large")
    assert len([chunk async for chunk in body]) == 4


async def test_a_body_that_announces_nothing_is_counted_as_it_comes(rig: Rig) -> None:
    is_problem(await rig.client.post("/episodes", content=in_chunks(50, 3), headers=JSON), 413, "too-large")


async def test_a_body_of_just_the_size_passes(rig: Rig) -> None:
    body = b'{"intent": "A dog"}'.ljust(100)
    assert (await rig.client.post("/episodes", content=body, headers=JSON)).status_code == 201


async def test_a_world_has_the_limit_of_json(rig: Rig) -> None:
    is_problem(await rig.client.put("/worlds/new", content=b" " * 101, headers=JSON), 413, "too-large")


async def test_an_upload_has_a_limit_of_its_own(rig: Rig) -> None:
    async def uploading(*sizes: int) -> Any:
        files = [("file", ("a.png", PNG.ljust(size))) for size in sizes]
        return await rig.client.post("/worlds/market/images", files=files)

    assert (await uploading(1000)).status_code == 201
    too_large = is_problem(await uploading(10, 1001), 413, "too-large")
    assert too_large["errors"][0]["where"] == "file.1"
    is_problem(await uploading(3000), 413, "too-large")
    is_problem(await uploading(10, 10, 10), 413, "too-large")


async def test_an_upload_is_counted_as_it_comes(rig: Rig) -> None:
    async def endless_picture() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        async for chunk in in_chunks(1000, 4):
            yield chunk

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await rig.client.post("/worlds/market/images", content=endless_picture(), headers=headers)
    is_problem(answer, 413, "too-large")


async def never() -> Any:
    await asyncio.get_running_loop().create_future()


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    rig = Rig(limits=ApiLimits(body_timeout_s=0.0))

    async def stalling() -> AsyncIterator[bytes]:
        yield b"{"
        await never()

    for headers in (JSON, {**JSON, "Idempotency-Key": "k"}):
        answer = await rig.client.post("/episodes", content=stalling(), headers=headers)
        is_problem(answer, 408, "too-slow")
        assert answer.headers["connection"] == "close"


async def test_an_upload_has_a_time_of_its_own() -> None:
    upload = {"content-type": "multipart/form-data; boundary=x"}
    for limits, status in ((ApiLimits(upload_timeout_s=0.0), 408), (ApiLimits(body_timeout_s=0.0), 422)):
        answer = await Rig(limits=limits).client.post("/worlds/market/images", content=slowly_nothing(), headers=upload)
        assert answer.status_code == status


async def slowly_nothing() -> AsyncIterator[bytes]:
    for _ in range(3):  # long enough for a deadline that is over to strike
        await asyncio.sleep(0)
    yield b"--x--"


async def test_drops_do_not_wind_the_clock_back() -> None:
    """The time is for the whole body: a byte now and then does not make it longer."""
    drops = LimitedReceive(dripping, max_bytes=10**9, timeout_s=0.02)

    async def read_all() -> None:
        while True:
            await drops()

    with pytest.raises(ProblemError):
        await read_all()


async def dripping() -> Any:
    await asyncio.sleep(0.001)
    return {"type": "http.request", "body": b" ", "more_body": True}


async def test_after_the_body_the_clock_stands() -> None:
    messages = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        for _ in range(3):  # long enough for a deadline that is over to strike
            await asyncio.sleep(0)
        return messages.pop(0)

    limited = LimitedReceive(receive, max_bytes=1, timeout_s=3600)
    await limited()
    limited._deadline_s = 0.0
    assert (await limited())["type"] == "http.disconnect"
