"""VideosServer: a shop that speaks `/v1/videos`, as OpenAI defined it and open servers keep it up.

Plain HTTP, because all of it is four requests, and because a client library that repeats a POST by itself buys twice.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from pydantic import SecretStr

from episodes.errors import FailureClass, RenderFailed
from rendering.backends.bought.answers import (
    failure_of,
    forgotten,
    lost,
    retry_after_s,
    unreadable,
    was_never_sent,
    was_sold,
)
from rendering.backends.bought.shop import Over, Placed, Ready, Refused, Request, Take, Trouble, Unclear, Unknown, Working
from rendering.backends.openai_video.options import Setup

KEY_NAME = "OPENAI_VIDEO_API_KEYS"
TIMEOUT = httpx.Timeout(60.0, connect=10.0)

_DONE = ("completed", "succeeded")
_OVER = ("failed", "error", "cancelled", "canceled", "deleted", "expired")
_BLOCKED = ("moderation", "safety", "policy", "blocked")
"""Words in the code of an error that says so."""

log = structlog.get_logger(__name__)


class VideosServer:
    """Implements Shop. Takes servers as they are: without `in_progress`, with numbers for codes, slow to know their own orders."""

    def __init__(self, setup: Setup, key: SecretStr | None) -> None:
        self._setup = setup
        self._key = key
        headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key is not None else {}
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT)

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        try:
            response = self._http.post(f"{self._setup.base_url}/videos", files=self._form(request, first_frame))
        except httpx.HTTPError as error:
            failure = lost(error, server=self._setup.base_url)
            return Refused(failure=failure) if was_never_sent(error) else Unclear(reason=str(failure))
        if response.is_success:
            operation = _fields(response).get("id")
            if isinstance(operation, str) and operation:
                return Placed(operation=operation)
            return Unclear(reason=f"{self._setup.base_url} took it, but named no id.")
        failure = self._failure(response)
        if was_sold(response.status_code):
            return Unclear(reason=str(failure))
        return Refused(failure=failure, retry_after_s=retry_after_s(response.headers))

    def look(self, operation: str) -> Working | Ready | Over | Trouble | Unknown:
        try:
            response = self._http.get(self._url(operation))
        except httpx.HTTPError as error:
            return Trouble(failure=lost(error, server=self._setup.base_url))
        if not response.is_success:
            return self._trouble(response, operation)
        video = _fields(response)
        status = video.get("status")
        if not isinstance(status, str) or not status:
            return Trouble(failure=unreadable("it tells no status", server=self._setup.base_url))
        if status.lower() in _OVER:
            return Over(failure=self._why(video))
        return Ready(fetch=partial(self._fetch, operation)) if status.lower() in _DONE else Working()

    def cancel(self, operation: str) -> bool:
        try:
            response = self._http.delete(self._url(operation))
        except httpx.HTTPError as error:
            log.warning("order.not_cancelled", operation=operation, reason=self._clean(str(error)))
            return False
        return response.is_success

    def _fetch(self, operation: str, take: Take) -> Trouble | Unknown | None:
        try:
            with self._http.stream("GET", f"{self._url(operation)}/content", follow_redirects=True) as response:
                if not response.is_success:
                    response.read()
                    return self._trouble(response, operation)
                for piece in response.iter_bytes():
                    take(piece)
        except httpx.HTTPError as error:
            return Trouble(failure=lost(error, server=self._setup.base_url))
        return None

    def _url(self, operation: str) -> str:
        return f"{self._setup.base_url}/videos/{quote(operation, safe='')}"

    def _form(self, request: Request, first_frame: bytes | None) -> dict[str, tuple[str | None, str | bytes, str | None]]:
        """Always multipart: some servers take nothing else, and OpenAI's own client sends nothing else."""
        fields = {"prompt": request.prompt, "seconds": str(request.seconds), "size": request.size}
        if request.model:
            fields["model"] = request.model
        if "seed" in self._setup.also:
            fields["seed"] = str(request.seed)
        if request.negative_prompt:
            fields["negative_prompt"] = request.negative_prompt
        form: dict[str, tuple[str | None, str | bytes, str | None]] = {n: (None, text, None) for n, text in fields.items()}
        if first_frame is not None:
            form["input_reference"] = ("first_frame.png", first_frame, "image/png")
        return form

    def _trouble(self, response: httpx.Response, operation: str) -> Trouble | Unknown:
        if response.status_code == httpx.codes.NOT_FOUND:
            is_free = self._setup.terms.is_free
            return Unknown(failure=forgotten(operation, server=self._setup.base_url, is_free=is_free))
        return Trouble(failure=self._failure(response), retry_after_s=retry_after_s(response.headers))

    def _failure(self, response: httpx.Response) -> RenderFailed:
        said = self._clean(_message(_fields(response)) or response.reason_phrase)
        return failure_of(response.status_code, said, server=self._setup.base_url, key_name=KEY_NAME)

    def _why(self, video: dict[str, Any]) -> RenderFailed:
        error = video.get("error")
        code = str(error.get("code", "")) if isinstance(error, dict) else ""
        said = self._clean(_message(video) or f"it is {video['status']}").rstrip(".")
        if any(word in code.lower() for word in _BLOCKED):
            return RenderFailed(f"blocked: {said}.", FailureClass.CONTENT, "Revise the beat's prompt.")
        return RenderFailed(f"{self._setup.base_url} could not make the clip: {said}.", FailureClass.OUTPUT)

    def _clean(self, said: str) -> str:
        """Servers that refuse a key like to repeat it."""
        return said.replace(self._key.get_secret_value(), "…") if self._key is not None else said


def _fields(response: httpx.Response) -> dict[str, Any]:
    """Any: whatever a server says of itself."""
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _message(answer: dict[str, Any]) -> str:
    """OpenAI's envelope, FastAPI's `detail`, or a bare message."""
    error = answer.get("error")
    found = error.get("message") if isinstance(error, dict) else error or answer.get("detail") or answer.get("message")
    return str(found) if found else ""
