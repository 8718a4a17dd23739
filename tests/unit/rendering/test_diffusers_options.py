from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from episodes.errors import BadInput
from rendering.backends import BackendRecipe, check_backend
from rendering.backends.diffusers.options import Setup, setup_of
from rendering.backends.diffusers.recipes import Level, Recipe, built_in, names
from rendering.backends.opening import OpeningSource
from rendering.backends.weights import Lora, Weights


def a_setup(name: str = "diffusers", home: Path | None = None, **options: str) -> Setup:
    return setup_of(BackendRecipe(name=name, options=options, home=home))


def a_file(folder: Path, **fields: Any) -> str:
    """A recipe of one's own: that of LTX, with other fields."""
    path = folder / "mine.json"
    path.write_text(json.dumps({**built_in("ltx").model_dump(mode="json"), **fields}))
    return path.name


@pytest.mark.parametrize("name", names())
def test_every_built_in_recipe_is_whole_and_says_its_licence(name: str) -> None:
    recipe = built_in(name)

    assert recipe.name == name
    assert recipe.licence
    assert recipe.about
    assert a_setup(recipe=name).weights.repository == recipe.model


def test_svd_needs_no_option_and_begins_with_whatever_picture_there_is() -> None:
    setup = a_setup("svd")

    assert setup.recipe == built_in("svd")
    assert setup.recipe.opening == tuple(OpeningSource)
    assert setup.weights == Weights(
        repository="stabilityai/stable-video-diffusion-img2vid-xt", variant="fp16", licence="Stability AI Community"
    )


def test_other_weights_have_no_variant_and_a_licence_of_their_own() -> None:
    assert a_setup("svd", model="owner/name@main").weights == Weights(repository="owner/name", revision="main")


def test_what_a_recipe_calls_its_pipeline_with_may_be_given_as_an_option() -> None:
    svd = a_setup("svd", num_inference_steps="12", motion_bucket_id="180", noise_aug_strength="0.1").recipe
    ltx = a_setup(recipe="ltx", guidance_scale="4").recipe

    assert (svd.num_steps, svd.call["motion_bucket_id"], svd.call["noise_aug_strength"]) == (12, 180, 0.1)
    assert svd.call["max_guidance_scale"] == 3.0
    assert ltx.call["guidance_scale"] == 4.0


def test_where_and_how_it_is_opened_is_said_by_options() -> None:
    setup = a_setup(
        recipe="ltx",
        opening="picture, animatic",
        memory="tiled",
        compile="true",
        device="cuda",
        warm="64x64",
        lora="a/b/c.safetensors:0.5",
    )

    assert setup.recipe.opening == (OpeningSource.PICTURE, OpeningSource.ANIMATIC)
    assert setup.recipe.memory is Level.TILED
    assert (setup.compiles, setup.device, setup.warm_sizes) == (True, "cuda", ((64, 64),))
    assert setup.loras == (Lora(weights=Weights(repository="a/b", file="c.safetensors"), scale=0.5),)


def test_a_recipe_of_ones_own_is_a_file_under_the_home(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    mine = a_file(tmp_path, name="mine", model="weights", loras=["a/b/c.safetensors:0.5"])

    setup = a_setup(home=tmp_path, recipe=mine)

    assert setup.recipe.name == "mine"
    assert setup.weights.repository == str(tmp_path / "weights")
    assert setup.loras[0].scale == 0.5


def test_a_setup_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(a_setup("svd"))) == a_setup("svd")


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({}, "options.recipe", "wan: Wan 2.1 T2V 1.3B: text to video"),
        ({"recipe": "warp"}, "options.recipe", "hunyuan-video, ltx, svd, wan, wan-5b"),
        ({"recipe": "gone.json"}, "options.recipe", "No such file"),
        ({"recipe": "ltx", "motion_bucket_id": "9"}, "options.motion_bucket_id", "decode_timestep: like 0.05"),
        ({"recipe": "ltx", "num_inference_steps": "many"}, "options.num_inference_steps", "a number like 40"),
        ({"recipe": "ltx", "num_inference_steps": "0"}, "options", "at least 1"),
        ({"recipe": "ltx", "opening": "dream"}, "options.opening", "previous, picture, animatic"),
        ({"recipe": "wan", "opening": "animatic"}, "options", "is for an `image_pipeline`"),
        ({"recipe": "svd", "opening": "previous"}, "options", "`animatic` as the last"),
        ({"recipe": "ltx", "memory": "endless"}, "options.memory", "resident, offloaded, tiled"),
        ({"recipe": "ltx", "model": "just-a-word"}, "options.model", "owner/name"),
        ({"recipe": "ltx", "lora": "owner/name:inf"}, "options.lora", "owner/name:0.8"),
        ({"recipe": "ltx", "guidance_scale": "nan"}, "options", "call.guidance_scale"),
        ({"recipe": "ltx", "device": "tpu"}, "options.device", "cuda"),
        ({"recipe": "ltx", "compile": "maybe"}, "options.compile", "true or false"),
    ],
)
def test_a_wrong_option_is_one_clear_sentence(options: dict[str, str], where: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_backend(BackendRecipe(name="diffusers", options=options))

    assert refused.value.where == where
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"frames": {"base": 1, "step": 8, "least": 9, "most": 100}}, "frames: `most` is 100, which is not 1 + k * 8"),
        ({"frames": {"base": 1, "step": 8, "least": 17, "most": 9}}, "frames: `least` is 17, which is more than `most`"),
        ({"text_pipeline": None, "image_pipeline": None}, "neither a `text_pipeline` nor an `image_pipeline`"),
        (
            {"size": {"multiple": 8, "least_pixels": 9000, "most_pixels": 8000}},
            "size: `least_pixels` is 9000, which is more than",
        ),
        ({"call": {"guidance_scale": 3}}, "`call` needs `num_inference_steps`"),
        ({"call": {"num_inference_steps": True}}, "`call` needs `num_inference_steps`"),
        ({"speed": {"native_fps": 0}}, "speed.native_fps"),
        ({"steps": 40}, "steps: Extra inputs are not permitted"),
        ({"dtype": "int4"}, "dtype"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_place_that_is_wrong(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=r"mine\.json") as refused:
        a_setup(home=tmp_path, recipe=a_file(tmp_path, **fields))

    assert said in str(refused.value)
    assert refused.value.where == "options.recipe"


@pytest.mark.parametrize("place", ["call", "call_when_short"])
@pytest.mark.parametrize(
    "argument",
    [
        "prompt",
        "negative_prompt",
        "image",
        "width",
        "height",
        "num_frames",
        "frame_rate",
        "generator",
        "output_type",
        "return_dict",
    ],
)
def test_what_each_beat_gives_to_the_pipeline_is_not_the_recipes_to_say(tmp_path: Path, place: str, argument: str) -> None:
    mine = a_file(tmp_path, **{place: {"num_inference_steps": 2, argument: 64}})

    with pytest.raises(BadInput, match=f"`{place}` has `{argument}`"):
        a_setup(home=tmp_path, recipe=mine)


def test_a_recipe_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("a red fox")

    with pytest.raises(BadInput, match="Invalid JSON"):
        a_setup(home=tmp_path, recipe="mine.json")


def test_a_recipe_that_is_written_out_reads_the_same() -> None:
    for name in names():
        assert Recipe.model_validate_json(built_in(name).model_dump_json()) == built_in(name)
