"""What other clusters are given: taken by Serve's own schema, whole, and without a secret in it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from actors.manifests import ray_service, serve_config
from settings import RendererSettings, Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Ray's own use of pydantic
    from ray.serve.schema import ServeDeploySchema

OF_A_CLUSTER = {
    "rayVersion",
    "authOptions",
    "enableInTreeAutoscaling",
    "autoscalerOptions",
    "headGroupSpec",
    "workerGroupSpecs",
}
"""KubeRay's names (ray.io/v1): the API server drops what it does not know, and says nothing."""
OF_A_GROUP = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template"}
FLEET = {
    "animatic": RendererSettings(),
    "anime_draft": RendererSettings(backend="animatediff", count=4, min_count=1, num_gpus=0.5, options={"tier": "draft"}),
    "animatediff": RendererSettings(count=3, min_count=0, num_gpus=1),
}


def a_service(home: Path, **more: Any) -> dict[str, Any]:
    settings = Settings(
        _env_file=None,
        storyworld_home=home,
        storyworld_fleet=FLEET,
        local_mode=False,
        s3_bucket="films",
        s3_access_key=SecretStr("hunter2"),
        s3_secret_key=SecretStr("hunter2"),
        database_url=SecretStr("postgresql://me:hunter2@db/story"),  # pragma: allowlist secret
        api_keys={"mika": SecretStr("hunter2-hunter2-hunter2")},
        **more,
    )
    service = ray_service(settings, "registry.example/storyworld:1", yaml.safe_dump(serve_config("0.0.0.0", 8000)))
    again: dict[str, Any] = yaml.safe_load(yaml.safe_dump(service, sort_keys=False))
    return again


def environment(group: dict[str, Any]) -> dict[str, Any]:
    [container] = group["template"]["spec"]["containers"]
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def test_serve_takes_the_config_and_lets_requests_in_at_the_head_alone() -> None:
    taken = ServeDeploySchema.model_validate(serve_config("127.0.0.1", 8001))

    assert (taken.proxy_location, taken.http_options.host, taken.http_options.port) == ("HeadOnly", "127.0.0.1", 8001)
    assert [(one.name, one.import_path) for one in taken.applications] == [("storyworld", "serve_app:app")]


@pytest.mark.slow
def test_a_ray_service_carries_the_serve_config_and_asks_for_the_token(tmp_path: Path) -> None:
    spec = a_service(tmp_path)["spec"]

    assert set(spec) == {"serveConfigV2", "rayClusterConfig"}
    assert set(spec["rayClusterConfig"]) == OF_A_CLUSTER
    assert [set(group) for group in spec["rayClusterConfig"]["workerGroupSpecs"]] == [OF_A_GROUP] * 2
    ServeDeploySchema.model_validate(yaml.safe_load(spec["serveConfigV2"]))
    assert spec["rayClusterConfig"]["authOptions"] == {"mode": "token", "secretName": "storyworld"}  # pragma: allowlist secret
    assert spec["rayClusterConfig"]["headGroupSpec"]["rayStartParams"]["num-gpus"] == "0"


@pytest.mark.slow
def test_each_kind_with_a_gpu_has_its_pods_and_others_render_on_the_head(tmp_path: Path) -> None:
    groups = a_service(tmp_path)["spec"]["rayClusterConfig"]["workerGroupSpecs"]

    assert [(one["groupName"], one["minReplicas"], one["maxReplicas"]) for one in groups] == [
        ("gpu-anime-draft", 1, 2),
        ("gpu-animatediff", 0, 3),
    ]
    for group in groups:
        [container] = group["template"]["spec"]["containers"]
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"


@pytest.mark.slow
def test_secrets_are_named_and_never_shown_and_a_worker_gets_none_of_the_database(tmp_path: Path) -> None:
    service = a_service(tmp_path)
    assert "hunter2" not in yaml.safe_dump(service)

    cluster = service["spec"]["rayClusterConfig"]
    head, worker = environment(cluster["headGroupSpec"]), environment(cluster["workerGroupSpecs"][0])
    assert head["DATABASE_URL"] == {"secretKeyRef": {"name": "storyworld", "key": "DATABASE_URL"}}
    assert {"API_KEYS", "S3_SECRET_KEY"} < set(head)
    assert "S3_SECRET_KEY" in worker
    assert not {"DATABASE_URL", "API_KEYS"} & set(worker)


@pytest.mark.slow
def test_the_head_has_the_models_that_plan_and_look_and_their_keys_by_name(tmp_path: Path) -> None:
    models = {"planner": ("llm", "offline"), "llm_model": "m", "llm_api_key": SecretStr("hunter2"), "llm_timeout_s": 90.0}
    service = a_service(tmp_path, **models)
    assert "hunter2" not in yaml.safe_dump(service)

    cluster = service["spec"]["rayClusterConfig"]
    head, worker = environment(cluster["headGroupSpec"]), environment(cluster["workerGroupSpecs"][0])
    assert (head["PLANNER"], head["LLM_MODEL"], head["LLM_TIMEOUT_S"]) == ("llm,offline", "m", "90.0")
    assert head["LLM_API_KEY"] == {"secretKeyRef": {"name": "storyworld", "key": "LLM_API_KEY"}}  # pragma: allowlist secret
    assert "VISION_API_KEY" not in head
    assert not {name for name in worker if name.startswith(("LLM_", "PLANNER"))}


@pytest.mark.slow
def test_the_fleet_in_the_pods_is_the_fleet_of_the_settings(tmp_path: Path, monkeypatch: Any) -> None:
    told = environment(a_service(tmp_path)["spec"]["rayClusterConfig"]["headGroupSpec"])["STORYWORLD_FLEET"]
    monkeypatch.setenv("STORYWORLD_FLEET", told)
    assert Settings(_env_file=None, storyworld_home=tmp_path).storyworld_fleet == FLEET
