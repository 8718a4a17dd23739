"""Video models of diffusers from a job to keyframes, with tiny weights: equality, size, length, openings, stopping, memory, parking."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from episodes.errors import BadInput, FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob, StartFrame
from episodes.plan import Format
from rendering.backend import Keyframes
from rendering.backends import BackendRecipe, open_backend
from rendering.backends.diffusers.backend import DiffusersBackend
from rendering.backends.diffusers.loading import Pipelines, load_pipelines
from rendering.backends.diffusers.options import Setup, setup_of
from rendering.backends.diffusers.recipes import FrameRule, Level
from rendering.backends.diffusers.tiny import make_tiny
from rendering.backends.fitting import unfitted
from rendering.backends.opening import OpeningSource, opening_of
from rendering.renderer import Renderer
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import TINY, a_beat, a_job
from tests.clips import FakeControl, a_stored_clip

CPU = torch.device("cpu")
WIDE = Format(width=96, height=64, fps=24)
SHORT = a_beat(duration_s=0.5)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("these beats have no pictures")


class OneClip:
    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, key: str, sha256: str) -> Path:
        return self._path


Open = Callable[..., tuple[Setup, Pipelines]]


@pytest.fixture(scope="module")
def opened(tiny_videos: Path) -> Open:
    """A kind's setup, with options, and its pipelines, which are loaded once."""
    loaded: dict[str, Pipelines] = {}

    def open_(kind: str, **options: str) -> tuple[Setup, Pipelines]:
        recipe = BackendRecipe(name="diffusers", options={"recipe": str(make_tiny(kind, tiny_videos)), **options})
        setup = setup_of(recipe)
        if kind not in loaded:
            loaded[kind] = load_pipelines(setup, CPU)
        return setup, loaded[kind]

    return open_


def a_backend(opened: Open, kind: str, **options: str) -> DiffusersBackend:
    return DiffusersBackend(*opened(kind, **options), CPU)


def rendered(backend: DiffusersBackend, job: RenderJob, control: FakeControl | None = None) -> Keyframes:
    return Renderer(backend, NoPictures()).render(job, control or FakeControl())


def whole(setup: Setup, **fields: object) -> RenderJob:
    """A job that keeps every frame which the model makes, as the model makes it."""
    fps, most = setup.recipe.speed.native_fps, setup.recipe.frames.most
    job = a_job(a_beat(duration_s=max(0.5, most / fps)), film_format=Format(width=64, height=64, fps=fps))
    return job.model_copy(update={"input": job.input.model_copy(update=fields)})


def stock(pipeline: Any, setup: Setup, **arguments: Any) -> np.ndarray:
    """diffusers' own answer to such a job, as uint8."""
    recipe, speed = setup.recipe, setup.recipe.speed
    told = {speed.argument: speed.native_fps} if speed.argument else {}
    pipeline.set_progress_bar_config(disable=True)
    [frames] = pipeline(
        **recipe.call,
        **told,
        **arguments,
        num_frames=recipe.frames.most,
        width=64,
        height=64,
        generator=torch.Generator().manual_seed(7),
        output_type="np",
    ).frames
    return np.asarray(np.rint(frames * 255), np.uint8)


@pytest.mark.parametrize("kind", ["wan", "wan-5b", "ltx", "hunyuan-video"])
def test_a_prompt_becomes_what_the_stock_pipeline_makes_of_it(opened: Open, kind: str) -> None:
    setup, pipelines = opened(kind)
    job = whole(setup, negative_prompt="a blue coat")

    keys = rendered(DiffusersBackend(setup, pipelines, CPU), job)

    assert keys.recipe["pipeline"] == type(pipelines.text).__name__
    assert np.array_equal(
        keys.frames_THWC, stock(pipelines.text, setup, prompt=job.input.prompt, negative_prompt="a blue coat")
    )


@pytest.mark.parametrize("kind", ["wan-5b", "ltx", "svd"])
def test_an_opening_becomes_what_the_stock_pipeline_makes_of_it(opened: Open, kind: str) -> None:
    setup, pipelines = opened(kind, opening="animatic")
    job = whole(setup)

    keys = rendered(DiffusersBackend(setup, pipelines, CPU), job)

    opening = opening_of(job, NoPictures(), (OpeningSource.ANIMATIC,))
    assert opening is not None
    words = {} if kind == "svd" else {"prompt": job.input.prompt, "negative_prompt": ""}
    assert keys.recipe["opening"] == "animatic"
    assert np.array_equal(keys.frames_THWC, stock(pipelines.image, setup, image=Image.fromarray(opening.picture_HWC), **words))


def test_a_picture_of_another_shape_is_seen_whole_and_in_its_place(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, pipelines = opened("svd")
    seen: list[Image.Image] = []
    call = type(pipelines.image).__call__

    @wraps(call)
    def watched(self: Any, **arguments: Any) -> Any:
        seen.append(arguments["image"])
        return call(self, **arguments)

    monkeypatch.setattr(type(pipelines.image), "__call__", watched)
    job = a_job(SHORT, film_format=WIDE)
    rendered(DiffusersBackend(setup, pipelines, CPU), job)

    opening = opening_of(job, NoPictures(), (OpeningSource.ANIMATIC,))
    assert opening is not None
    assert np.array_equal(np.array(seen[0]), unfitted(opening.picture_HWC, *seen[0].size))


@pytest.mark.parametrize("duration_s", [0.5, 1.0, 30.0])
@pytest.mark.parametrize("fps", [1, 24, 60])
def test_beats_of_any_length_are_covered_from_their_first_frame_to_their_last(
    opened: Open, duration_s: float, fps: int
) -> None:
    job = a_job(a_beat(duration_s=duration_s), film_format=Format(width=64, height=64, fps=fps))

    keys = rendered(a_backend(opened, "ltx"), job)

    assert keys.num_frames == job.num_frames
    assert (keys.indices[0], keys.indices[-1]) == (0, job.num_frames - 1)


def test_a_beat_that_is_too_long_for_the_model_is_said_to_be_slowed_down(opened: Open) -> None:
    backend = a_backend(opened, "ltx")

    assert rendered(backend, a_job(SHORT)).recipe["speed"] == "the model's own"
    long = rendered(backend, a_job(a_beat(duration_s=17.0)))
    assert long.recipe["speed"] == "24.00 times slower than the model's own"
    assert len(long.indices) == 17


def test_seed_and_prompt_decide(opened: Open) -> None:
    backend, job = a_backend(opened, "ltx"), a_job(SHORT)

    def of(**fields: object) -> np.ndarray:
        return rendered(backend, job.model_copy(update={"input": job.input.model_copy(update=fields)})).frames_THWC

    assert (of(seed=8) != of()).any()
    assert (of(prompt="a blue fox") != of()).any()
    assert (of(prompt="") == of(prompt=job.input.beat.description)).all()


def test_a_model_that_nobody_trained_says_so(opened: Open) -> None:
    keys = rendered(a_backend(opened, "ltx"), a_job(SHORT))

    assert keys.burn_in is not None
    assert keys.burn_in.label == "RANDOM WEIGHTS"
    assert keys.recipe["weights"] == "random: nobody trained this model"
    assert json.loads(keys.recipe["call"])["num_inference_steps"] == 2


@pytest.mark.parametrize(
    ("kind", "memory"), [("ltx", "resident"), ("ltx", "offloaded"), ("svd", "resident"), ("hunyuan-video", "tiled")]
)
def test_a_beat_that_is_told_to_stop_stops_before_the_next_step(opened: Open, kind: str, memory: str) -> None:
    backend = a_backend(opened, kind, num_inference_steps="4", memory=memory)
    control = FakeControl(stop_at_share=0.4)

    with pytest.raises(RenderCancelled):
        rendered(backend, a_job(SHORT), control)

    assert control.shares == pytest.approx([0.225, 0.45])
    assert len(rendered(backend, a_job(SHORT)).indices) > 1


def crowd(monkeypatch: pytest.MonkeyPatch, vae: Any, has_room: Callable[[Any], bool]) -> None:
    decode = type(vae).decode

    @wraps(decode)
    def crowded(self: Any, *arguments: Any, **others: Any) -> Any:
        if not has_room(self):
            raise torch.OutOfMemoryError("injected")
        return decode(self, *arguments, **others)

    monkeypatch.setattr(type(vae), "decode", crowded)


@pytest.mark.parametrize("kind", ["wan", "ltx"])
def test_without_room_for_the_whole_model_less_of_it_is_on_the_device_and_the_frames_differ_by_rounding_at_most(
    opened: Open, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, job = a_backend(opened, kind, memory="resident"), a_job(SHORT)
    wanted = rendered(backend, job)
    crowd(monkeypatch, opened(kind)[1].all[0].vae, lambda vae: hasattr(vae, "_hf_hook"))

    keys = rendered(backend, job)

    assert "memory" not in wanted.recipe
    assert keys.recipe["memory"] == "No room for the whole model: now one part of the model at a time."
    assert np.abs(keys.frames_THWC.astype(int) - wanted.frames_THWC).max() <= 1, "weights that moved may lie differently"
    assert rendered(backend, job).recipe["memory"] == keys.recipe["memory"], "it is remembered"


def test_a_model_that_is_too_big_for_its_device_is_opened_a_part_at_a_time(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, pipelines = opened("ltx")
    move = type(pipelines.text).to

    def crowded(self: Any, *arguments: Any, **others: Any) -> Any:
        if arguments == (CPU,):  # the device; offloading says "cpu"
            raise torch.OutOfMemoryError("injected")
        return move(self, *arguments, **others)

    monkeypatch.setattr(type(pipelines.text), "to", crowded)
    keys = rendered(DiffusersBackend(setup, pipelines, CPU), a_job(SHORT))

    assert keys.recipe["memory"] == "No room for the whole model: now one part of the model at a time."


@pytest.mark.parametrize("kind", ["wan", "hunyuan-video"])
def test_where_even_that_is_too_much_the_vae_works_in_tiles(opened: Open, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = a_backend(opened, kind)
    crowd(monkeypatch, opened(kind)[1].all[0].vae, lambda vae: vae.use_tiling)

    keys = rendered(backend, a_job(SHORT))

    assert keys.recipe["memory"].endswith("now one part of the model, and a part of each picture, at a time.")
    assert keys.frames_THWC.std() > 1


def test_a_vae_that_has_no_tiles_decodes_a_frame_at_a_time(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, pipelines = opened("svd")
    backend, sizes = DiffusersBackend(setup, pipelines, CPU), list[int]()
    decode = type(pipelines.image.vae).decode

    def crowded(self: Any, latents: torch.Tensor, **others: Any) -> Any:
        sizes.append(len(latents))
        if len(latents) > 1:
            raise torch.OutOfMemoryError("injected")
        return decode(self, latents, **others)

    monkeypatch.setattr(type(pipelines.image.vae), "decode", crowded)
    keys = rendered(backend, a_job(SHORT))

    assert sizes == [3, 3, 1, 1, 1]
    assert keys.recipe["memory"].endswith("now one part of the model, and a part of each picture, at a time.")


def test_a_device_without_room_for_anything_is_a_matter_of_resources(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = a_backend(opened, "wan")
    crowd(monkeypatch, opened("wan")[1].all[0].vae, lambda vae: False)

    with pytest.raises(RenderFailed) as failed:
        rendered(backend, a_job(SHORT))

    assert failed.value.failure_class is FailureClass.RESOURCE


def test_two_pipelines_take_turns_with_the_parts_that_they_share(opened: Open, tmp_path: Path) -> None:
    clip = a_stored_clip(MemoryArtifacts(), "earlier.mp4", tmp_path, num_frames=2)
    setup, pipelines = opened("wan-5b", memory=Level.OFFLOADED)
    afresh = a_job(SHORT)
    going_on = afresh.model_copy(
        update={"input": afresh.input.model_copy(update={"start_frame": StartFrame(video_key=clip.key, sha256=clip.sha256)})}
    )

    def of(backend: DiffusersBackend, job: RenderJob) -> np.ndarray:
        return Renderer(backend, OneClip(tmp_path / "a-clip.mp4")).render(job, FakeControl()).frames_THWC

    resident = DiffusersBackend(opened("wan-5b", memory=Level.RESIDENT)[0], pipelines, CPU)
    wanted = [of(resident, job) for job in (afresh, going_on)]
    backend = DiffusersBackend(setup, pipelines, CPU)

    for job, frames in ((afresh, wanted[0]), (going_on, wanted[1]), (afresh, wanted[0])):
        assert np.array_equal(of(backend, job), frames)
    assert (wanted[1] != wanted[0]).any()


def test_frames_that_are_no_numbers_are_no_clip(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    setup, pipelines = opened("ltx")
    decode = type(pipelines.text.vae).decode

    def overflowing(self: Any, *arguments: Any, **others: Any) -> Any:
        return tuple(part * torch.nan for part in decode(self, *arguments, **others))

    monkeypatch.setattr(type(pipelines.text.vae), "decode", overflowing)
    with pytest.raises(RenderFailed, match="no numbers") as failed:
        rendered(DiffusersBackend(setup, pipelines, CPU), a_job(SHORT))

    assert failed.value.failure_class is FailureClass.OUTPUT


def test_a_rule_that_is_not_the_models_is_found_when_it_makes_another_number_of_frames(opened: Open) -> None:
    setup, pipelines = opened("ltx")
    any_number = setup.recipe.model_copy(update={"frames": FrameRule(base=0, step=1, least=1, most=10)})

    with pytest.raises(RenderFailed, match=r"The model made 9 frames, and not the 10 .* Say in its recipe") as failed:
        rendered(DiffusersBackend(replace(setup, recipe=any_number), pipelines, CPU), a_job(a_beat(duration_s=3.0)))

    assert failed.value.failure_class is FailureClass.CONTENT


def test_a_parked_backend_comes_back_and_makes_the_same_frames(opened: Open) -> None:
    backend, job = a_backend(opened, "wan-5b"), a_job(SHORT)
    before = rendered(backend, job).frames_THWC

    backend.park()
    backend.park()
    backend.unpark()

    assert np.array_equal(rendered(backend, job).frames_THWC, before)


def test_warming_up_goes_through_the_longest_clip_with_and_without_an_opening(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, pipelines = opened("wan-5b", warm="64x64")
    seen: list[tuple[str, tuple[int, ...]]] = []
    decode = type(pipelines.text.vae).decode

    def watched(self: Any, latents: torch.Tensor, **others: Any) -> Any:
        seen.append(("decoded", tuple(latents.shape)))
        return decode(self, latents, **others)

    monkeypatch.setattr(type(pipelines.text.vae), "decode", watched)
    DiffusersBackend(setup, pipelines, CPU).warm()

    assert seen == [("decoded", (1, 16, 3, 8, 8))] * 2


def test_a_gpu_that_is_not_there_is_said_in_a_sentence(tiny_videos: Path) -> None:
    options = {"recipe": str(make_tiny("ltx", tiny_videos)), "device": "cuda"}

    with pytest.raises(BadInput, match="This process sees no GPU"):
        open_backend(BackendRecipe(name="diffusers", options=options))


def test_svd_is_opened_by_its_name(tiny_videos: Path) -> None:
    backend = open_backend(BackendRecipe(name="svd", options={"recipe": str(make_tiny("svd", tiny_videos))}))

    keys = Renderer(backend, NoPictures()).render(a_job(SHORT, film_format=TINY), FakeControl())

    assert (keys.recipe["backend"], keys.recipe["opening"]) == ("svd", "animatic")
