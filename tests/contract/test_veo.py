"""veo against servers that speak Google's two APIs: what is its own, beside test_bought_backends.py."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from episodes.errors import BadInput, FailureClass
from episodes.job import StartFrame
from episodes.plan import Format
from rendering.backend import Frames
from rendering.backends import BackendRecipe, Purse, open_backend
from rendering.backends.animatic.backend import AnimaticBackend
from storage.artifacts.memory import MemoryArtifacts
from tests.clips import a_stored_clip
from tests.contract.bought_rigs import A_PAGE, OMNI, RIGS, GoogleRig, Rig, an_attempt, an_error
from tests.contract.test_video_backend import Pictures
from tests.loopback import LOST, Answer, as_json
from tests.shops.counter import Fate
from tests.shops.films import a_film, place_of_square
from tests.shops.google import KEY, TOKEN, an_interaction


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator[Rig]:
    with RIGS["vertex"](tmp_path) as rig:
        yield rig


@pytest.fixture
def omni(tmp_path: Path) -> Iterator[Rig]:
    with RIGS["omni"](tmp_path) as rig:
        yield rig


@pytest.fixture(params=["vertex", "omni"])
def rig(request: pytest.FixtureRequest) -> GoogleRig:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, GoogleRig)
    return found


def test_the_shortest_clip_that_is_long_enough_is_bought_in_the_nearest_shape(vertex: Rig) -> None:
    keys = vertex.render(an_attempt(duration_s=4.5, size=Format(width=72, height=128, fps=12), negative_prompt="text"))

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
    assert keys.recipe["price_usd"] == "1.2000"
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
        "delivery": "uri",
    }
    assert asked["generation_config"] == {"seed": 7, "video_config": {"task": "text_to_video"}}
    assert "price_usd" not in keys.recipe, "nobody said what it costs"


def test_an_omni_clip_that_comes_in_the_answer_is_taken_as_well(omni: Rig) -> None:
    """As a gateway may have it."""
    film = base64.b64encode(a_film("Mika", 3, 640, 360, None)).decode()
    omni.server.troubles = [as_json(an_interaction("1", "completed", [{"type": "video", "data": film}]))]

    omni.render(an_attempt())

    assert not [asked for asked in omni.server.asked if "/files/" in asked.path]


_THERE = {"type": "video", "uri": "https://generativelanguage.googleapis.com/v1beta/files/clip1:download?alt=media"}


def test_an_omni_clip_is_fetched_once_google_has_it_ready(omni: Rig) -> None:
    over = as_json(an_interaction("1", "completed", [_THERE]))
    omni.server.troubles = [over, as_json({"name": "files/clip1", "state": "PROCESSING"})]

    omni.render(an_attempt())

    looks = [asked.path.split("/")[-1].split("?")[0] for asked in omni.server.asked if "/files/" in asked.path]
    assert looks == ["clip1", "clip1", "clip1:download"]
    assert omni.clock.now == pytest.approx(5), "as long as between any two looks"


@pytest.mark.parametrize(
    ("video", "file", "said"),
    [
        (_THERE, as_json({"name": "files/clip1", "state": "FAILED", "error": {"message": "Disk full."}}), "Disk full"),
        (_THERE, as_json({"name": "files/clip1", "state": "FAILED"}), "its file came to nothing"),
        (_THERE, an_error(404, "File not found."), "does not know the order 1 any more"),
        ({"type": "video"}, None, "not where its video is"),
        ({"type": "video", "uri": "https://videos.example/1"}, None, "not where its video is"),
    ],
)
def test_an_omni_clip_that_cannot_be_fetched_says_why(omni: Rig, video: dict[str, str], file: Answer | None, said: str) -> None:
    answers = [as_json(an_interaction("1", "completed", [video])), *([file] if file is not None else [])]
    omni.server.troubles = 40 * answers

    assert said in str(omni.fails(an_attempt()))


def test_trouble_while_fetching_an_omni_clip_does_not_lose_it(omni: Rig) -> None:
    over = as_json(an_interaction("1", "completed", [_THERE]))
    omni.server.troubles = [over, an_error(503, "Busy."), over, LOST]

    omni.render(an_attempt())

    assert len(omni.server.bought) == 1


def test_an_omni_clip_whose_letters_are_none_of_base64_is_asked_for_again(omni: Rig) -> None:
    omni.server.troubles = [as_json(an_interaction("1", "completed", [{"type": "video", "data": "abcde"}]))]

    omni.render(an_attempt())

    assert len(omni.server.bought) == 1


@pytest.mark.parametrize("answer", [A_PAGE, as_json([]), as_json({"name": 5})])
def test_nonsense_in_place_of_an_omni_clips_file_is_trouble_that_passes(omni: Rig, answer: Answer) -> None:
    omni.server.troubles = [as_json(an_interaction("1", "completed", [_THERE])), answer]

    omni.render(an_attempt())

    assert len(omni.server.bought) == 1


def test_a_clip_that_vertex_leaves_in_a_bucket_is_not_bought_again_by_itself(vertex: Rig) -> None:
    video = {"gcsUri": "gs://studio/clip.mp4?signature=secret", "mimeType": "video/mp4"}
    vertex.server.troubles = [as_json({"name": "operations/1", "done": True, "response": {"videos": [video]}})]

    failure = vertex.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "left the clip at gs://studio/clip.mp4, from" in str(failure)
    assert "Retrying this beat buys another one" in failure.hint
    vertex.render(an_attempt(2, num_failures=0))
    assert len(vertex.server.bought) == 2


def test_a_beat_that_is_longer_than_any_clip_gets_a_slower_one(vertex: Rig) -> None:
    keys = vertex.render(an_attempt(duration_s=12.0))

    assert vertex.server.bought[0]["parameters"]["durationSeconds"] == 8
    assert (keys.indices[0], keys.indices[-1], len(keys.indices)) == (0, 287, 192)
    assert place_of_square(keys.frames_THWC[96]) == pytest.approx(0.5, abs=0.05)
    assert "slower" in keys.recipe["spread"]


def test_a_beat_that_goes_on_is_bought_with_the_last_frame_before_it(rig: GoogleRig, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("duration_s", [2.5, 4.0, 9.0])
def test_a_clip_that_is_given_an_end_is_there_when_its_beat_ends(vertex: Rig, duration_s: float) -> None:
    job = an_attempt(duration_s=duration_s)

    keys = vertex.render(job, opening="animatic", ending="animatic")

    [instance] = vertex.server.bought[0]["instances"]
    assert instance["image"]["mimeType"] == instance["lastFrame"]["mimeType"] == "image/png"
    first, last = AnimaticBackend().first_frame(job, Pictures()), AnimaticBackend().last_frame(job, Pictures())
    assert _distance(keys.frames_THWC[0], first) < 6
    assert _distance(keys.frames_THWC[-1], last) < 6
    assert _distance(first, last) > 6, "they are two pictures"
    assert keys.indices[-1] == job.num_frames - 1
    assert keys.recipe["ending"] == "animatic"
    assert ("hurried" in keys.recipe, "spread" in keys.recipe) == (duration_s < 4, duration_s > 8)


def _distance(one: Frames, other: Frames) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_an_end_is_left_out_where_there_is_no_beginning_and_told(vertex: Rig) -> None:
    """`previous`, and the beat goes on from no other."""
    keys = vertex.render(an_attempt(duration_s=4.5), ending="animatic")

    assert "lastFrame" not in vertex.server.bought[0]["instances"][0]
    assert "opening" not in keys.recipe
    assert keys.recipe["ending"] == "none, because there was no picture to begin with"
    assert "hurried" not in keys.recipe


def test_another_end_is_another_order(vertex: Rig) -> None:
    vertex.server.fate = Fate.NEVER_DONE
    vertex.fails(an_attempt(), opening="animatic")
    vertex.server.fate = Fate.DONE

    vertex.render(an_attempt(2), opening="animatic", ending="animatic")

    assert ["lastFrame" in one["instances"][0] for one in vertex.server.bought] == [False, True]


def test_the_keys_are_sent_and_seen_nowhere_else(
    rig: GoogleRig, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = rig.render(an_attempt())
    wrong = replace(rig, store=MemoryArtifacts(), key="AIza-wrong-and-secret")
    said = str(wrong.fails(an_attempt())) if rig.model == OMNI else ""

    captured = capsys.readouterr()
    shown = [captured.out, captured.err, caplog.text, json.dumps(keys.recipe), said, repr(rig.backend()), *rig.texts()]
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
    vertex.server.refusals = [an_error(403, "Permission denied on project studio.")]

    failure = vertex.fails(an_attempt())

    assert failure.failure_class is FailureClass.CONTENT
    assert "Permission denied on project studio" in str(failure)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in failure.hint
