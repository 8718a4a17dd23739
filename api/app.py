"""The HTTP API, put together from its parts."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.body_limits import BodyLimits
from api.error_answers import METHODS, LastResort, install_error_answers
from api.event_tail import EventTail
from api.idempotency import Idempotency
from api.keys import KeyGuard
from api.openapi import DESCRIPTION, openapi_of
from api.openapi_keys import describe_keys
from api.parts import ApiParts
from api.routes import (
    beats,
    doctor,
    episodes,
    events,
    files,
    fleet,
    money,
    plan_edits,
    plan_versions,
    plans,
    queue,
    system,
    takes,
    upkeep,
    world_edits,
    world_history,
    worlds,
)

VERSION = "0.1.0"


def create_app(parts: ApiParts) -> FastAPI:
    """An application of its own for each call; nothing starts before its first request."""
    # FastAPI's own pages load their script from elsewhere: /docs is ours
    app = FastAPI(title="StoryWorld", version=VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.parts = parts
    app.state.event_tail = EventTail(parts.episodes, parts.pace, parts.limits.max_event_streams)
    for part in (
        episodes,
        beats,
        plan_edits,
        takes,
        money,
        plan_versions,
        plans,
        queue,
        fleet,
        files,
        events,
        worlds,
        world_edits,
        world_history,
        upkeep,
        doctor,
        system,
    ):
        app.include_router(part.router)
    app.openapi = openapi_of(app, *([describe_keys] if parts.keys else []))  # type: ignore[method-assign]  # the way that FastAPI documents
    install_error_answers(app)
    _add_middleware(app, parts)
    return app


def _add_middleware(app: FastAPI, parts: ApiParts) -> None:
    """The last added is the first to see a request."""
    app.add_middleware(Idempotency, episodes=parts.episodes)
    app.add_middleware(BodyLimits, limits=parts.limits)
    if parts.keys:
        app.add_middleware(KeyGuard, keys=parts.keys)
    app.add_middleware(LastResort)
    if parts.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(parts.cors_origins),
            allow_methods=list(METHODS),
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "If-None-Match",
                "Last-Event-ID",
                "Range",
            ],
            expose_headers=["ETag", "Retry-After", "Idempotent-Replayed", "Content-Range", "Accept-Ranges"],
        )
