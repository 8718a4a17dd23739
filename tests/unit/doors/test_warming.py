from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import storyworld
from commands.warming import opened_by
from episodes.errors import BadInput
from settings import Settings, load_settings

FLEET = {
    "drawn": {"backend": "animatic"},
    "broken": {"backend": "animatic", "options": {"colour": "red"}},
    "stub": {},
    "quick": {"backend": "animatediff", "options": {"tier": "draft", "lora": "owner/name"}},
    "wan": {"backend": "diffusers", "options": {"recipe": "wan-5b", "memory": "tiled"}},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):  # which warming sets
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def with_fleet(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> Settings:
    monkeypatch.setenv("STORYWORLD_FLEET", json.dumps({kind: FLEET[kind] for kind in kinds or FLEET}))
    return load_settings()


def said_by(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(storyworld.cli, ["warm", *words])
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.slow
def test_of_a_fleet_all_kinds_are_tried_and_those_that_failed_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_fleet(monkeypatch, "drawn", "broken", "stub")

    code, said = said_by()

    assert code == 1
    assert "drawn is warm" in said
    assert "broken is not warm: The animatic backend has no option 'colour'. It takes none." in said
    assert "stub is warm" in said
    assert said.endswith("Not warm: broken.")


@pytest.mark.slow
def test_a_fleet_that_is_all_warm_ends_well(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_fleet(monkeypatch, "drawn", "stub")

    assert said_by()[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("diffusers/warp", "There is no recipe 'warp'. There are hunyuan-video, ltx, svd, wan, wan-5b"),
        ("animatediff/premium", "Its tiers are: draft, standard, master."),
        ("drawn/red", "animatic has neither tiers nor recipes: there is no 'drawn/red'. Say drawn."),
        ("ltx", "There is no kind or backend 'ltx'. There are drawn, "),
    ],
)
def test_what_is_mistyped_is_told_with_the_names_that_there_are(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    with_fleet(monkeypatch, "drawn")

    code, output = said_by(name)

    assert code == 1
    assert said in output


@pytest.mark.parametrize(
    ("name", "backend", "options"),
    [
        ("animatediff", "animatediff", {}),
        ("animatediff/master", "animatediff", {"tier": "master"}),
        ("diffusers/wan", "diffusers", {"recipe": "wan"}),
        ("diffusers/recipes/mine.json", "diffusers", {"recipe": "recipes/mine.json"}),
        ("svd/mine.json", "svd", {"recipe": "mine.json"}),
        ("wan", "diffusers", {"recipe": "wan-5b", "memory": "tiled"}),
        ("wan/ltx", "diffusers", {"recipe": "ltx", "memory": "tiled"}),
        ("quick/master", "animatediff", {"tier": "master", "lora": "owner/name"}),
    ],
)
def test_a_kind_or_a_backend_may_be_named_with_a_tier_or_a_recipe(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, backend: str, options: dict[str, str]
) -> None:
    assert opened_by(name, with_fleet(monkeypatch)) == (backend, options)


def test_neither_a_kind_nor_a_backend_is_one_clear_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        BadInput, match=r"There is no kind or backend 'warp'\. There are .*svd.*animatediff/draft or diffusers/wan"
    ):
        opened_by("warp", with_fleet(monkeypatch, "drawn"))
