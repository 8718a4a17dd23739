"""Front door: builds the parts and the Ray Serve application (`serve run serve_app:app`).

The parts are built inside the replica, from the replica's own environment: importing this module reads no setting and opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ray import serve

from actors.names import HEAD_RESOURCE, Handle

if TYPE_CHECKING:
    from fastapi import FastAPI

    from actors.plan import FleetPlan
    from episodes.episode_store import EpisodeStore
    from settings import Settings

MAX_ONGOING_REQUESTS = 2000
"""Serve's default of 5 would let five open event streams block the sixth request."""


def build_api(start: Callable[[FleetPlan], Handle] | None = None, plan: FleetPlan | None = None) -> FastAPI:
    """Open database, stores, planner and coordinator, and make the HTTP API of them. Runs in each replica.

    `start` gets or makes the coordinator; None: the one of this code. `plan`: of the fleet; None: the settings'.
    """
    from actors.coordinator import start_coordinator
    from actors.crash import arm_crash_points
    from actors.doctor.examination import Examination
    from actors.door import RayDoor
    from actors.environment import refuse_ray_without_token
    from actors.logs import log_as_json
    from actors.parts import open_artifacts, open_eyes, open_planner, open_stores, plan_fleet
    from actors.upkeep import open_upkeep
    from api.app import create_app
    from api.keys import api_key, refuse_open_door
    from api.parts import ApiLimits, ApiParts
    from planning.continuity.supervisor import Supervisor
    from planning.example_world import seed_example_world
    from planning.fountain.door import FountainScreenplays
    from planning.world_builder import StoredWorlds
    from settings import load_settings

    log_as_json("api")
    arm_crash_points()
    refuse_ray_without_token()
    settings = load_settings()
    refuse_open_door(_http_host(), has_keys=bool(settings.api_keys))
    episodes, worlds = open_stores(settings)
    artifacts = open_artifacts(settings)
    seed_example_world(worlds, artifacts)
    plan = plan or plan_fleet(settings)
    door = RayDoor(plan, episodes, start or start_coordinator)
    door.open()
    return create_app(
        ApiParts(
            episodes=episodes,
            worlds=worlds,
            builder=StoredWorlds(worlds, artifacts, open_eyes(settings, artifacts)),
            planner=open_planner(settings, plan.all_kinds()),
            supervisor=Supervisor(),
            screenplays=FountainScreenplays(),
            artifacts=artifacts,
            coordinator=door,
            kinds=plan.all_kinds(),
            readiness=_readiness(settings, episodes),
            upkeep=open_upkeep(settings, episodes, artifacts, plan),
            doctor=Examination(settings, episodes, artifacts, plan),
            keys=tuple(api_key(name, key.get_secret_value()) for name, key in settings.api_keys.items()),
            cors_origins=settings.cors_origins,
            limits=ApiLimits(max_event_streams=settings.max_event_streams),
        )
    )


def _http_host() -> str:
    """The address on which Serve, whoever started it, lets requests in. It has no public way to ask."""
    from ray.serve.context import _get_global_client

    host: str = _get_global_client().http_config.host
    return host


def _readiness(settings: Settings, episodes: EpisodeStore) -> Callable[[], Mapping[str, str]]:
    def check() -> Mapping[str, str]:
        lease = episodes.lease_holder()
        leads = lease is not None and lease[1] > 0
        return {
            "database": "",
            "coordinator": "" if leads else "Nobody leads the fleet at the moment; it takes over by itself.",
        }

    return check


def application(build: Callable[[], FastAPI]) -> serve.Application:
    """The API as Ray Serve runs it, pinned to the head."""
    return serve.deployment(
        serve.ingress(build)(),
        name="api",
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        ray_actor_options={"num_cpus": 0.1, "resources": {HEAD_RESOURCE: 0.001}},
    ).bind()


app = application(build_api)
