"""The front door's Serve application, over the benchmark's own coordinator and fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serve_app import application, build_api

if TYPE_CHECKING:
    from fastapi import FastAPI

    from actors.names import Handle
    from actors.plan import FleetPlan

NUM_RENDERERS = 1
PACE_S = 0.5


def build_listened_api() -> FastAPI:
    from benchmarks.system import fleet_of

    return build_api(the_one_that_is_there, fleet_of(NUM_RENDERERS, PACE_S))


def the_one_that_is_there(_: FleetPlan) -> Handle:
    import ray

    from actors.names import COORDINATOR, NAMESPACE

    return ray.get_actor(COORDINATOR, namespace=NAMESPACE)


app = application(build_listened_api)
