"""The real Serve application, whose door starts the chaos coordinator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serve_app import application, build_api
from settings import load_settings
from tests.reliability.chaos.processes import Role, sign_in

if TYPE_CHECKING:
    from fastapi import FastAPI

    from actors.names import Handle
    from actors.plan import FleetPlan


def build_chaos_api() -> FastAPI:
    sign_in(load_settings().storyworld_home, Role.API, "api")
    return build_api(start)


def start(plan: FleetPlan) -> Handle:
    from actors.coordinator import start_coordinator
    from tests.reliability.chaos.shells import ChaosCoordinatorActor

    return start_coordinator(plan, ChaosCoordinatorActor)


app = application(build_chaos_api)
