"""Is it alive, can it work, and what is there."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import examples
from api.openapi import answers, problem_answers
from api.parts import Parts
from api.problems import FieldError, problem_response
from api.shapes import HealthShape, ReadinessShape

router = APIRouter(tags=["system"])


@router.get(
    "/healthz",
    response_model=HealthShape,
    summary="Is this process alive? Asks nobody else",
    operation_id="is_alive",
    responses={
        200: {"description": "It is.", "content": {"application/json": {"example": examples.HEALTHY}}},
        **problem_answers(),
    },
)
async def is_alive() -> HealthShape:
    return HealthShape(status="ok")


@router.get(
    "/readyz",
    response_model=ReadinessShape,
    summary="Can it work? Asks the database and the coordinator",
    operation_id="is_ready",
    responses=answers(200, "Everything that it needs answers.", examples.READY),
)
def is_ready(parts: Parts, request: Request) -> ReadinessShape | Response:
    reasons = parts.readiness()
    failed = [FieldError(where=check, message=reason) for check, reason in reasons.items() if reason]
    if not failed:
        return ReadinessShape(status="ready", checks=dict.fromkeys(reasons, "ok"))
    return problem_response(
        request.scope,
        503,
        "unavailable",
        "Not ready: " + "; ".join(f"{one.where}: {one.message}" for one in failed),
        hint="Try again in a moment.",
        errors=failed,
        headers={"Retry-After": "5"},
    )


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    return HTMLResponse(files("api.web").joinpath("docs.html").read_text("utf-8"))


@router.get("/", include_in_schema=False)
async def front() -> RedirectResponse:
    return RedirectResponse("docs")
