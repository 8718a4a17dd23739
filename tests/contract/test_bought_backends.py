"""The contract of VideoBackend, kept by those that buy their clips, from servers of the tests: the tests are those of its suite.

And what they promise whoever pays, in all moods of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob
from rendering.backend import Frames, VideoBackend
from rendering.backends import BackendRecipe, Purse, open_backend
from rendering.backends.bought import collecting
from rendering.backends.bought.collecting import NO_VIDEO_S
from rendering.backends.bought.placing import Placing
from storage.artifacts.memory import MemoryArtifacts
from tests.clips import FakeControl
from tests.contract import test_video_backend as contract
from tests.contract.bought_rigs import A_PAGE, RIGS, Rig, an_attempt, an_error
from tests.contract.test_video_backend import *  # noqa: F403
from tests.contract.test_video_backend import Kind
from tests.loopback import Answer, as_json
from tests.shops.counter import Fate
from tests.shops.google import a_vertex
from tests.shops.openai_videos import a_videos_server

del test_every_backend_that_can_be_opened_is_under_contract  # noqa: F821  it is about the list there
backend, earlier_clip = contract.backend, contract.earlier_clip


@contextmanager
def _openai_video(folder: Path) -> Iterator[Callable[[], VideoBackend]]:
    with a_videos_server() as (base_url, _):
        recipe = BackendRecipe(name="openai-video", options={"base_url": base_url, "price_per_s": "0.1"})
        yield lambda: open_backend(recipe, Purse(orders=MemoryArtifacts()))


@contextmanager
def _veo(folder: Path) -> Iterator[Callable[[], VideoBackend]]:
    with a_vertex(folder) as (base_url, _, credentials):
        recipe = BackendRecipe(name="veo", options={"base_url": base_url, "project": "studio"})
        yield lambda: open_backend(recipe, Purse(orders=MemoryArtifacts(), google_credentials=credentials))


SHOPS = {"openai-video": _openai_video, "veo": _veo}


@pytest.fixture(params=SHOPS)  # type: ignore[no-redef]  # instead of the one there
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    with SHOPS[request.param](tmp_path) as opened:
        yield Kind(open=opened, looks_at_pictures=False)


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with RIGS[request.param](tmp_path) as rig:
        yield rig


def test_an_order_is_gone_on_with_by_the_next_attempt(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE
    failure = rig.fails(an_attempt(), longest_wait_s="20")
    rig.server.fate = Fate.DONE

    made = rig.render(an_attempt(2))

    assert failure.failure_class is FailureClass.INFRA
    assert rig.num_orders_asked == 1
    assert not failure.bought_nothing
    assert made.bought_nothing, "so that it is paid once"


def test_a_lost_answer_buys_once_and_tells(rig: Rig) -> None:
    """It is asked for again by nobody, not even by Google's library."""
    rig.server.loses_its_answer = True

    first, second = rig.fails(an_attempt()), rig.fails(an_attempt(2))

    assert (first.failure_class, second.failure_class) == (FailureClass.CONTENT, FailureClass.CONTENT)
    assert (first.bought_nothing, second.bought_nothing) == (False, True)
    assert "Nobody knows whether this clip was bought" in str(first)
    assert rig.num_orders_asked == 1
    rig.render(an_attempt(3, num_failures=0))
    assert len(rig.server.bought) == 2, "a person retried"


@pytest.mark.parametrize("status", [500, 504])
def test_an_error_of_the_server_while_ordering_is_a_doubt(rig: Rig, status: int) -> None:
    rig.server.refusals = [an_error(status, "Internal error.")]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "Internal error" in str(failure)
    assert rig.num_orders_asked == 1


@pytest.mark.parametrize("answer", [A_PAGE, as_json(5), as_json({"name": 5, "id": 5})])
def test_an_order_that_is_answered_with_nonsense_is_a_doubt(rig: Rig, answer: Answer) -> None:
    rig.server.refusals = [answer]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert f"Nobody knows whether this clip was bought: {rig.base_url}" in str(failure)
    assert rig.num_orders_asked == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_as_late_as_it_wants(rig: Rig, status: int) -> None:
    rig.server.refusals = [an_error(status, "Quota exceeded.", retry_after="40")]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(40)
    assert (rig.num_orders_asked, len(rig.server.bought)) == (2, 1)


def test_a_server_that_nobody_reaches_sold_nothing(rig: Rig) -> None:
    away = replace(rig, base_url="http://127.0.0.1:9")

    failure = away.fails(an_attempt())
    assert (failure.failure_class, failure.bought_nothing) == (FailureClass.INFRA, True)
    assert away.fails(an_attempt(2)).failure_class is FailureClass.INFRA, "and leaves no doubt"


def test_trouble_while_waiting_does_not_lose_the_order(rig: Rig) -> None:
    rig.server.troubles = [an_error(500, "Oh."), an_error(429, "Slow down.", retry_after="7")]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(1 + 7)
    assert len(rig.server.bought) == 1


@pytest.mark.parametrize("answer", [A_PAGE, as_json([]), as_json(5), as_json({}), as_json({"name": 5, "status": 5, "id": 5})])
def test_nonsense_in_place_of_an_order_is_trouble_that_passes(rig: Rig, answer: Answer) -> None:
    rig.server.troubles = [answer]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(1)
    assert len(rig.server.bought) == 1


def test_nonsense_that_does_not_end_names_the_server_and_leaves_the_order(rig: Rig) -> None:
    rig.server.troubles = 20 * [A_PAGE]
    failure = rig.fails(an_attempt())
    rig.server.troubles = []

    rig.render(an_attempt(2))

    assert failure.failure_class is FailureClass.INFRA
    assert rig.clock.now < 120, "and not as long as an order that is being made"
    assert f"{rig.base_url} answers with something that nobody can read" in str(failure)
    assert len(rig.server.bought) == 1


@pytest.mark.parametrize(
    ("fate", "failure_class"),
    [(Fate.BLOCKED, FailureClass.CONTENT), (Fate.FAILED, FailureClass.OUTPUT), (Fate.FORGOTTEN, FailureClass.CONTENT)],
)
def test_an_order_that_came_to_nothing_is_over(rig: Rig, fate: Fate, failure_class: FailureClass) -> None:
    rig.server.fate = fate
    failure = rig.fails(an_attempt())
    rig.server.fate = Fate.DONE

    rig.render(an_attempt(2))

    assert failure.failure_class is failure_class
    assert rig.words[fate] in str(failure)
    assert len(rig.server.bought) == 2


def test_what_is_no_video_is_bought_again_when_a_person_wants_it(rig: Rig) -> None:
    rig.server.spoilt = 2 * [b"<html>Sign in</html>"]

    failure = rig.fails(an_attempt(), price_per_s="0.1")

    assert (failure.failure_class, failure.bought_nothing) == (FailureClass.CONTENT, False)
    assert "delivered a web page instead of a video: ffmpeg ended" in str(failure)
    assert "Retrying this beat buys it again" in failure.hint
    rig.render(an_attempt(2, num_failures=0), price_per_s="0.1")
    assert len(rig.server.bought) == 2


def test_what_is_no_video_and_cost_nothing_is_ordered_again_by_the_next_attempt(rig: Rig) -> None:
    rig.server.spoilt = 2 * [b"\x00 this is no video"]

    failure = rig.fails(an_attempt(), price_per_s="0")
    rig.render(an_attempt(2), price_per_s="0")

    assert failure.failure_class is FailureClass.OUTPUT
    assert "delivered 18 bytes instead of a video" in str(failure)
    assert len(rig.server.bought) == 2


def test_a_page_that_comes_once_in_a_clips_place_loses_nothing(rig: Rig) -> None:
    rig.server.spoilt = [b"<html>Sign in</html>"]

    rig.render(an_attempt())

    assert rig.clock.now == pytest.approx(NO_VIDEO_S)
    assert len(rig.server.bought) == 1


def test_an_earlier_attempts_order_that_is_no_video_is_paid_once(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE
    rig.fails(an_attempt(), longest_wait_s="20")
    rig.server.fate, rig.server.spoilt = Fate.DONE, 2 * [b"{}"]

    failure = rig.fails(an_attempt(2))

    assert "delivered JSON instead" in str(failure)
    assert failure.bought_nothing


def test_a_clip_that_this_machine_cannot_read_now_is_kept_for_the_next_attempt(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(collecting, "frames_of", _out_of_memory)
        failure = rig.fails(an_attempt())

    rig.render(an_attempt(2))

    assert failure.failure_class is FailureClass.RESOURCE
    assert len(rig.server.bought) == 1


def _out_of_memory(clip: bytes, job: RenderJob, *, whole_s: float | None) -> tuple[Frames, Placing]:
    raise RenderFailed("ffmpeg ended with status -9: it did not say why", FailureClass.RESOURCE)


@pytest.mark.parametrize(
    ("status", "said"), [(400, "refuses the request (400): Oh no."), (404, "does not have it (404): Oh no.")]
)
def test_a_request_that_can_never_work_fails_the_beat_with_the_servers_words(rig: Rig, status: int, said: str) -> None:
    rig.server.refusals = [an_error(status, "Oh no.")]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert said in str(failure)


def test_whoever_is_told_to_stop_stops_the_server_too_where_that_can_be(rig: Rig) -> None:
    """Else the order is kept, and gone on with."""
    rig.server.fate = Fate.NEVER_DONE
    with pytest.raises(RenderCancelled):
        rig.render(an_attempt(), control=FakeControl(stop_at_share=0.01))
    rig.server.fate = Fate.DONE

    rig.render(an_attempt(2))

    assert rig.server.cancelled == (["1"] if rig.can_be_cancelled else [])
    assert len(rig.server.bought) == (2 if rig.can_be_cancelled else 1)
