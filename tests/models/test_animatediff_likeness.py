"""Reference pictures through an IP-Adapter, with a tiny one of the real classes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from episodes.errors import BadInput, FailureClass, RenderFailed
from episodes.plan import Beat, CastMember
from episodes.world import Picture, PictureKind
from rendering.backend import Keyframes
from rendering.backends import BackendRecipe
from rendering.backends.animatediff.backend import AnimateDiffBackend
from rendering.backends.animatediff.likeness import stock_pipeline
from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.tiny import TinyModel
from rendering.renderer import Renderer
from tests.builders import a_beat, a_character, a_job
from tests.clips import FakeControl

CPU = torch.device("cpu")


class Files:
    """A PictureSource over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, key: str, sha256: str) -> Path:
        if not (self._folder / key).exists():
            raise RenderFailed(f"Cannot get {key!r} from the store.", FailureClass.INFRA)
        return self._folder / key


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("album")
    chance = np.random.default_rng(0)
    for name in ("mika.png", "other.png"):
        Image.fromarray(chance.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / name)
    (folder / "spoilt.png").write_bytes(b"no picture")
    return folder


def a_recipe(tiny: TinyModel, **options: str) -> Recipe:
    given = {**tiny.options, "ip_adapter": str(tiny.ip_adapter), "tier": "draft", **options}
    return setup_of(BackendRecipe(name="animatediff", options=given)).recipe


@pytest.fixture(scope="module")
def recipe(tiny: TinyModel) -> Recipe:
    return a_recipe(tiny)


@pytest.fixture(scope="module")
def models(recipe: Recipe) -> Models:
    return load_models(recipe, CPU)


@pytest.fixture(scope="module")
def backend(recipe: Recipe, models: Models) -> AnimateDiffBackend:
    return AnimateDiffBackend(recipe, models)


def a_picture(key: str, kind: PictureKind = PictureKind.SHEET) -> Picture:
    return Picture(key=key, sha256=hashlib.sha256(key.encode()).hexdigest(), size_bytes=9, width=64, height=64, kind=kind)


def beat_with(*pictures: Picture) -> Beat:
    return a_beat(duration_s=0.5, cast=(CastMember(character=a_character(references=pictures)),))


def rendered(backend: AnimateDiffBackend, beat: Beat, album: Path) -> Keyframes:
    return Renderer(backend, Files(album)).render(a_job(beat), FakeControl())


def test_another_picture_makes_another_film_and_the_same_one_the_same(backend: AnimateDiffBackend, album: Path) -> None:
    mika, other, nobody = (
        rendered(backend, beat, album)
        for beat in (beat_with(a_picture("mika.png")), beat_with(a_picture("other.png")), beat_with())
    )

    assert (mika.frames_THWC != other.frames_THWC).any()
    assert (mika.frames_THWC != nobody.frames_THWC).any()
    assert (mika.frames_THWC == rendered(backend, beat_with(a_picture("mika.png")), album).frames_THWC).all()
    assert mika.recipe["likeness"] == "mika.png"
    assert nobody.recipe["likeness"] == "nobody here has a picture"


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_frames_are_those_of_the_stock_pipeline(tiny: TinyModel, models: Models, album: Path, guidance: float) -> None:
    recipe = replace(a_recipe(tiny), guidance=guidance)
    job = a_job(beat_with(a_picture("mika.png")))
    ours = Renderer(AnimateDiffBackend(recipe, models), Files(album)).render(job, FakeControl()).frames_THWC

    theirs = stock_pipeline(models)(
        prompt=job.input.prompt,
        negative_prompt="",
        num_frames=16,
        height=64,
        width=64,
        num_inference_steps=recipe.num_steps,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(job.input.seed),
        ip_adapter_image=Image.open(album / "mika.png"),
        output_type="np",
    ).frames[0]

    assert np.abs(ours - np.round(theirs[: len(ours)] * 255)).max() <= 1


@pytest.mark.parametrize(("key", "failure"), [("gone.png", FailureClass.INFRA), ("spoilt.png", FailureClass.CONTENT)])
def test_a_picture_that_cannot_be_had_is_not_left_out(
    backend: AnimateDiffBackend, album: Path, key: str, failure: FailureClass
) -> None:
    with pytest.raises(RenderFailed) as failed:
        rendered(backend, beat_with(a_picture(key)), album)

    assert failed.value.failure_class is failure


@pytest.mark.parametrize("option", ["{base}/unet/diffusion_pytorch_model.safetensors", "{folder}/gone.safetensors"])
def test_what_is_no_ip_adapter_is_one_sentence(tiny: TinyModel, option: str) -> None:
    path = option.format(base=tiny.base, folder=tiny.ip_adapter.parent)

    with pytest.raises(BadInput, match="The IP-Adapter of"):
        load_models(a_recipe(tiny, ip_adapter=path), CPU)
