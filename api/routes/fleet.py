"""The fleet: which kinds of renderers there are, and how they are."""

from __future__ import annotations

from fastapi import APIRouter

from api import examples
from api.fleet_shapes import FleetShape, fleet_shape
from api.openapi import answers
from api.parts import Parts

router = APIRouter(prefix="/fleet", tags=["fleet"])


@router.get(
    "",
    response_model=FleetShape,
    summary="Who renders: kinds of renderers, who of them is there, and what a request that names no backend would get",
    operation_id="get_fleet",
    responses=answers(200, "The fleet as the coordinator last saw it.", examples.FLEET),
)
def get_fleet(parts: Parts) -> FleetShape:
    return fleet_shape(parts.kinds, parts.episodes.fleet())
