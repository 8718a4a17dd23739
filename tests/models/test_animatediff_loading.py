"""Loading, with real from_pretrained calls on a tiny model that was written by real save_pretrained calls."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from episodes.errors import BadInput, Unavailable
from rendering.backends import BackendRecipe
from rendering.backends.animatediff.keeping import fused_name, load_kept
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
    save_file(kept | {"conv_out.bias": kept["conv_out.bias"] * 2}, folder / UNET, {"format": "pt"})
    read_again = load_models(recipe, CPU, tmp_path)
    assert torch.equal(read_again.unet.conv_out.bias, built.unet.conv_out.bias * 2), "the kept ones are not what was read"
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


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        (UNET, lambda size: b""),
        (UNET, lambda size: bytes(size)),
        ("vae/config.json", lambda size: b"{}"),
        ("scheduler/scheduler_config.json", lambda size: None),
        ("tokenizer/tokenizer.json", lambda size: None),
        ("RANDOM_WEIGHTS.txt", lambda size: None),
        ("origin.json", lambda size: b"{}"),
    ],
)
def test_fused_weights_that_are_damaged_are_built_anew(
    tiny: TinyModel, tmp_path: Path, file: str, damage: Callable[[int], bytes | None], caplog: pytest.LogCaptureFixture
) -> None:
    recipe = a_recipe(tiny)
    built = load_models(recipe, CPU, tmp_path)
    [folder] = tmp_path.iterdir()
    left = damage((folder / file).stat().st_size)
    (folder / file).unlink() if left is None else (folder / file).write_bytes(left)

    healed = load_models(recipe, CPU, tmp_path)

    assert same_weights(built, healed)
    assert healed.are_random
    assert [record.message for record in caplog.records] == ["animatediff.kept_is_damaged"]
    assert torch.get_default_dtype() == torch.float32
    assert load_kept(folder, torch.float16) is not None, "the next start finds another copy"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_fused_weights_lie_on_the_disk_before_they_count_as_whole(
    tiny: TinyModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()

    def noted(handle: int) -> None:
        file = Path(f"/proc/self/fd/{handle}").readlink()
        assert not list(tmp_path.rglob("origin.json"))
        synced.add(file.name)

    monkeypatch.setattr(os, "fsync", noted)
    load_models(a_recipe(tiny), CPU, tmp_path)

    [folder] = tmp_path.iterdir()
    assert {path.name for path in folder.rglob("*")} - synced == {"origin.json"}


def test_a_full_disk_keeps_nothing_and_stops_nobody(tiny: TinyModel, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, usual[1]))
    try:
        models = load_models(a_recipe(tiny), CPU, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert models.are_random
    assert [record.message for record in caplog.records] == ["animatediff.not_kept"]
    assert list(tmp_path.iterdir()) == []


def test_other_weights_in_the_same_folder_are_noticed(tiny: TinyModel, tmp_path: Path) -> None:
    own = own_copy(tiny, tmp_path)
    before = load_models(a_recipe(own), CPU, tmp_path / "kept")
    weights = load_file(own.base / UNET)
    save_file(weights | {"conv_out.bias": weights["conv_out.bias"] * 2}, own.base / UNET)

    after = load_models(a_recipe(own), CPU, tmp_path / "kept")

    assert torch.equal(after.unet.conv_out.bias, before.unet.conv_out.bias * 2)
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_another_configuration_in_the_same_folder_is_noticed(tiny: TinyModel, tmp_path: Path) -> None:
    own = own_copy(tiny, tmp_path)
    load_models(a_recipe(own), CPU, tmp_path / "kept")
    config = own.base / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prediction_type": "v_prediction"}))

    assert load_models(a_recipe(own), CPU, tmp_path / "kept").scheduler.config.prediction_type == "v_prediction"


def test_what_a_machine_without_a_gpu_keeps_is_what_a_gpu_looks_for(tiny: TinyModel, tmp_path: Path) -> None:
    recipe = a_recipe(tiny)

    assert load_models(recipe, CPU, tmp_path).dtype == torch.float32

    [folder] = tmp_path.iterdir()
    assert folder.name == fused_name(recipe, torch.float16)
    assert {weights.dtype for weights in load_file(folder / UNET).values()} == {torch.float16}


def test_a_model_that_was_saved_with_its_motion_needs_no_adapter(tiny: TinyModel, tmp_path: Path) -> None:
    built = load_models(a_recipe(tiny), CPU, tmp_path)
    [folder] = tmp_path.iterdir()

    assert same_weights(built, load_models(a_recipe(tiny, model=str(folder), motion_adapter="/not/there"), CPU))


def test_a_lora_is_fused_with_its_scale(tiny: TinyModel, tmp_path: Path) -> None:
    name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    down, up = torch.randn(2, 32), torch.randn(32, 2)
    save_file({f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}, tmp_path / "style.safetensors")
    plain = load_models(replace(a_recipe(tiny), dtype="float32"), CPU)

    styled = load_models(replace(a_recipe(tiny, lora=f"{tmp_path}/style.safetensors:0.5"), dtype="float32"), CPU)

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


def test_a_tokenizer_without_its_words_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    own = own_copy(tiny, tmp_path)
    (own.base / "tokenizer" / "tokenizer.json").unlink()

    with pytest.raises(BadInput, match=r"The tokenizer of .* cannot be loaded: it knows 2 words, and the text encoder 49408"):
        load_models(a_recipe(own), CPU)


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
