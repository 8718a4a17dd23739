"""What the OpenAPI page says about answers, in one manner for every operation."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.error_answers import PROBLEMS
from api.problems import MEDIA_TYPE, Problem

Responses = dict[int | str, dict[str, Any]]  # FastAPI's own type for `responses=`

TAGS = [
    {"name": "episodes", "description": "Intent → plan → film."},
    {"name": "beats", "description": "The moments that an episode is made of."},
    {"name": "takes", "description": "Several clips of one beat, to choose from."},
    {
        "name": "files",
        "description": "Clips, posters, films and subtitles. Local files take ranges; others are a redirect to a signed link.",
    },
    {"name": "events", "description": "What happens to an episode, as it happens."},
    {"name": "queue", "description": "All episodes together: held, or going on."},
    {"name": "fleet", "description": "Who renders: kinds of renderers, and how each is."},
    {"name": "worlds", "description": "Characters, places and style that stay the same from episode to episode."},
    {"name": "upkeep", "description": "Is everything whole that was stored, and what does nobody need any more."},
    {"name": "system", "description": "Is it alive, can it work."},
]
DESCRIPTION = """Turns an intent and a world into an episode: beats, clips, a film.

`POST /episodes` → `POST /episodes/{id}/plan` → `POST /episodes/{id}/execute` → `GET /episodes/{id}` or its `/events` → `/film`.

Every error is `application/problem+json` (RFC 9457). Every POST takes an `Idempotency-Key`: repeated with the same key and body it
gets its first answer, marked `Idempotent-Replayed: true`."""

_ALWAYS = ("internal-error", "unavailable")
_WITH_BODY = ("too-slow", "too-large", "unsupported-media-type", "bad-input")

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a call with the same key and body, and it gets its first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}
POST_EXTRA = {"parameters": [IDEMPOTENCY_KEY]}


def answers(status: int, description: str, example: object, *problems: str, media_type: str = "application/json") -> Responses:
    """The one good answer and every problem of an operation."""
    good = {"description": description, "content": {media_type: {"example": example}}}
    return {status: good, **problem_answers(*problems)}


def with_body(*problems: str) -> tuple[str, ...]:
    return (*_WITH_BODY, *problems)


def problem_answers(*names: str) -> Responses:
    found: dict[int | str, dict[str, Any]] = {}
    for name in (*names, *_ALWAYS):
        status, explanation = PROBLEMS[name]
        described = found.setdefault(status, {"description": "", "content": {MEDIA_TYPE: _content()}})
        described["description"] = f"{described['description']} {explanation}".strip()
        described["content"][MEDIA_TYPE]["examples"][name] = {"value": _example(name)}
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


def _content() -> dict[str, Any]:
    return {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}


def _example(name: str) -> dict[str, Any]:
    status, explanation = PROBLEMS[name]
    return Problem(
        type=f"/docs#{name}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=explanation,
        instance="/episodes",
        hint="What to do about it.",
    ).model_dump()


def openapi_of(app: FastAPI, *touches: Callable[[dict[str, Any]], None]) -> Callable[[], dict[str, Any]]:
    """The app's description with the shape of problems in it, which FastAPI does not see; made once, then touched up."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            spec = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS)
            schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            nested = schema.pop("$defs", {})
            spec.setdefault("components", {}).setdefault("schemas", {}).update({"Problem": schema, **nested})
            _drop_fastapis_own_422(spec)
            spec["x-problems"] = {name: {"status": status, "detail": text} for name, (status, text) in PROBLEMS.items()}
            for touch in touches:
                touch(spec)
            app.openapi_schema = spec
        return app.openapi_schema

    return describe


def _drop_fastapis_own_422(spec: dict[str, Any]) -> None:
    """FastAPI adds one to whatever takes a parameter: ids that cannot be are 404 here, and its shape is not ours."""
    for operations in spec["paths"].values():
        for operation in operations.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        spec["components"]["schemas"].pop(name, None)


def file_answers(media_type: str, example: str = "") -> Responses:
    """How a stored file is given out: whole, in part, or by a link."""
    shown = {"schema": {"type": "string", "format": "binary"}, "example": example or "(bytes)"}
    return {
        200: {"description": "The whole file.", "content": {media_type: shown}},
        206: {"description": "The range that was asked for.", "content": {media_type: shown}},
        304: {"description": "The client has it: its `If-None-Match` names this file."},
        307: {"description": "A link that works for a short while."},
        **problem_answers("not-found", "range-not-satisfiable"),
    }
