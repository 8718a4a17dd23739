"""What is found out before any actor is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from actors import parts
from actors.parts import check_settings, code_version, open_eyes, open_planner, open_purse, plan_fleet
from episodes.errors import BadInput
from episodes.money import Tariff
from episodes.plan import CameraMove
from planning import models
from planning.fountain.planner import ScreenplayPlanner
from planning.succession import PlannerSuccession
from settings import RendererSettings, Settings
from storage.artifacts.memory import MemoryArtifacts


def settings_with(home: Path, backend: str, **options: str) -> Settings:
    return Settings(_env_file=None, storyworld_home=home, storyworld_fleet={backend: RendererSettings(options=options)})


@pytest.mark.parametrize(
    ("backend", "options", "said"),
    [
        ("oil-paint", {}, "STORYWORLD_FLEET names the backend 'oil-paint', which does not exist. Known are: animatediff, "),
        ("animatediff", {"tier": "best"}, "STORYWORLD_FLEET: AnimateDiff has no tier 'best'. Its tiers are: draft, "),
        ("animatic", {"brush": "wide"}, "STORYWORLD_FLEET: The animatic backend has no option 'brush'."),
        ("diffusers", {}, "STORYWORLD_FLEET: The backend 'diffusers' has no recipe. Give the option recipe, "),
        ("svd", {"guidance": "9"}, "STORYWORLD_FLEET: The recipe 'svd' has no option 'guidance'."),
    ],
)
def test_a_wrong_fleet_is_one_sentence_at_the_start(tmp_path: Path, backend: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_settings(settings_with(tmp_path, backend, **options))

    assert str(refused.value).startswith(said)
    assert refused.value.where == "STORYWORLD_FLEET"
    assert list(tmp_path.iterdir()) == [], "nothing was opened"


@pytest.mark.slow
def test_a_kind_opens_the_backend_that_it_names(tmp_path: Path) -> None:
    fleet = {"master": RendererSettings(backend="animatediff", options={"tier": "master"}), "animatic": RendererSettings()}
    settings = Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet)

    check_settings(settings)
    [master, animatic] = plan_fleet(settings).all_renderers()

    assert (master.name, master.kind, master.backend) == ("renderer:master:0", "master", "animatediff")
    assert (animatic.name, animatic.kind, animatic.backend) == ("renderer:animatic:0", "animatic", "animatic")


@pytest.mark.slow
def test_the_order_in_which_kinds_are_set_is_kept(tmp_path: Path) -> None:
    fleet = {kind: RendererSettings(backend="animatic") for kind in ("second-hand", "first-rate", "animatic")}

    plan = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))

    assert [kind.name for kind in plan.all_kinds()] == ["second-hand", "first-rate", "animatic"]


@pytest.mark.slow
def test_a_backend_that_is_paid_for_makes_a_kind_that_costs(tmp_path: Path) -> None:
    dear = {"base_url": "https://videos.example/v1"}
    fleet = {"dear": RendererSettings(backend="openai-video", options=dear), "animatic": RendererSettings()}

    plan = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))

    assert [kind.costs_per_clip for kind in plan.all_kinds()] == [True, False]


@pytest.mark.slow
def test_a_kind_knows_the_camera_moves_of_its_backend_with_its_options(tmp_path: Path) -> None:
    fleet = {
        "still": RendererSettings(backend="diffusers", options={"recipe": "svd"}),
        "free": RendererSettings(backend="diffusers", options={"recipe": "ltx"}),
        "cloud": RendererSettings(backend="of-another-make", queue=True),
    }

    plan = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))

    assert [kind.camera_moves for kind in plan.all_kinds()] == [(CameraMove.STATIC,), None, None]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "tariff"),
    [
        ({"backend": "animatic"}, Tariff()),
        ({"backend": "animatic", "price_per_hour": "1.80"}, Tariff(per_hour_micros=1_800_000)),
        ({"backend": "veo", "options": {"project": "p"}}, Tariff(sells_clips=True, per_s_micros=100_000, lengths_s=(4, 6, 8))),
        (
            {"backend": "veo", "options": {"project": "p"}, "price_per_s": "0.2"},
            Tariff(sells_clips=True, per_s_micros=200_000, lengths_s=(4, 6, 8)),
        ),
        (
            {"backend": "openai-video", "options": {"base_url": "https://videos.example", "seconds": "5"}},
            Tariff(sells_clips=True, lengths_s=(5,)),
        ),
        ({"backend": "far", "queue": True, "price_per_s": "0.05"}, Tariff(sells_clips=True, per_s_micros=50_000)),
    ],
)
def test_a_kind_costs_what_its_settings_say_or_its_backend_knows(tmp_path: Path, kind: dict[str, Any], tariff: Tariff) -> None:
    fleet = {"kind": RendererSettings(**kind)}

    plan = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))

    assert [one.tariff for one in plan.all_kinds()] == [tariff]


@pytest.mark.slow
def test_clips_that_are_bought_have_no_price_per_hour(tmp_path: Path) -> None:
    fleet = {"veo": RendererSettings(options={"project": "p"}, price_per_hour="2")}

    with pytest.raises(BadInput, match="are bought"):
        plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))


@pytest.mark.slow
def test_options_and_gpus_of_the_fleet_reach_its_renderers(tmp_path: Path) -> None:
    fleet = {"animatediff": RendererSettings(num_gpus=1, options={"tier": "draft"})}

    [renderer] = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet)).all_renderers()

    assert (renderer.backend, renderer.num_gpus, renderer.options) == ("animatediff", 1, (("tier", "draft"),))


@pytest.mark.parametrize("changed", ["rendering/film.py", "rendering/backends/recipe.json"])
def test_code_and_recipes_are_the_version(tmp_path: Path, changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_CODE", tmp_path)
    file = tmp_path / changed
    file.parent.mkdir(parents=True)
    file.write_text("1")
    before = code_version()

    (tmp_path / "rendering" / "notes.txt").write_text("2")
    assert code_version() == before
    file.write_text("2")
    assert code_version() != before


def test_keys_come_from_the_settings_and_a_key_file_hangs_on_the_home(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        storyworld_home=tmp_path,
        gemini_api_key=SecretStr("of-google"),
        google_application_credentials=Path("studio.json"),
        openai_video_api_keys={"https://videos.example/v1/": SecretStr("of-videos")},
    )

    purse = open_purse(settings, MemoryArtifacts())

    assert purse.google_credentials == tmp_path / "studio.json"
    assert purse.gemini_api_key == SecretStr("of-google")
    assert purse.openai_video_api_keys == {"https://videos.example/v1": SecretStr("of-videos")}
    assert not any(key in repr(purse) for key in ("of-google", "of-videos"))


def test_no_option_of_the_fleet_may_hold_a_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        check_settings(settings_with(tmp_path, "openai-video", base_url="https://videos.example/v1", key="of-videos"))

    assert "has no option 'key'" in str(refused.value)
    assert "of-videos" not in str(refused.value)


@pytest.mark.slow
def test_a_queue_may_ask_for_a_backend_that_only_its_workers_know(tmp_path: Path) -> None:
    fleet = {"cloud": RendererSettings(backend="svd", queue=True)}

    with pytest.raises(BadInput, match="REDIS_URL is not set"):
        check_settings(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))
    [slot] = plan_fleet(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet)).all_renderers()

    assert slot.backend == "svd"


def test_a_kind_that_is_a_queue_needs_a_server(tmp_path: Path) -> None:
    fleet = {"cloud": RendererSettings(backend="animatic", queue=True)}

    with pytest.raises(BadInput, match="REDIS_URL is not set"):
        check_settings(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet))
    with pytest.raises(BadInput, match="no redis:// or rediss:// URL") as refused:
        check_settings(Settings(_env_file=None, storyworld_home=tmp_path, storyworld_fleet=fleet, redis_url="http://hunter2@x"))

    assert "hunter2" not in str(refused.value)


def test_nobody_looks_at_pictures_unless_a_model_is_set(tmp_path: Path) -> None:
    without = Settings(_env_file=None, storyworld_home=tmp_path)
    at_home = without.model_copy(update={"vision_model": "qwen-vl", "vision_base_url": "http://127.0.0.1:11434/v1"})

    assert open_eyes(without, MemoryArtifacts()) is None
    assert open_eyes(at_home, MemoryArtifacts()) is not None


@pytest.mark.slow
@pytest.mark.parametrize(("provider", "extra"), [("openai", "llm"), ("anthropic", "llm,anthropic"), ("google", "llm,google")])
def test_a_model_whose_libraries_are_missing_is_found_out_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, extra: str
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    given = {"vision_model": "m", "vision_provider": provider, "vision_api_key": SecretStr("k")}
    settings = Settings.model_validate({"storyworld_home": tmp_path, **given})

    with pytest.raises(BadInput, match=rf"\[{extra}\]") as refused:
        check_settings(settings)

    assert refused.value.where == "VISION_MODEL"


@pytest.mark.slow
def test_planners_come_in_the_order_in_which_they_are_set(tmp_path: Path) -> None:
    alone = Settings(_env_file=None, storyworld_home=tmp_path)
    asking = {"planner": ("llm", "offline"), "llm_model": "m", "llm_base_url": "http://127.0.0.1:11434/v1", "llm_price_in": 1.0}
    both = alone.model_copy(update={**asking, "llm_price_out": 2.0, "llm_max_repairs": 4})

    for settings, names in ((alone, ["offline"]), (both, ["llm", "offline"])):
        planner = open_planner(settings, plan_fleet(settings).all_kinds())
        assert isinstance(planner, ScreenplayPlanner)
        assert isinstance(planner.otherwise, PlannerSuccession)
        assert list(planner.otherwise.planners) == names


@pytest.mark.slow
def test_a_planner_whose_libraries_are_missing_is_found_out_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    given = {"planner": "llm", "llm_model": "m", "llm_api_key": SecretStr("k")}

    with pytest.raises(BadInput, match=r"\[llm\]") as refused:
        check_settings(Settings.model_validate({"storyworld_home": tmp_path, **given}))

    assert refused.value.where == "PLANNER"
