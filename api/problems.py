"""One shape for every error: RFC 9457 problem details, with what was wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    where: str = Field(description="Path of the field: `num_beats`, `characters.0.name`, `header.idempotency-key`.")
    message: str


class Problem(BaseModel):
    """Problem details (RFC 9457). Some kinds carry more members, as the states of an illegal move."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Which kind of problem: the address of its explanation.")
    title: str
    status: int
    detail: str = Field(description="What was wrong, in a sentence.")
    instance: str = Field(description="The path that was asked for.")
    hint: str = Field(default="", description="What to do about it.")
    errors: list[FieldError] = Field(default_factory=list, description="Each field that was wrong.")


class ProblemError(HTTPException):
    """An error that is born in the API itself; `name` is its kind."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        *,
        hint: str = "",
        where: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.name = name
        self.hint = hint
        self.where = where

    def response(self, scope: Scope) -> Response:
        errors = [FieldError(where=self.where, message=self.detail)] if self.where else []
        return problem_response(
            scope, self.status_code, self.name, self.detail, hint=self.hint, errors=errors, headers=self.headers
        )


def problem_response(
    scope: Scope,
    status: int,
    name: str,
    detail: str,
    *,
    hint: str = "",
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """`more` are extension members, as RFC 9457 calls them."""
    problem = Problem(
        type=f"/docs#{name}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=_speakable(detail),
        # quoted: a path may hold what no JSON string can
        instance=quote(scope["path"], errors="replace"),
        hint=_speakable(hint),
        errors=[FieldError(where=_speakable(e.where), message=_speakable(e.message)) for e in errors],
        **(more or {}),
    )
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)


def _speakable(text: str) -> str:
    """Without what UTF-8 cannot hold."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
