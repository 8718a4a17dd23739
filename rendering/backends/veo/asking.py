"""Asking: what goes wrong between Google's client library and its servers, as answers of a shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import httpx2
from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai import errors, types
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
from rendering.backends.bought.shop import Refused, Trouble, Unclear, Unknown
from rendering.backends.veo.options import Setup

TIMEOUT_MS = 120_000
"""An answer may hold a whole clip."""

LOST = (httpx.HTTPError, httpx2.HTTPError)
UNSIGNED = GoogleAuthError
"""Raised while a request is signed: it was not sent."""
NONSENSE = (ValueError, TypeError, AttributeError)
"""What the library raises over an answer that is none of Google's, like a proxy's page: of JSON, of pydantic, or of its own surprise."""


def http_options(setup: Setup) -> types.HttpOptions:
    """One try each: by itself the library repeats a POST up to four times, and each may be paid for."""
    options = types.HttpOptions(timeout=TIMEOUT_MS, retry_options=types.HttpRetryOptions(attempts=1))
    if setup.base_url is not None:
        options.base_url = setup.base_url
    return options


class Asking:
    """Judges by status and words; a key that a server repeats in its words is struck out."""

    def __init__(self, setup: Setup, *, key_name: str, key: SecretStr | None = None) -> None:
        self._server = setup.server
        self._is_free = setup.terms.is_free
        self._key_name = key_name
        self._key = key

    def not_ordered(self, status: int, said: str, headers: Mapping[str, str]) -> Refused | Unclear:
        failure = self._failure(status, said)
        if was_sold(status):
            return Unclear(reason=str(failure))
        return Refused(failure=failure, retry_after_s=retry_after_s(headers))

    def not_answered(self, error: Exception) -> Refused | Unclear:
        failure = lost(error, server=self._server)
        return Refused(failure=failure) if was_never_sent(error) else Unclear(reason=str(failure))

    def not_understood(self, why: str) -> Unclear:
        """An order that was answered, but by whom?"""
        return Unclear(reason=str(self._unreadable(why)))

    def not_seen(self, status: int, said: str, headers: Mapping[str, str], operation: str) -> Trouble | Unknown:
        if status == httpx.codes.NOT_FOUND:
            return Unknown(failure=forgotten(operation, server=self._server, is_free=self._is_free))
        return Trouble(failure=self._failure(status, said), retry_after_s=retry_after_s(headers))

    def away(self, error: Exception) -> Trouble:
        return Trouble(failure=lost(error, server=self._server))

    def not_readable(self, why: str) -> Trouble:
        """A look that was answered, likewise: the order stands."""
        return Trouble(failure=self._unreadable(why))

    def unsigned(self, error: GoogleAuthError) -> RenderFailed:
        if isinstance(error, TransportError):
            return lost(error, server="Google's sign-in")
        return failure_of(401, str(error.args[0]) if error.args else "", server="Google's sign-in", key_name=self._key_name)

    def came_to_nothing(self, code: int | None, said: str) -> RenderFailed:
        """An order that the server took and could not fill; `code`: as gRPC has them."""
        said = self._clean(said).rstrip(".") or "it did not say why"
        match code:
            case 3 | 9 | 11:  # invalid argument, failed precondition, out of range
                return RenderFailed(f"{self._server} refuses the request: {said}.", FailureClass.CONTENT)
            case 8 | 14:  # out of quota, unavailable
                return RenderFailed(f"{self._server} could not make the clip now: {said}.", FailureClass.INFRA)
            case _:
                return RenderFailed(f"{self._server} could not make the clip: {said}.", FailureClass.OUTPUT)

    def blocked(self, said: str) -> RenderFailed:
        said = self._clean(said).rstrip(".") or "it did not say why"
        return RenderFailed(f"blocked: {said}.", FailureClass.CONTENT, "Revise the beat's prompt.")

    def _failure(self, status: int, said: str) -> RenderFailed:
        return failure_of(status, self._clean(said), server=self._server, key_name=self._key_name)

    def _unreadable(self, why: str) -> RenderFailed:
        return unreadable(self._clean(why), server=self._server)

    def _clean(self, said: str) -> str:
        return said.replace(self._key.get_secret_value(), "…") if self._key is not None else said


def headers_of(error: errors.APIError) -> Mapping[str, str]:
    """Any: the library hands on whichever of its HTTP clients' answers it has."""
    response: Any = error.response
    return response.headers if response is not None else {}
