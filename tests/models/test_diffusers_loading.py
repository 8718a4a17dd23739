"""Loading diffusers' pipelines as recipes name them, with real from_pretrained calls on tiny models that were written by real save_pretrained calls."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from episodes.errors import BadInput
from rendering.backends import BackendRecipe
from rendering.backends.diffusers.loading import Pipelines, load_pipelines
from rendering.backends.diffusers.options import setup_of
from rendering.backends.diffusers.tiny import make_tiny

CPU = torch.device("cpu")
EULER = {"class_name": "FlowMatchEulerDiscreteScheduler"}


def loaded(recipe: Path, **options: str) -> Pipelines:
    return load_pipelines(setup_of(BackendRecipe(name="diffusers", options={"recipe": str(recipe), **options})), CPU)


def own_copy(recipe: Path, folder: Path) -> str:
    return str(shutil.copytree(recipe.with_suffix(""), folder / "own"))


def changed(recipe: Path, folder: Path, **fields: Any) -> Path:
    """The recipe, with other fields."""
    other = folder / "other.json"
    other.write_text(json.dumps({**json.loads(recipe.read_text()), **fields}))
    return other


@pytest.fixture
def ltx(tiny_videos: Path) -> Path:
    return make_tiny("ltx", tiny_videos)


@pytest.fixture
def wan(tiny_videos: Path) -> Path:
    return make_tiny("wan", tiny_videos)


def test_pipelines_for_text_and_for_pictures_share_all_their_parts(tiny_videos: Path) -> None:
    pipelines = loaded(make_tiny("wan-5b", tiny_videos))

    assert [type(pipeline).__name__ for pipeline in pipelines.all] == ["WanPipeline", "WanImageToVideoPipeline"]
    assert pipelines.text.transformer is pipelines.image.transformer
    assert pipelines.text.vae is pipelines.image.vae
    assert pipelines.image.config.expand_timesteps
    assert pipelines.are_random


def test_one_pipeline_may_do_both(ltx: Path) -> None:
    pipelines = loaded(ltx)

    assert pipelines.text is pipelines.image
    assert len(pipelines.all) == 1


def test_models_are_ready_to_compute_and_not_to_learn(wan: Path) -> None:
    for module in loaded(wan).modules.values():
        assert not module.training
        assert not any(weights.requires_grad for weights in module.parameters())
        assert {weights.dtype for weights in module.parameters()} == {torch.float32}


def test_parts_have_the_types_that_the_recipe_gives_them_on_a_gpu(wan: Path) -> None:
    setup = setup_of(BackendRecipe(name="diffusers", options={"recipe": str(wan)}))

    modules = load_pipelines(setup, torch.device("cuda")).modules

    assert {name: module.dtype for name, module in modules.items()} == {
        "text_encoder": torch.bfloat16,
        "transformer": torch.bfloat16,
        "vae": torch.float32,
    }


def test_the_scheduler_is_the_recipes(wan: Path, tmp_path: Path) -> None:
    scheduler = loaded(changed(wan, tmp_path, scheduler={**EULER, "options": {"shift": 4.0}})).text.scheduler

    assert type(scheduler).__name__ == "FlowMatchEulerDiscreteScheduler"
    assert scheduler.config.shift == 4.0


def test_a_lora_is_fused_into_the_weights_with_its_scale(wan: Path, tmp_path: Path) -> None:
    before = loaded(wan).text.transformer.blocks[0].attn1.to_q.weight
    rows, columns = before.shape
    lora = {"lora_A": torch.ones(1, columns), "lora_B": torch.ones(rows, 1)}
    save_file(
        {f"transformer.blocks.0.attn1.to_q.{name}.weight": value for name, value in lora.items()}, tmp_path / "lora.safetensors"
    )

    after = loaded(wan, lora=f"{tmp_path / 'lora.safetensors'}:0.5").text.transformer.blocks[0].attn1.to_q.weight

    assert torch.allclose(after, before + 0.5)


def test_a_lora_for_a_pipeline_that_takes_none_is_one_sentence(tiny_videos: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"LoRA .* StableVideoDiffusionPipeline takes none"):
        loaded(make_tiny("svd", tiny_videos), lora=f"{tmp_path / 'lora.safetensors'}:0.5")


def test_weights_that_are_no_safetensors_are_not_read(ltx: Path, tmp_path: Path) -> None:
    own = own_copy(ltx, tmp_path)
    weights = Path(own, "transformer", "diffusion_pytorch_model.safetensors")
    torch.save(load_file(weights), weights.with_suffix(".bin"))
    weights.unlink()

    with pytest.raises(BadInput, match=r"The pipeline of .* cannot be loaded"):
        loaded(ltx, model=own)


def test_a_model_without_some_of_its_weights_is_not_opened(ltx: Path, tmp_path: Path) -> None:
    own = own_copy(ltx, tmp_path)
    weights = Path(own, "transformer", "diffusion_pytorch_model.safetensors")
    some = load_file(weights)
    del some["proj_in.weight"]
    save_file(some, weights, {"format": "pt"})

    with pytest.raises(BadInput, match=r"transformer has no weights for proj_in\.weight"):
        loaded(ltx, model=own)


def test_a_folder_that_is_not_there_is_named(ltx: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no folder"):
        loaded(ltx, model=str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text_pipeline": "WarpPipeline"}, "diffusers has no pipeline 'WarpPipeline'"),
        ({"text_pipeline": "UNet2DModel"}, "diffusers has no pipeline 'UNet2DModel'"),
        ({"text_pipeline": "StableVideoDiffusionPipeline"}, "StableVideoDiffusionPipeline has no argument 'guidance_scale'"),
        ({"call": {"num_inference_steps": 2, "warp": 9}}, "WanPipeline has no argument 'warp'"),
        (
            {"call": {"num_inference_steps": 2, "guidance_scale": "three"}},
            "cannot take 'three' as its guidance_scale. It takes float",
        ),
        ({"call_when_short": {"num_inference_steps": True}}, "WanPipeline cannot take True as its num_inference_steps"),
        ({"scheduler": {"class_name": "WarpScheduler"}}, "diffusers has no scheduler 'WarpScheduler'"),
        ({"scheduler": {"class_name": "AutoencoderKL"}}, "diffusers has no scheduler 'AutoencoderKL'"),
        ({"scheduler": {"class_name": "WanPipeline"}}, "diffusers has no scheduler 'WanPipeline'"),
        ({"scheduler": {**EULER, "options": {"shfit": 3.0}}}, "FlowMatchEulerDiscreteScheduler has no argument 'shfit'"),
        ({"scheduler": {**EULER, "options": {"shift": "three"}}}, "cannot take 'three' as its shift. It takes float"),
        ({"scheduler": {**EULER, "options": {"time_shift_type": "warp"}}}, "The scheduler of"),
        ({"compile": ["warp_core"]}, "it has no part 'warp_core'"),
        ({"compile": ["vae"]}, "its part 'vae' has no blocks that repeat"),
        ({"compile": ["transformer", "text_encoder"]}, "its part 'text_encoder' has no blocks that repeat"),
        ({"text_pipeline": "LTXPipeline", "call": {"num_inference_steps": 2}}, "cannot be loaded"),
    ],
)
def test_a_recipe_that_does_not_fit_its_model_is_one_sentence(
    wan: Path, tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        loaded(changed(wan, tmp_path, **fields))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
