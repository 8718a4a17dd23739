"""A backend that buys, the server of the tests that it buys from, and a clock that passes by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from episodes.errors import RenderFailed
from episodes.job import RenderJob
from episodes.plan import Format
from rendering.backend import Keyframes
from rendering.backends import BackendRecipe, Purse, open_backend
from rendering.backends.bought.backend import BoughtBackend
from rendering.renderer import Renderer
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_beat, a_job
from tests.clips import FakeControl, FakeSleep
from tests.contract.test_video_backend import Pictures
from tests.loopback import Answer, as_json
from tests.shops import google, openai_videos
from tests.shops.counter import Counter, Fate

WIDE = Format(width=96, height=64, fps=24)
VERTEX, OMNI = "veo-3.1-generate-001", "gemini-omni-1.2-flash"


@dataclass
class Rig(ABC):
    base_url: str
    server: Counter
    store: MemoryArtifacts = field(default_factory=MemoryArtifacts, kw_only=True)
    clock: FakeSleep = field(default_factory=FakeSleep, kw_only=True)

    orders: ClassVar[tuple[str, ...]]
    """How a path ends that is asked to order."""
    words: ClassVar[Mapping[Fate, str]]
    """What is said of an order that came to nothing."""

    @abstractmethod
    def backend(self, **options: str) -> BoughtBackend: ...

    @property
    def can_be_cancelled(self) -> bool:
        """An order, at the server."""
        return True

    @property
    def num_orders_asked(self) -> int:
        """Those that were refused, or whose answer was lost, too."""
        return sum(asked.method == "POST" and asked.path.endswith(self.orders) for asked in self.server.asked)

    def render(
        self, job: RenderJob, *, control: FakeControl | None = None, pictures: Pictures | None = None, **options: str
    ) -> Keyframes:
        return Renderer(self.backend(**options), pictures or Pictures()).render(job, control or FakeControl())

    def fails(self, job: RenderJob, **options: str) -> RenderFailed:
        with pytest.raises(RenderFailed) as caught:
            Renderer(self.backend(**options), Pictures()).render(job, FakeControl())
        return caught.value

    def texts(self) -> Iterator[str]:
        """All that is stored of the orders."""
        return (key + self.store.get_bytes(key).decode() for key in self.store.keys("episodes/"))

    def _opened(self, recipe: BackendRecipe, purse: Purse, **patience: float) -> BoughtBackend:
        opened = open_backend(recipe, purse)
        assert isinstance(opened, BoughtBackend)
        return replace(opened, patience=replace(opened.patience, sleep=self.clock, now_s=self.clock.now_s, **patience))


@dataclass
class OpenAiRig(Rig):
    orders: ClassVar[tuple[str, ...]] = ("/videos",)
    words: ClassVar[Mapping[Fate, str]] = {
        Fate.BLOCKED: "blocked: The prompt shows what must not be shown.",
        Fate.FAILED: "could not make the clip: out of memory.",
        Fate.FORGOTTEN: "does not know the order",
    }

    def backend(self, **options: str) -> BoughtBackend:
        recipe = BackendRecipe(name="openai-video", options={"base_url": self.base_url, "price_per_s": "0.1", **options})
        keys = {self.base_url: SecretStr(openai_videos.KEY), "http://another.example": SecretStr("another's")}
        return self._opened(recipe, Purse(orders=self.store, openai_video_api_keys=keys))


@dataclass
class GoogleRig(Rig):
    model: str
    credentials: Path | None = None
    key: str = google.KEY

    orders: ClassVar[tuple[str, ...]] = (":predictLongRunning", "/interactions")
    words: ClassVar[Mapping[Fate, str]] = {
        Fate.BLOCKED: f"blocked: {google.SAFETY}",
        Fate.FAILED: "could not make the clip",
        Fate.FORGOTTEN: "does not know the order",
    }

    @property
    def can_be_cancelled(self) -> bool:
        return self.model == OMNI

    def backend(self, **options: str) -> BoughtBackend:
        shop = {"base_url": self.base_url, "project": "studio", "model": self.model}
        recipe = BackendRecipe(name="veo", options={**shop, **options})
        purse = Purse(orders=self.store, gemini_api_key=SecretStr(self.key), google_credentials=self.credentials)
        return self._opened(recipe, purse, order_s=30.0)


@contextmanager
def _openai_video(folder: Path) -> Iterator[Rig]:
    with openai_videos.a_videos_server(key=openai_videos.KEY) as (base_url, server):
        yield OpenAiRig(base_url, server)


@contextmanager
def _vertex(folder: Path) -> Iterator[Rig]:
    with google.a_vertex(folder) as (base_url, server, credentials):
        yield GoogleRig(base_url, server, VERTEX, credentials)


@contextmanager
def _omni(folder: Path) -> Iterator[Rig]:
    with google.an_omni() as (base_url, server):
        yield GoogleRig(base_url, server, OMNI)


RIGS = {"openai-video": _openai_video, "vertex": _vertex, "omni": _omni}


def an_attempt(
    number: int = 1, *, num_failures: int | None = None, duration_s: float = 1.0, size: Format = WIDE, negative_prompt: str = ""
) -> RenderJob:
    job = a_job(a_beat(duration_s=duration_s, negative_prompt=negative_prompt), film_format=size)
    asked = job.input.model_copy(update={"negative_prompt": negative_prompt})
    failures = number - 1 if num_failures is None else num_failures
    meta = job.meta.model_copy(update={"attempt": number, "num_failures": failures})
    return job.model_copy(update={"meta": meta, "input": asked})


A_PAGE = Answer(body=b"<html>Sign in</html>", media_type="text/html")
"""Of a proxy, in place of the server's own answer."""


def an_error(status: int, message: str, **headers: str) -> Answer:
    """As both OpenAI and Google tell one."""
    return as_json({"error": {"code": status, "message": message}}, status, **headers)
