from __future__ import annotations

from pathlib import Path

import pytest

from episodes.errors import BadInput
from settings import Settings, load_settings

LONG = "letters-that-are-enough"


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"GPU_{name.upper()}", raising=False)
    monkeypatch.setenv("STORYWORLD_HOME", str(tmp_path))
    return tmp_path


def test_without_any_setting_everything_is_local(own_home: Path) -> None:
    settings = load_settings()

    assert settings.absolute_database_url == f"sqlite:///{own_home}/local.db"
    assert settings.outputs == own_home / "outputs"
    assert settings.is_for_one_node


def test_relative_paths_hang_on_the_home_not_on_the_current_folder(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.setenv("DATABASE_URL", "sqlite:///./data/story.db")

    assert load_settings().absolute_database_url == f"sqlite:///{own_home}/data/story.db"


def test_settings_come_from_the_env_file_and_the_environment_wins(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_home / ".env").write_text("CLUSTER_ID=from-file\nCORS_ORIGINS=http://a, http://b\n")
    assert load_settings().cluster_id == "from-file"
    assert load_settings().cors_origins == ("http://a", "http://b")

    monkeypatch.setenv("CLUSTER_ID", "from-env")
    assert load_settings().cluster_id == "from-env"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"LOCAL_MODE": "false"}, "S3_BUCKET is not set"),
        ({"LOCAL_MODE": "perhaps"}, "LOCAL_MODE"),
        ({"S3_ACCESS_KEY": "a"}, "belong together"),
        ({"STORYWORLD_FLEET": '{"animatic": {"count": -1}}'}, "STORYWORLD_FLEET.ANIMATIC.COUNT"),
        ({"STORYWORLD_FLEET": '{"animatic": {"min_count": 2}}'}, "min_count is 2, but count, the most there may be, is 1"),
        ({"STORYWORLD_FLEET": '{"Anime: best": {}}'}, "STORYWORLD_FLEET.ANIME: BEST"),
        ({"CLUSTER_ID": "Not An Id"}, "CLUSTER_ID"),
        ({"STORYWORLD_FLEET": "nonsense"}, "storyworld_fleet"),
        ({"PLANNER": "oracle"}, "PLANNER"),
        ({"PLANNER": ","}, "PLANNER"),
        ({"PLANNER": "offline,offline"}, "a planner stands twice"),
        ({"PLANNER": "llm,offline"}, "PLANNER has llm, but LLM_MODEL is not set"),
        ({"PLANNER": "llm", "LLM_MODEL": "m"}, "LLM_API_KEY, which openai asks for, is not set"),
        (
            {"PLANNER": "llm", "LLM_MODEL": "m", "LLM_PROVIDER": "google", "LLM_BASE_URL": "http://g"},
            "LLM_API_KEY, which google",
        ),
        (
            {"PLANNER": "llm", "LLM_MODEL": "m", "LLM_BASE_URL": "http://m", "LLM_PRICE_IN": "1"},
            "belong together: set both or none",
        ),
        ({"API_KEYS": "short"}, "API_KEYS: key 1 has to be 16 to 200 letters"),  # pragma: allowlist secret
        ({"API_KEYS": f"{LONG}, mika:with spaces inside it"}, "API_KEYS: key 2 has to be 16"),
        ({"API_KEYS": f"mi ka:{LONG}"}, "the name of key 1"),
        ({"API_KEYS": f"mika:{LONG},mika:{LONG}er"}, "two keys are called mika"),
        ({"VISION_BASE_URL": "http://127.0.0.1:11434/v1"}, "but VISION_MODEL is not"),
        ({"VISION_MODEL": "a-model"}, "VISION_API_KEY, which openai asks for"),
        ({"VISION_MODEL": "a-model", "VISION_PROVIDER": "google"}, "VISION_API_KEY, which google asks for"),
        ({"VISION_MODEL": "a-model", "VISION_PROVIDER": "nobody"}, "VISION_PROVIDER"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    given: dict[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(BadInput) as caught:
        load_settings()

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_at_home_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANNER", " llm , offline")
    monkeypatch.setenv("LLM_MODEL", "qwen3:14b")
    monkeypatch.setenv("LLM_BASE_URL", "http://localhost:11434/v1")

    assert load_settings().planner == ("llm", "offline")


def test_the_order_of_the_fleet_is_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "STORYWORLD_FLEET", '{"b": {"backend": "animatic"}, "c": {"backend": "animatic"}, "a": {"backend": "animatic"}}'
    )

    assert list(load_settings().storyworld_fleet) == ["b", "c", "a"]


def test_a_secret_is_in_no_repr_and_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@db/story")  # pragma: allowlist secret
    monkeypatch.setenv("REDIS_URL", "rediss://:hunter2@queue:6379/0")  # pragma: allowlist secret
    monkeypatch.setenv("S3_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("S3_SECRET_KEY", "hunter2")
    monkeypatch.setenv("GEMINI_API_KEY", "hunter2")
    monkeypatch.setenv("LLM_API_KEY", "hunter2")
    monkeypatch.setenv("OPENAI_VIDEO_API_KEYS", '{"https://videos.example/v1": "hunter2"}')
    monkeypatch.setenv("API_KEYS", "mika:hunter2-hunter2-hunter2")
    monkeypatch.setenv("STORYWORLD_API_KEY", "hunter2")
    assert "hunter2" not in repr(load_settings())

    monkeypatch.setenv("API_KEYS", "mika:hunter2")  # too short
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    monkeypatch.delenv("API_KEYS")

    monkeypatch.delenv("S3_ACCESS_KEY")
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("prefix", ["", "GPU_"])
def test_the_queues_have_the_names_that_workers_and_the_old_api_know_them_by(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    assert (load_settings().job_queue, load_settings().result_queue) == ("storyworld:gpu:jobs", "storyworld:gpu:results")

    monkeypatch.setenv(f"{prefix}JOB_QUEUE", "our:jobs")
    monkeypatch.setenv(f"{prefix}RESULT_QUEUE", "our:results")

    assert (load_settings().job_queue, load_settings().result_queue) == ("our:jobs", "our:results")


def test_keys_have_a_name_each_and_open_the_system_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEYS", "mika:first-key-of-all-keys=, second-key-of-all-keys ,")

    settings = load_settings()

    keys = {name: key.get_secret_value() for name, key in settings.api_keys.items()}
    assert keys == {"mika": "first-key-of-all-keys=", "key-2": "second-key-of-all-keys"}  # pragma: allowlist secret
    assert settings.own_api_key == settings.api_keys["mika"]
    assert settings.storyworld_api_key is None, "another system is sent none of them"
