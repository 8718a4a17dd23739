"""StoryWorld as other clusters take it: a Serve config for `serve deploy`, and a RayService for KubeRay."""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from typing import Any

from settings import RendererSettings, Settings

Manifest = dict[str, Any]

KEPT_IN = "storyworld"
"""Name of the Kubernetes Secret. It holds `auth_token`, where KubeRay finds Ray's, and the variables below, by their own names."""
HEAD_SECRETS = ("DATABASE_URL", "API_KEYS")
"""Workers need neither: only the API and the coordinator touch the database."""
MODEL_SECRETS = ("LLM_API_KEY", "VISION_API_KEY")
"""On the head, where they are set."""
STORE_SECRETS = ("S3_ACCESS_KEY", "S3_SECRET_KEY")
HOME = "/data"


def serve_config(host: str, port: int) -> Manifest:
    """One proxy, on the head: a proxy on a worker would keep its machine from being given back. The rest stands in serve_app.py."""
    application = {"name": "storyworld", "route_prefix": "/", "import_path": "serve_app:app"}
    return {
        "proxy_location": "HeadOnly",
        "http_options": {"host": host, "port": port},
        "applications": [application],
    }


def ray_service(settings: Settings, image: str, serve_yaml: str) -> Manifest:
    """A head that serves, coordinates and renders without GPUs, and a group of pods, from none up, for each kind that wants a GPU.

    No probe of ours is in it: KubeRay deploys the application only when the head is ready, so a head whose readiness asked /readyz
    never would be. A load balancer in front asks /readyz.
    """
    groups = [_worker_group(name, of, settings, image) for name, of in settings.storyworld_fleet.items() if of.num_gpus > 0]
    cluster = {
        "rayVersion": version("ray"),
        "authOptions": {"mode": "token", "secretName": KEPT_IN},
        "enableInTreeAutoscaling": True,
        "autoscalerOptions": {"version": "v2", "idleTimeoutSeconds": 300},
        "headGroupSpec": {
            "rayStartParams": {"dashboard-host": "0.0.0.0", "num-gpus": "0"},  # noqa: S104  # it asks for the token
            "template": _pod("ray-head", image, _head_environment(settings), {"cpu": "4", "memory": "8Gi"}),
        },
        "workerGroupSpecs": groups,
    }
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {"name": "storyworld"},
        "spec": {"serveConfigV2": serve_yaml, "rayClusterConfig": cluster},
    }


def _worker_group(name: str, of: RendererSettings, settings: Settings, image: str) -> Manifest:
    """As many pods as the kind's renderers fill: several share a GPU that each takes a fraction of."""
    gpus_per_pod = max(1, math.ceil(of.num_gpus))
    pods = [
        math.ceil(count * of.num_gpus / gpus_per_pod)
        for count in (of.count if of.min_count is None else of.min_count, of.count)
    ]
    resources = {"cpu": str(max(2, math.ceil(of.num_cpus) + 1)), "memory": "16Gi", "nvidia.com/gpu": str(gpus_per_pod)}
    return {
        "groupName": f"gpu-{name}".replace("_", "-").lower(),
        "replicas": pods[0],
        "minReplicas": pods[0],
        "maxReplicas": pods[1],
        "rayStartParams": {"num-gpus": str(gpus_per_pod)},
        "template": _pod("ray-worker", image, _environment(settings, STORE_SECRETS), resources),
    }


def _pod(name: str, image: str, environment: list[Manifest], resources: dict[str, str]) -> Manifest:
    container = {
        "name": name,
        "image": image,
        "env": environment,
        "resources": {"requests": resources, "limits": resources},
        "volumeMounts": [{"name": "home", "mountPath": HOME}],
    }
    return {"spec": {"containers": [container], "volumes": [{"name": "home", "emptyDir": {}}]}}


def _head_environment(settings: Settings) -> list[Manifest]:
    """The API's too, which plans and looks at pictures."""
    given = {name.upper(): getattr(settings, name) for name in sorted(settings.model_fields_set) if _is_of_models(name)}
    secrets = tuple(name for name in MODEL_SECRETS if given.pop(name, None) is not None)
    told = {
        name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in given.items() if value is not None
    }
    said: list[Manifest] = [{"name": name, "value": value} for name, value in told.items()]
    return _environment(settings, HEAD_SECRETS + STORE_SECRETS + secrets) + said


def _is_of_models(name: str) -> bool:
    return name == "planner" or name.startswith(("llm_", "vision_"))


def _environment(settings: Settings, secrets: tuple[str, ...]) -> list[Manifest]:
    fleet = {name: of.model_dump(exclude_unset=True) for name, of in settings.storyworld_fleet.items()}
    plain = {
        "STORYWORLD_HOME": HOME,
        "CLUSTER_ID": settings.cluster_id,
        "LOCAL_MODE": "false",
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_BUCKET": settings.s3_bucket,
        "S3_REGION": settings.s3_region,
        "STORYWORLD_FLEET": json.dumps(fleet),
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    said = [{"name": name, "value": value} for name, value in plain.items() if value is not None]
    return said + [{"name": name, "valueFrom": {"secretKeyRef": {"name": KEPT_IN, "key": name}}} for name in secrets]
