"""Fifty clients that follow an episode through the real API, and one that asks for its state meanwhile."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from ray import serve
from ray.serve.config import HTTPOptions, ProxyLocation

from actors.local import free_port


@contextmanager
def running_api() -> Iterator[str]:
    """The Serve application of the front door, over the coordinator that is there; its URL."""
    from benchmarks.listened_api import app

    port = free_port()
    serve.start(proxy_location=ProxyLocation.HeadOnly, http_options=HTTPOptions(host="127.0.0.1", port=port))
    serve.run(app, name="storyworld", route_prefix="/")
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        serve.shutdown()


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Of GET /episodes/{id}, in seconds."""

    median_s: float
    p95_s: float


def measure_latency(api: str, episode_id: str, num_requests: int) -> Latency:
    with httpx.Client(base_url=api, timeout=30) as client:
        took_s = sorted(_time_one(client, episode_id) for _ in range(num_requests))
    return Latency(median_s=statistics.median(took_s), p95_s=took_s[int(num_requests * 0.95)])


def _time_one(client: httpx.Client, episode_id: str) -> float:
    time.sleep(0.01)
    began_s = time.perf_counter()
    client.get(f"/episodes/{episode_id}").raise_for_status()
    return time.perf_counter() - began_s


@dataclass(kw_only=True)
class Followers:
    """What the open streams have heard so far."""

    num_events: list[int] = field(default_factory=list)


@contextmanager
def open_streams(api: str, episode_id: str, num_streams: int) -> Iterator[Followers]:
    """All of them open and past their first event when the block begins."""
    followers = Followers(num_events=[0] * num_streams)
    closed = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_follow(api, episode_id, followers, closed)), name="followers")
    thread.start()
    try:
        deadline_s = time.monotonic() + 30
        while min(followers.num_events) == 0 and time.monotonic() < deadline_s:
            time.sleep(0.05)
        yield followers
    finally:
        closed.set()
        thread.join(timeout=30)


async def _follow(api: str, episode_id: str, followers: Followers, closed: threading.Event) -> None:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=api, timeout=None, limits=limits) as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(_listen(client, episode_id, followers, i)) for i in range(len(followers.num_events))]
        await asyncio.to_thread(closed.wait)
        for task in tasks:
            task.cancel()


async def _listen(client: httpx.AsyncClient, episode_id: str, followers: Followers, index: int) -> None:
    async with client.stream("GET", f"/episodes/{episode_id}/events") as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            followers.num_events[index] += line.startswith("id:")
