"""Loading, with real from_pretrained calls on a tiny model that was written by real save_pretrained calls."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from episodes.errors import BadInput, Unavailable
from rendering.backends import BackendRecipe
from rendering.backends.animatediff.loading import load_models
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.options import setup_of
from rendering.backends.animatediff.recipes import Recipe
from rendering.backends.animatediff.tiny import TinyModel

CPU = torch.device("cpu")
UNET = "unet/diffusion_pytorch_model.safetensors"


def a_recipe(tiny: TinyModel, **options: str) -> Recipe:
    return setup_of(BackendRecipe(name="animatediff", options={**tiny.options, **options})).recipe


def own_copy(tiny: TinyModel, folder: Path) -> TinyModel:
    return TinyModel(folder=Path(shutil.copytree(tiny.folder, folder / "own")))


def same_weights(one: Models, other: Models) -> bool:
    return all(
        torch.equal(first, second)
        for part in ("unet", "vae", "text_encoder")
        for first, second in zip(
            getattr(one, part).state_dict().values(), getattr(other, part).state_dict().values(), strict=True
        )
    )


@pytest.mark.parametrize(
    ("tier", "decoder", "scheduler"),
    [
        ("draft", "AutoencoderTiny", "EulerDiscreteScheduler"),
        ("standard", "AutoencoderKL", "EulerDiscreteScheduler"),
        ("master", "AutoencoderKL", "DDIMScheduler"),
    ],
)
def test_a_tier_gets_its_decoder_and_its_scheduler(tiny: TinyModel, tier: str, decoder: str, scheduler: str) -> None:
    models = load_models(a_recipe(tiny, tier=tier), CPU)

    assert type(models.unet).__name__ == "UNetMotionModel"
    assert type(models.vae).__name__ == decoder
    assert type(models.scheduler).__name__ == scheduler
    assert models.scheduler.config.beta_schedule == "linear"
    assert models.native_side == 64
    assert models.are_random


def test_models_are_ready_to_compute_and_not_to_learn(tiny: TinyModel) -> None:
    models = load_models(a_recipe(tiny), CPU)

    for module in (models.unet, models.vae, models.text_encoder):
        assert not module.training
        assert not any(weights.requires_grad for weights in module.parameters())
        assert {weights.dtype for weights in module.parameters()} == {torch.float32}


def test_the_tokenizer_knows_clips_own_words(tiny: TinyModel) -> None:
    tokenizer = load_models(a_recipe(tiny), CPU).tokenizer

    assert tokenizer("a photo of a red fox").input_ids == [49406, 320, 1125, 539, 320, 736, 3240, 49407]


def test_a_motion_adapter_in_one_file_is_the_same_as_in_a_folder(tiny: TinyModel) -> None:
    whole = load_models(a_recipe(tiny), CPU)

    assert same_weights(whole, load_models(a_recipe(tiny, motion_adapter=str(tiny.lightning)), CPU))


def test_fused_weights_are_found_again_and_are_the_same(tiny: TinyModel, tmp_path: Path) -> None:
    recipe = a_recipe(tiny, tier="draft")
    built = load_models(recipe, CPU, tmp_path)
    [folder] = tmp_path.iterdir()
    assert (folder / "unet" / "config.json").read_text().count("UNetMotionModel") == 1

    assert same_weights(built, load_models(recipe, CPU, tmp_path))

    kept = load_file(folder / UNET)
    save_file(kept | {"conv_out.bias": kept["conv_out.bias"] + 1}, folder / UNET)
    read_again = load_models(recipe, CPU, tmp_path)
    assert torch.equal(read_again.unet.conv_out.bias, built.unet.conv_out.bias + 1), "the kept ones are not what was read"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert read_again.are_random


def test_half_of_a_fused_folder_is_not_trusted(tiny: TinyModel, tmp_path: Path) -> None:
    recipe = a_recipe(tiny)
    built = load_models(recipe, CPU, tmp_path)
    [folder] = tmp_path.iterdir()
    (folder / "origin.json").unlink()
    (folder / UNET).write_bytes(b"half of it")

    assert same_weights(built, load_models(recipe, CPU, tmp_path))
    assert same_weights(built, load_models(recipe, CPU, tmp_path))


def test_other_weights_in_the_same_folder_are_noticed(tiny: TinyModel, tmp_path: Path) -> None:
    own = own_copy(tiny, tmp_path)
    before = load_models(a_recipe(own), CPU, tmp_path / "kept")
    weights = load_file(own.base / UNET)
    save_file(weights | {"conv_out.bias": weights["conv_out.bias"] + 1}, own.base / UNET)

    after = load_models(a_recipe(own), CPU, tmp_path / "kept")

    assert torch.equal(after.unet.conv_out.bias, before.unet.conv_out.bias + 1)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_a_model_that_was_saved_with_its_motion_needs_no_adapter(tiny: TinyModel, tmp_path: Path) -> None:
    built = load_models(a_recipe(tiny), CPU, tmp_path)
    [folder] = tmp_path.iterdir()

    assert same_weights(built, load_models(a_recipe(tiny, model=str(folder), motion_adapter="/not/there"), CPU))


def test_a_lora_is_fused_with_its_scale(tiny: TinyModel, tmp_path: Path) -> None:
    name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    down, up = torch.randn(2, 32), torch.randn(32, 2)
    save_file({f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}, tmp_path / "style.safetensors")
    plain = load_models(a_recipe(tiny), CPU)

    styled = load_models(a_recipe(tiny, lora=f"{tmp_path}/style.safetensors:0.5"), CPU)

    expected = plain.unet.get_submodule(name).weight + 0.5 * up @ down
    assert torch.allclose(styled.unet.get_submodule(name).weight, expected, atol=1e-6)
    assert styled.unet.state_dict().keys() == plain.unet.state_dict().keys(), "nothing of the LoRA costs time in a step"


def test_only_safetensors_are_read(tiny: TinyModel, tmp_path: Path) -> None:
    own = own_copy(tiny, tmp_path)
    torch.save(load_file(own.base / UNET), own.base / "unet" / "diffusion_pytorch_model.bin")
    (own.base / UNET).unlink()

    with pytest.raises(BadInput, match="safetensors"):
        load_models(a_recipe(own), CPU)


def test_a_motion_adapter_that_is_a_pickle_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    torch.save(load_file(tiny.lightning), tmp_path / "motion.ckpt")

    with pytest.raises(BadInput, match="cannot be loaded"):
        load_models(a_recipe(tiny, motion_adapter=f"{tmp_path}/motion.ckpt"), CPU)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model": "/nowhere"}, "There is no folder '/nowhere' to load the UNet from."),
        ({"model": "{motion}"}, "is no SD 1.5 model: its UNet is a MotionAdapter."),
        ({"motion_adapter": "{base}"}, "The MotionAdapter of"),
        ({"motion_adapter": "{tiny_vae}"}, "The MotionAdapter of"),
        ({"motion_adapter": "{base}/" + UNET}, "holds no motion modules for this UNet"),
        ({"motion_adapter": "{motion}/gone.safetensors"}, "There is no file"),
        ({"tier": "draft", "tiny_vae": "{motion}"}, "for a AutoencoderTiny"),
        ({"lora": "{motion}/gone.safetensors"}, "The LoRA of"),
    ],
)
def test_what_is_missing_or_of_another_kind_is_one_sentence(tiny: TinyModel, options: dict[str, str], said: str) -> None:
    paths = {"base": tiny.base, "motion": tiny.motion, "tiny_vae": tiny.tiny_vae}
    filled = {name: text.format(**paths) for name, text in options.items()}

    with pytest.raises(BadInput) as refused:
        load_models(a_recipe(tiny, **filled), CPU)

    assert said in refused.value.message
    assert "\n" not in str(refused.value)
    assert "safetensors" in refused.value.hint


@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks`:UserWarning")  # diffusers still says it to the hub's client
def test_a_hub_that_cannot_be_reached_is_said_and_is_nobodys_mistake(tiny: TinyModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    with pytest.raises(Unavailable, match="The hub cannot be reached for 'owner/name'"):
        load_models(a_recipe(tiny, model="owner/name"), CPU)
