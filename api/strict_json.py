"""JSON bodies, read strictly: `"3"` is no number, `true` is no 1, NaN and lone surrogates are no JSON."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from api.problems import ProblemError
from api.whole_forms import WholeForm, boundary_of


class StrictRoute(APIRoute):
    """A route whose body is checked from its bytes, before FastAPI's own reading, which is more forgiving."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        model = self._json_model()

        async def handle_strictly(request: Request) -> Response:
            if model is not None:
                body = await request.body()
                if body:
                    _must_be_json(request)
                if body or self._needs_body():
                    _check(model, body)
            elif self.body_field is not None:
                _must_be_form(request)
                boundary = boundary_of(request.headers.get("content-type", ""))
                request = Request(request.scope, WholeForm(request.receive, boundary))
            return await handle(request)

        return handle_strictly

    def _needs_body(self) -> bool:
        return self.body_field is not None and self.body_field.field_info.is_required()

    def _json_model(self) -> type[BaseModel] | None:
        if self.body_field is None or isinstance(self.body_field.field_info, params.Form):
            return None
        model = self.body_field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"{self.path}: a JSON body must be one model, not {model}")
        return model


def _must_be_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json" and not (media_type.startswith("application/") and media_type.endswith("+json")):
        raise ProblemError(
            415,
            "unsupported-media-type",
            "The body must be JSON.",
            hint="Send it with `Content-Type: application/json`.",
            headers={"Accept": "application/json"},
        )


def _must_be_form(request: Request) -> None:
    media_type = request.headers.get("content-type", "").lower()
    if media_type and not media_type.startswith("multipart/form-data"):
        raise ProblemError(
            415,
            "unsupported-media-type",
            "The body must be a form with files.",
            hint="Send it as `multipart/form-data`, each picture in a part named `file`.",
            headers={"Accept": "multipart/form-data"},
        )


def _check(model: type[BaseModel], body: bytes) -> None:
    try:
        model.model_validate_json(body, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from error
