"""One HTTP call to RunPod's API, and nothing that could repeat it: whoever may call twice decides that above."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import Protocol
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from cluster.errors import Unanswered


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    method: str
    path: str
    """Under the API's address: "/pods"."""
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    """Goes out as JSON. Hidden, because a pod's environment carries secrets."""
    timeout_s: float = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes = field(repr=False)


class Wire(Protocol):
    """Carries a call once. Raises Unanswered when no whole answer came back; any status is an answer. Safe from many threads."""

    def __call__(self, call: Call) -> Answer: ...


class HttpWire:
    """Implements Wire over HTTP(S), a connection per call. Follows no redirect: it would carry the key to somebody else."""

    def __init__(self, address: str, key: SecretStr) -> None:
        self._address = address.rstrip("/")
        self._key = key
        self._opener = urllib.request.build_opener(_NoRedirects())

    def __call__(self, call: Call) -> Answer:
        request = self._request(call)
        try:
            with self._opener.open(request, timeout=call.timeout_s) as response:
                return Answer(status=response.status, headers=_lowered(response.headers), body=response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers=_lowered(error.headers), body=_read(error, call))
        except (OSError, HTTPException) as error:  # refused, reset, timed out, cut off in the middle
            raise Unanswered(f"RunPod did not answer {call.method} {call.path}: {error}.") from error

    def _request(self, call: Call) -> urllib.request.Request:
        query = f"?{urlencode(call.query)}" if call.query else ""
        return urllib.request.Request(  # noqa: S310  # the address was checked when the configuration was read
            f"{self._address}{quote(call.path)}{query}",
            method=call.method,
            data=None if call.body is None else json.dumps(call.body).encode(),
            headers={
                "Authorization": f"Bearer {self._key.get_secret_value()}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "storyworld-cluster",
            },
        )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(error: urllib.error.HTTPError, call: Call) -> bytes:
    try:
        return error.read()
    except (OSError, HTTPException) as broken:
        raise Unanswered(f"RunPod's answer to {call.method} {call.path} broke off.") from broken
