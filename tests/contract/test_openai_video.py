"""openai-video against a server that speaks `/v1/videos`: what is its own, beside test_bought_backends.py."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.plan import Format
from rendering.backends import BackendRecipe, Purse, open_backend
from rendering.backends.animatic.backend import AnimaticBackend
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import a_beat, a_job
from tests.clips import FakeControl
from tests.contract.bought_rigs import RIGS, WIDE, Rig, an_attempt, an_error
from tests.contract.test_video_backend import Pictures
from tests.loopback import as_json
from tests.shops.counter import Fate
from tests.shops.films import place_of_square
from tests.shops.openai_videos import KEY, a_videos_server


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with RIGS["openai-video"](tmp_path) as rig:
        yield rig


def test_a_beat_is_cut_out_of_what_was_bought_at_its_own_speed(rig: Rig) -> None:
    keys = rig.render(an_attempt(duration_s=1.5, size=WIDE.model_copy(update={"fps": 12})))

    assert keys.indices == tuple(range(18))
    places = [place_of_square(frame) for frame in keys.frames_THWC]
    assert places == pytest.approx([index / 12 / 2 for index in range(18)], abs=0.05), "of two seconds the first one and a half"
    assert rig.server.bought == [{"prompt": "Mika, red coat, looks around", "seconds": "2", "size": "96x64", "seed": "7"}]


def test_a_beat_that_is_longer_than_the_server_can_gets_a_slower_clip(rig: Rig) -> None:
    keys = rig.render(an_attempt(duration_s=3.0), seconds="1")

    assert (keys.indices[0], keys.indices[-1], len(keys.indices)) == (0, 71, 24)
    places = [place_of_square(frame) for frame in keys.frames_THWC]
    assert places == pytest.approx([index / 71 for index in keys.indices], abs=0.05)
    assert "slower" in keys.recipe["spread"]


def test_what_the_server_offers_decides_what_is_ordered(rig: Rig) -> None:
    rig.render(an_attempt(duration_s=1.5), seconds="4,8", sizes="64x96,192x128,96x64", model="wan-2.2", also="none")

    assert rig.server.bought == [
        {"prompt": "Mika, red coat, looks around", "seconds": "4", "size": "96x64", "model": "wan-2.2"}
    ]


@pytest.mark.parametrize("sizes", ["192x96", "96x192", "96x96"])
def test_a_clip_of_another_shape_begins_with_the_whole_picture_all_the_same(rig: Rig, sizes: str) -> None:
    job = a_job(a_beat(), film_format=Format(width=96, height=96, fps=24))

    keys = rig.render(job, sizes=sizes, opening="animatic")

    picture = AnimaticBackend().first_frame(job, Pictures())
    assert np.abs(keys.frames_THWC[0].astype(int) - picture).mean() < 12
    assert np.abs(keys.frames_THWC[0].astype(int) - picture[:, ::-1]).mean() > 12, "it is a picture that can be told apart"


def test_the_price_stands_in_the_recipe_when_it_is_known(rig: Rig) -> None:
    assert rig.render(an_attempt(duration_s=1.5)).recipe["price_usd"] == "0.2000"


def test_how_long_an_order_is_waited_for_can_be_said(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE

    assert "is not done after 2" in str(rig.fails(an_attempt(), longest_wait_s="20"))


def test_a_share_that_rises_at_every_look_is_reported(rig: Rig) -> None:
    rig.server.fate, control = Fate.NEVER_DONE, FakeControl()

    with pytest.raises(RenderFailed):
        rig.render(an_attempt(), control=control, longest_wait_s="60")

    assert control.shares == sorted(set(control.shares))
    assert control.shares[-1] < 1


def test_an_error_that_is_told_otherwise_is_a_doubt_too(rig: Rig) -> None:
    rig.server.refusals = [as_json({"detail": "worker died"}, 500)]

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "worker died" in str(failure)


def test_a_server_that_stays_busy_is_left_to_a_later_attempt(rig: Rig) -> None:
    rig.server.refusals = [an_error(429, "queue full")] * 20

    failure = rig.fails(an_attempt())

    assert failure.failure_class is FailureClass.INFRA
    assert "queue full" in str(failure)
    assert rig.clock.now <= 120


def test_a_server_that_wants_to_be_left_alone_for_long_is(rig: Rig) -> None:
    rig.server.refusals = [an_error(429, "queue full", retry_after="3600")]

    assert rig.fails(an_attempt()).failure_class is FailureClass.INFRA
    assert rig.clock.now == 0


def test_an_order_that_is_not_known_yet_is_waited_for(rig: Rig) -> None:
    rig.server.troubles = [as_json({}, 404), as_json({}, 404)]

    rig.render(an_attempt())

    assert len(rig.server.bought) == 1


@pytest.mark.parametrize(("price", "failure_class"), [("0.1", FailureClass.CONTENT), ("0", FailureClass.INFRA)])
def test_an_order_that_the_server_forgot_is_bought_again_by_a_person_unless_it_was_free(
    rig: Rig, price: str, failure_class: FailureClass
) -> None:
    rig.server.fate = Fate.FORGOTTEN

    failure = rig.fails(an_attempt(), price_per_s=price)
    rig.server.fate = Fate.DONE

    assert failure.failure_class is failure_class
    rig.render(an_attempt(2), price_per_s=price)
    assert len(rig.server.bought) == 2


def test_an_order_of_an_earlier_attempt_is_not_cancelled(rig: Rig) -> None:
    rig.server.fate = Fate.NEVER_DONE
    rig.fails(an_attempt(), longest_wait_s="20")

    with pytest.raises(RenderCancelled):
        rig.render(an_attempt(2), control=FakeControl(stop_at_share=0.01))

    assert not rig.server.cancelled


class _StopsWhenItIsFetched(FakeControl):
    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self._asked = rig.server.asked

    def check(self) -> None:
        if any(asked.path.endswith("/content") for asked in self._asked):
            self.stop()
        super().check()


def test_whoever_is_told_to_stop_while_a_clip_comes_leaves_it_to_the_next_attempt(rig: Rig) -> None:
    with pytest.raises(RenderCancelled):
        rig.render(an_attempt(), control=_StopsWhenItIsFetched(rig))

    rig.render(an_attempt(2))

    assert not rig.server.cancelled, "a server may delete what is cancelled"
    assert len(rig.server.bought) == 1


def test_the_key_is_sent_and_seen_nowhere_else(
    rig: Rig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = rig.render(an_attempt())
    wrong = replace(rig, store=MemoryArtifacts())
    recipe = BackendRecipe(name="openai-video", options={"base_url": rig.base_url})
    purse = Purse(orders=wrong.store, openai_video_api_keys={rig.base_url: SecretStr("sk-wrong-and-secret")})
    with pytest.raises(RenderFailed) as refused:
        open_backend(recipe, purse).keyframes(an_attempt(), Pictures(), FakeControl())

    assert refused.value.failure_class is FailureClass.CONTENT
    assert "refuses the key (401)" in str(refused.value)
    said = capsys.readouterr()
    shown = [said.out, said.err, caplog.text, json.dumps(keys.recipe), str(refused.value), repr(refused.value.args)]
    shown += [repr(purse), repr(rig.backend()), *rig.texts(), *wrong.texts()]
    assert rig.server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert not [text for text in shown if KEY in text or "sk-wrong" in text or "another's" in text]


def test_a_key_is_sent_to_its_own_server_only() -> None:
    with a_videos_server() as (base_url, server):
        purse = Purse(orders=MemoryArtifacts(), openai_video_api_keys={"http://another.example/v1": SecretStr(KEY)})
        recipe = BackendRecipe(name="openai-video", options={"base_url": base_url})
        open_backend(recipe, purse).keyframes(an_attempt(), Pictures(), FakeControl())

    assert not any("authorization" in asked.headers for asked in server.asked)
