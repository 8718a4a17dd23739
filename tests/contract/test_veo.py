"""veo against servers that speak Google's two APIs, in all their moods."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pytest
from pydantic import SecretStr

from episodes.errors import BadInput, FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob, StartFrame
from episodes.plan import Format
from rendering.backend import Keyframes
from rendering.backends import BackendRecipe, Purse, open_backend
from rendering.backends.bought.backend import BoughtBackend
from rendering.renderer import Renderer
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_beat, a_job
from tests.clips import FakeControl, FakeSleep, a_stored_clip
from tests.contract.test_video_backend import Pictures
from tests.loopback import as_json
from tests.shops.counter import Counter, Fate
from tests.shops.films import place_of_square
from tests.shops.google import KEY, SAFETY, TOKEN, a_vertex, an_omni

WIDE = Format(width=96, height=64, fps=24)
VERTEX, OMNI = "veo-3.1-generate-001", "gemini-omni-1.2-flash"


@dataclass
class Rig:
    base_url: str
    server: Counter
    model: str
    credentials: Path | None = None
    key: str = KEY
    store: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    clock: FakeSleep = field(default_factory=FakeSleep)

    @cached_property
    def backend(self) -> BoughtBackend:
        """Its time passes by itself."""
        recipe = BackendRecipe(name="veo", options={"base_url": self.base_url, "project": "studio", "model": self.model})
        purse = Purse(orders=self.store, gemini_api_key=SecretStr(self.key), google_credentials=self.credentials)
        opened = open_backend(recipe, purse)
        assert isinstance(opened, BoughtBackend)
        return replace(opened, patience=replace(opened.patience, sleep=self.clock, now_s=self.clock.now_s, order_s=30.0))

    def render(self, job: RenderJob, *, control: FakeControl | None = None, pictures: Pictures | None = None) -> Keyframes:
        return Renderer(self.backend, pictures or Pictures()).render(job, control or FakeControl())

    def fails(self, job: RenderJob) -> RenderFailed:
        with pytest.raises(RenderFailed) as caught:
            self.render(job)
        return caught.value

    @property
    def num_orders_asked(self) -> int:
        """Those that were refused, or whose answer was lost, too."""
        return sum(a.path.endswith((":predictLongRunning", "/interactions")) for a in self.server.asked)


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[Rig]:
    with a_vertex(tmp_path) as (url, server, credentials):
        yield Rig(url, server, VERTEX, credentials)


@pytest.fixture
def omni() -> Iterator[Rig]:
    with an_omni() as (url, server):
        yield Rig(url, server, OMNI)


@pytest.fixture(params=["vertex", "omni"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Rig)
    return found


def an_attempt(number: int = 1, *, num_failures: int | None = None, duration_s: float = 1.0, size: Format = WIDE) -> RenderJob:
    job = a_job(a_beat(duration_s=duration_s, negative_prompt="text"), film_format=size)
    asked = job.input.model_copy(update={"negative_prompt": "text"})
    failures = number - 1 if num_failures is None else num_failures
    meta = job.meta.model_copy(update={"attempt": number, "num_failures": failures})
    return job.model_copy(update={"meta": meta, "input": asked})


def test_the_shortest_clip_that_is_long_enough_is_bought_in_the_nearest_shape(vertex: Rig) -> None:
    keys = vertex.render(an_attempt(duration_s=4.5, size=Format(width=72, height=128, fps=12)))

    assert vertex.server.bought == [
        {
            "instances": [{"prompt": "Mika, red coat, looks around"}],
            "parameters": {
                "sampleCount": 1,
                "durationSeconds": 6,
                "seed": 7,
                "aspectRatio": "9:16",
                "resolution": "720p",
                "negativePrompt": "text",
                "generateAudio": False,
            },
        }
    ]
    assert keys.recipe["price_usd"] == "2.4000"
    assert len(keys.indices) == 54


def test_an_omni_clip_is_ordered_in_the_background_and_kept_until_it_is_fetched(omni: Rig) -> None:
    keys = omni.render(an_attempt(duration_s=4.5))

    [asked] = omni.server.bought
    assert (asked["background"], asked["store"], asked["model"]) == (True, True, OMNI)
    assert asked["response_format"] == {
        "type": "video",
        "duration": "5s",
        "resolution": "360p",
        "aspect_ratio": "16:9",
        "delivery": "inline",
    }
    assert "price_usd" not in keys.recipe, "nobody said what it costs"


def test_a_beat_that_is_longer_than_any_clip_gets_a_slower_one(vertex: Rig) -> None:
    keys = vertex.render(an_attempt(duration_s=12.0))

    assert vertex.server.bought[0]["parameters"]["durationSeconds"] == 8
    assert (keys.indices[0], keys.indices[-1], len(keys.indices)) == (0, 287, 192)
    assert place_of_square(keys.frames_THWC[96]) == pytest.approx(0.5, abs=0.05)
    assert "slower" in keys.recipe["spread"]


def test_a_beat_that_goes_on_is_bought_with_the_last_frame_before_it(rig: Rig, tmp_path: Path) -> None:
    store = MemoryArtifacts()
    clip = a_stored_clip(store, "earlier.mp4", tmp_path, num_frames=8)
    store.get_file(clip.key, tmp_path / "earlier.mp4")
    plain = an_attempt()
    start = StartFrame(video_key=clip.key, sha256=clip.sha256)
    job = plain.model_copy(update={"input": plain.input.model_copy(update={"start_frame": start})})

    keys = rig.render(job, pictures=Pictures(files={clip.key: tmp_path / "earlier.mp4"}))

    assert "image/png" in json.dumps(rig.server.bought)
    assert keys.frames_THWC[0, :32].std() < 4, "one grey, and no stripes"
    assert "earlier.mp4" in keys.recipe["opening"]


def test_an_order_is_gone_on_with_by_the_next_attempt(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE
    failure = rig.fails(an_attempt())
    rig.server.fate = Fate.DONE

    rig.render(an_attempt(2))

    assert failure.failure_class is FailureClass.INFRA
    assert rig.num_orders_asked == 1


def test_a_lost_answer_is_asked_for_by_nobody_not_even_by_googles_library(rig: Rig) -> None:
    rig.server.loses_its_answer = True

    first, second = rig.fails(an_attempt()), rig.fails(an_attempt(2))

    assert (first.failure_class, second.failure_class) == (FailureClass.CONTENT, FailureClass.CONTENT)
    assert "Nobody knows whether this clip was bought" in str(first)
    assert rig.num_orders_asked == 1
    rig.render(an_attempt(3, num_failures=0))
    assert len(rig.server.bought) == 2, "a person retried"


@pytest.mark.parametrize("status", [500, 504])
def test_an_error_of_the_server_while_ordering_is_a_doubt(rig: Rig, status: int) -> None:
    rig.server.refusals = [as_json({"error": {"code": status, "message": "Internal error."}}, status)]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "Internal error" in str(failure)
    assert rig.num_orders_asked == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_as_late_as_it_wants(rig: Rig, status: int) -> None:
    rig.server.refusals = [as_json({"error": {"code": status, "message": "Quota exceeded."}}, status, retry_after="40")]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(40)
    assert (rig.num_orders_asked, len(rig.server.bought)) == (2, 1)


def test_a_server_that_nobody_reaches_sold_nothing(rig: Rig) -> None:
    away = replace(rig, base_url="http://127.0.0.1:9")

    assert away.fails(an_attempt()).failure_class is FailureClass.INFRA
    assert away.fails(an_attempt(2)).failure_class is FailureClass.INFRA, "and leaves no doubt"


def test_trouble_while_waiting_does_not_lose_the_order(rig: Rig) -> None:
    busy = as_json({"error": {"code": 429, "message": "Slow down."}}, 429, retry_after="7")
    rig.server.troubles = [as_json({"error": {"code": 500, "message": "Oh."}}, 500), busy]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(1 + 7)
    assert len(rig.server.bought) == 1


@pytest.mark.parametrize(
    ("fate", "failure_class", "said"),
    [
        (Fate.BLOCKED, FailureClass.CONTENT, f"blocked: {SAFETY}"),
        (Fate.FAILED, FailureClass.OUTPUT, "could not make the clip"),
        (Fate.FORGOTTEN, FailureClass.CONTENT, "does not know the order"),
    ],
)
def test_an_order_that_came_to_nothing_is_over(rig: Rig, fate: Fate, failure_class: FailureClass, said: str) -> None:
    rig.server.fate = fate
    failure = rig.fails(an_attempt())
    rig.server.fate = Fate.DONE

    rig.render(an_attempt(2))

    assert failure.failure_class is failure_class
    assert said in str(failure)
    assert len(rig.server.bought) == 2


@pytest.mark.parametrize(
    ("status", "said"), [(400, "refuses the request (400): Oh no."), (404, "does not have it (404): Oh no.")]
)
def test_a_request_that_can_never_work_fails_the_beat_with_the_servers_words(rig: Rig, status: int, said: str) -> None:
    rig.server.refusals = [as_json({"error": {"code": status, "message": "Oh no."}}, status)]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert said in str(failure)


def test_whoever_is_told_to_stop_stops_an_interaction_and_keeps_an_operation(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE
    with pytest.raises(RenderCancelled):
        rig.render(an_attempt(), control=FakeControl(stop_at_share=0.01))
    rig.server.fate = Fate.DONE

    rig.render(an_attempt(2))

    can_be_cancelled = rig.model == OMNI
    assert rig.server.cancelled == (["1"] if can_be_cancelled else [])
    assert len(rig.server.bought) == (2 if can_be_cancelled else 1)


def test_the_keys_are_sent_and_seen_nowhere_else(
    rig: Rig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = rig.render(an_attempt())
    wrong = replace(rig, store=MemoryArtifacts(), key="AIza-wrong-and-secret")
    said = str(wrong.fails(an_attempt())) if rig.model == OMNI else ""

    captured = capsys.readouterr()
    stored = [key + rig.store.get_bytes(key).decode() for key in rig.store.keys("episodes/")]
    shown = [captured.out, captured.err, caplog.text, json.dumps(keys.recipe), said, repr(rig.backend), *stored]
    sent = json.dumps([asked.headers for asked in rig.server.asked])
    assert (KEY if rig.model == OMNI else TOKEN) in sent
    assert not [text for text in shown for secret in (KEY, TOKEN, "wrong-and-secret", "PRIVATE KEY") if secret in text]


def test_a_credential_that_is_missing_or_wrong_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "spoilt.json").write_text('{"private_key": "secret"}')  # pragma: allowlist secret
    vertex = BackendRecipe(name="veo", options={"project": "studio"})
    omni = BackendRecipe(name="veo", options={"model": OMNI})

    with pytest.raises(BadInput, match="cannot be read"):
        open_backend(vertex, Purse(orders=MemoryArtifacts(), google_credentials=tmp_path / "gone.json"))
    with pytest.raises(BadInput, match="credentials of Google's") as spoilt:
        open_backend(vertex, Purse(orders=MemoryArtifacts(), google_credentials=tmp_path / "spoilt.json"))
    with pytest.raises(BadInput, match="Set GEMINI_API_KEY"):
        open_backend(omni, Purse(orders=MemoryArtifacts()))
    assert "secret" not in str(spoilt.value)


def test_credentials_that_google_does_not_take_say_where_they_come_from(vertex: Rig) -> None:
    vertex.server.refusals = [as_json({"error": {"code": 403, "message": "Permission denied on project studio."}}, 403)]

    failure = vertex.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "Permission denied on project studio" in str(failure)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in failure.hint
