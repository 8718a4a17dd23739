from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from episodes.errors import BadInput
from rendering.backends import BackendRecipe, check_backend
from rendering.backends.animatediff.options import Setup, setup_of
from rendering.backends.animatediff.recipes import RECIPES, Tier
from rendering.backends.opening import OpeningSource
from rendering.backends.weights import Lora, Weights


def a_setup(home: Path | None = None, **options: str) -> Setup:
    return setup_of(BackendRecipe(name="animatediff", options=options, home=home))


def test_without_options_it_is_the_standard_tier() -> None:
    setup = a_setup()

    assert setup.recipe == RECIPES[Tier.STANDARD]
    assert setup.device is None
    assert setup.kept is None


def test_tiers_differ_in_steps_decoder_and_guidance() -> None:
    draft, standard, master = (RECIPES[tier] for tier in Tier)

    assert (draft.num_steps, standard.num_steps, master.num_steps) == (4, 4, 25)
    assert [recipe.tiny_vae is not None for recipe in (draft, standard, master)] == [True, False, False]
    assert [recipe.has_guidance for recipe in (draft, standard, master)] == [False, False, True]
    assert all(recipe.licences for recipe in RECIPES.values())


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"tier": "premium"}, "options.tier", "draft, standard, master"),
        ({"modell": "x/y"}, "options.modell", "tier: draft"),
        ({"model": "just-a-word"}, "options.model", "owner/name"),
        ({"model": "owner//name"}, "options.model", "owner/name"),
        ({"device": "tpu"}, "options.device", "cuda"),
        ({"device": "cuda:1"}, "options.device", "CUDA_VISIBLE_DEVICES"),
        ({"compile": "maybe"}, "options.compile", "true or false"),
        ({"lora": "owner/name:strong"}, "options.lora", "0.8"),
        ({"lora": "owner/name:nan"}, "options.lora", "0.8"),
        ({"lora": "owner/name:0.5,owner/other:1e999"}, "options.lora", "0.8"),
        ({"sparse_control": "owner/name:-inf"}, "options.sparse_control", "0.8"),
        ({"sparse_control": "owner/name:strong"}, "options.sparse_control", "0.8"),
        ({"sparse_control": "a/b", "opening": "poem"}, "options.opening", "previous, picture, animatic"),
        ({"opening": "animatic"}, "options.opening", "sparse_control"),
        ({"warm": "big"}, "options.warm", "512x512"),
        ({"warm": "32x32"}, "options.warm", "64 to 3840"),
    ],
)
def test_a_wrong_option_is_one_clear_sentence(options: dict[str, str], where: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_backend(BackendRecipe(name="animatediff", options=options))

    assert refused.value.where == where
    assert said in str(refused.value)


def test_a_model_is_a_hub_id_with_or_without_revision() -> None:
    assert a_setup(model="owner/name").recipe.base == Weights(repository="owner/name")
    assert a_setup(model="owner/name@abc").recipe.base == Weights(repository="owner/name", revision="abc")


def test_a_motion_adapter_may_be_one_file_of_a_repository() -> None:
    motion = a_setup(motion_adapter="owner/name/deep/motion.safetensors@v2").recipe.motion

    assert motion == Weights(repository="owner/name", file="deep/motion.safetensors", revision="v2")


def test_relative_folders_hang_on_the_home(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()

    setup = a_setup(home=tmp_path, model="mine")

    assert setup.recipe.base.repository == str(tmp_path / "mine")
    assert setup.kept == tmp_path / "models" / "animatediff"


def test_what_looks_like_a_path_is_never_asked_of_the_hub(tmp_path: Path) -> None:
    assert a_setup(home=tmp_path, model="./not/there").recipe.base.repository == str(tmp_path / "not" / "there")
    assert a_setup(motion_adapter="/not/there.safetensors").recipe.motion == Weights(
        repository="/not", file="there.safetensors"
    )


def test_loras_come_with_their_scales() -> None:
    setup = a_setup(lora="a/b/c.safetensors:0.8, d/e")

    assert setup.recipe.loras == (
        Lora(weights=Weights(repository="a/b", file="c.safetensors"), scale=0.8),
        Lora(weights=Weights(repository="d/e"), scale=1.0),
    )


def test_beats_may_begin_with_a_picture_that_counts_so_much() -> None:
    usual, chosen = a_setup(sparse_control="a/b").recipe, a_setup(sparse_control="a/b:0.5", opening="previous, animatic").recipe

    assert (usual.sparse_control, usual.sparse_control_scale) == (Weights(repository="a/b"), 1.0)
    assert usual.openings == (OpeningSource.PREVIOUS,)
    assert chosen.sparse_control_scale == 0.5
    assert chosen.openings == (OpeningSource.PREVIOUS, OpeningSource.ANIMATIC)


def test_not_to_compile_can_be_said() -> None:
    assert a_setup().recipe.compile.unet
    assert not a_setup(compile="false").recipe.compile.unet


def test_a_setup_travels_between_processes() -> None:
    setup = a_setup(tier="master", warm="512x512,1280x720")

    assert pickle.loads(pickle.dumps(setup)) == setup
    assert setup.warm_sizes == ((512, 512), (1280, 720))
