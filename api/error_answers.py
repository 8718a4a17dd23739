"""Which problem each error becomes. Nothing here shows a traceback or echoes what a client sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import FieldError, ProblemError, problem_response
from api.wording import in_words
from episodes.errors import (
    BadInput,
    Conflict,
    Contradictory,
    FieldsLocked,
    IllegalMove,
    KeyReused,
    NotFound,
    PlannerFailed,
    PlannerTrouble,
    TooLarge,
    Unavailable,
)

log = logging.getLogger(__name__)

Answer = Callable[[Scope, Any], Response]  # takes the error that it stands for in _ANSWERS

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
"""That any path has."""

MAX_FIELD_ERRORS = 20  # enough to mend a body by; nobody reads 10,000
MAX_WHERE = 100  # characters: a field's name may be the client's own

PROBLEMS: dict[str, tuple[int, str]] = {
    "unauthorized": (401, "A key is missing, or is none of this system's: `Authorization: Bearer <key>`."),
    "not-found": (404, "An id, a path or a file that is not there."),
    "method-not-allowed": (405, "The path exists, the method does not; `Allow` lists those that do."),
    "too-slow": (408, "The body did not arrive in time."),
    "illegal-move": (409, "A state change that is not possible from the present state; `state` and `wanted` name both."),
    "conflict": (409, "Somebody else was first."),
    "locked": (409, "Fields that somebody locked would be changed; `errors` names them."),
    "precondition-failed": (412, "`If-Match` names another revision, or version of a plan, than the newest."),
    "too-large": (413, "More than is allowed."),
    "unsupported-media-type": (415, "The body is of a kind that this operation does not read."),
    "range-not-satisfiable": (416, "The file is shorter than the range."),
    "bad-input": (422, "The request can never work as it is; `errors` points at each field."),
    "contradictory-plan": (
        422,
        "The plan contradicts itself; `contradictions` has each place with what to do about it. `?force=true` renders it all the same.",
    ),
    "key-reused": (422, "An `Idempotency-Key` came with another body than the first time."),
    "too-many-streams": (429, "Too many event streams are open; `Retry-After` says when to try again."),
    "internal-error": (500, "A fault of this server; its log has the story."),
    "planner-failed": (
        502,
        "The language model that should have written the plan wrote none that can be used. Nothing was changed.",
    ),
    "planner-unavailable": (
        503,
        "The language model's server is busy or does not answer; `Retry-After` says when to try again.",
    ),
    "planner-too-slow": (504, "The language model did not finish in the time that it is given. Nothing was changed."),
    "unavailable": (503, "A database, a store or the coordinator does not answer now. Nothing is lost: try again later."),
}
"""Name → status and explanation; the names are the fragments of a problem's `type`."""

_NAME_OF_STATUS = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "unsupported-media-type"}


def install_error_answers(app: FastAPI) -> None:
    for error, answer in _ANSWERS.items():
        app.add_exception_handler(error, _handler(answer))


def _handler(answer: Answer) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        return answer(request.scope, error)

    return handle


def _not_found(scope: Scope, error: NotFound) -> Response:
    return problem_response(scope, 404, "not-found", error.message, hint=error.hint)


def _illegal_move(scope: Scope, error: IllegalMove) -> Response:
    states = {"state": error.state, "wanted": error.wanted, "move": error.move}
    return problem_response(scope, 409, "illegal-move", error.message, hint=error.hint, more=states)


def _conflict(scope: Scope, error: Conflict) -> Response:
    return problem_response(scope, 409, "conflict", error.message, hint=error.hint)


def _locked(scope: Scope, error: FieldsLocked) -> Response:
    found = [FieldError(where=path[:MAX_WHERE], message="It is locked.") for path in error.paths[:MAX_FIELD_ERRORS]]
    return problem_response(scope, 409, "locked", error.message, hint=error.hint, errors=found)


def _key_reused(scope: Scope, error: KeyReused) -> Response:
    return problem_response(scope, 422, "key-reused", error.message, hint=error.hint)


def _bad_input(scope: Scope, error: BadInput) -> Response:
    return problem_response(scope, 422, "bad-input", error.message, hint=error.hint, errors=_pointing(error))


def _too_large(scope: Scope, error: TooLarge) -> Response:
    return problem_response(scope, 413, "too-large", error.message, hint=error.hint, errors=_pointing(error))


def _contradictory(scope: Scope, error: Contradictory) -> Response:
    hint = f"{error.hint} Or execute it with `?force=true`, as it is."
    shown = error.contradictions[:MAX_FIELD_ERRORS]
    errors = [FieldError(where=f"beats.{one.beat_id}", message=one.what) for one in shown]
    more = {"contradictions": [asdict(one) for one in shown]}
    return problem_response(scope, 422, "contradictory-plan", error.message, hint=hint, errors=errors, more=more)


def _unavailable(scope: Scope, error: Unavailable) -> Response:
    headers = {"Retry-After": str(error.retry_after_s)}
    return problem_response(scope, 503, "unavailable", error.message, hint=error.hint, headers=headers)


def _planner_failed(scope: Scope, error: PlannerFailed) -> Response:
    more = {"trouble": error.trouble.value}
    match error.trouble:
        case PlannerTrouble.BUSY | PlannerTrouble.UNREACHABLE:
            headers = {"Retry-After": str(error.retry_after_s)}
            return problem_response(
                scope, 503, "planner-unavailable", error.message, hint=error.hint, headers=headers, more=more
            )
        case PlannerTrouble.TOO_SLOW:
            return problem_response(scope, 504, "planner-too-slow", error.message, hint=error.hint, more=more)
        case PlannerTrouble.UNUSABLE | PlannerTrouble.REFUSED | PlannerTrouble.DENIED:
            return problem_response(scope, 502, "planner-failed", error.message, hint=error.hint, more=more)
        case _:
            assert_never(error.trouble)


def _invalid_request(scope: Scope, error: RequestValidationError) -> Response:
    found = field_errors(error.errors())
    first = found[0]
    detail = f"{first.where}: {first.message}" if first.where else first.message
    hint = "Mend the fields in `errors`; /docs shows what each may be."
    return problem_response(scope, 422, "bad-input", detail, hint=hint, errors=found)


def _http_error(scope: Scope, error: HTTPException) -> Response:
    if isinstance(error, ProblemError):
        return error.response(scope)
    if error.status_code == 400:  # a form that cannot be read; input that can never work is 422 here
        return problem_response(scope, 422, "bad-input", error.detail, hint="Send a whole `multipart/form-data` body.")
    name = _NAME_OF_STATUS.get(error.status_code, "bad-input")
    headers = {"Allow": _allowed(scope)} if error.status_code == 405 else error.headers
    return problem_response(scope, error.status_code, name, _sentence(scope, error), headers=headers)


def _allowed(scope: Scope) -> str:
    """Of all routes at this path; Starlette itself names only the first one's methods."""
    routes: list[BaseRoute] = scope["app"].routes
    asked = ({**scope, "method": method} for method in METHODS)
    return ", ".join(s["method"] for s in asked if any(route.matches(s)[0] is Match.FULL for route in routes))


def _sentence(scope: Scope, error: HTTPException) -> str:
    match error.status_code:
        case 404:
            return "There is nothing at this path. /docs lists what there is."
        case 405:
            return f"{scope['method']} does not work here."
        case _:
            return error.detail


def _pointing(error: BadInput) -> list[FieldError]:
    return [FieldError(where=error.where[:MAX_WHERE], message=error.message)] if error.where else []


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Pydantic's errors as ours: where and what, never the input itself."""
    return [FieldError(where=_where(error["loc"]), message=in_words(error)) for error in errors[:MAX_FIELD_ERRORS]]


def _where(loc: Sequence[str | int]) -> str:
    inside = loc[1:] if loc and loc[0] in ("body", "path", "query") else loc
    return ".".join(str(part) for part in inside)[:MAX_WHERE]


_ANSWERS: dict[type[Exception], Answer] = {
    NotFound: _not_found,
    IllegalMove: _illegal_move,
    FieldsLocked: _locked,
    KeyReused: _key_reused,
    Conflict: _conflict,
    TooLarge: _too_large,
    Contradictory: _contradictory,
    BadInput: _bad_input,
    PlannerFailed: _planner_failed,
    Unavailable: _unavailable,
    RequestValidationError: _invalid_request,
    HTTPException: _http_error,
}
"""The narrower error stands before the wider one."""


class LastResort:
    """ASGI middleware: answers errors of the middleware inside it, and what nobody foresaw, which the log gets whole."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception as error:
            if started:
                raise  # the answer is half sent: only cutting the connection says so
            await _last_answer(scope, error)(scope, receive, send)


def _last_answer(scope: Scope, error: Exception) -> Response:
    for known, answer in _ANSWERS.items():
        if isinstance(error, known):
            return answer(scope, error)
    log.exception("request.crashed", extra={"method": scope["method"], "path": scope["path"]}, exc_info=error)
    return problem_response(scope, 500, "internal-error", "Something went wrong here that is not your fault.")
