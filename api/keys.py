"""Who may call the API: keys, kept and compared as SHA-256, so that no process holds one that could be read out of it.

A key comes as `Authorization: Bearer …`. A browser's EventSource and <video> cannot send that header, so a GET may bring the key as
a cookie instead, which the page sets itself (`SameSite=Strict`). A cookie is sent without anybody's asking, so it reads only: no page
elsewhere can have a visitor's browser change anything.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import ProblemError
from episodes.errors import BadInput

log = logging.getLogger(__name__)

COOKIE = "storyworld_key"
OPEN_PATHS = frozenset({"/", "/docs", "/openapi.json", "/healthz", "/readyz"})
"""Probes, and the description: it holds nothing of anybody's, and says how to come in."""
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    name: str
    """Whose it is, for the log."""
    sha256: bytes = field(repr=False)


def api_key(name: str, key: str) -> ApiKey:
    return ApiKey(name=name, sha256=_sha256(key))


def refuse_open_door(host: str, *, has_keys: bool) -> None:
    """Without keys the API is for this machine alone. Raises BadInput when `host` is an address that others reach."""
    if not has_keys and not is_loopback(host):
        raise BadInput(
            f"The API would listen on {host} without keys, open to whoever reaches it.",
            "Set API_KEYS, or let it listen on 127.0.0.1.",
            "API_KEYS",
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class KeyGuard:
    """ASGI middleware: answers 401 to whoever brings no key that is known, before a byte of the body is read."""

    def __init__(self, app: ASGIApp, keys: Sequence[ApiKey]) -> None:
        self.app = app
        self._keys = tuple(keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _path(scope) not in OPEN_PATHS:
            who = self._whose(_key_in(scope))
            if who is None:
                log.warning("request.refused", extra={"method": scope["method"], "path": scope["path"]})
                await _refusal(scope).response(scope)(scope, receive, send)
                return
            if scope["method"] not in READING:
                log.info("request.admitted", extra={"key": who, "method": scope["method"], "path": scope["path"]})
        await self.app(scope, receive, send)

    def _whose(self, key: str) -> str | None:
        """Looks at all keys, found or not: how long it takes tells nothing."""
        digest = _sha256(key)
        names = [known.name for known in self._keys if hmac.compare_digest(known.sha256, digest)]
        return names[0] if names else None


def _path(scope: Scope) -> str:
    """Below the prefix under which the API is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/"))


def _key_in(scope: Scope) -> str:
    headers = Headers(scope=scope)
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "") if scope["method"] in READING else ""


def _refusal(scope: Scope) -> ProblemError:
    brought = "The key is not one of this system's." if _key_in(scope) else "This call needs a key."
    hint = "Send `Authorization: Bearer <key>`; whoever runs this system has the keys in API_KEYS."
    return ProblemError(401, "unauthorized", brought, hint=hint, headers={"WWW-Authenticate": 'Bearer realm="StoryWorld"'})


def _sha256(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", errors="replace")).digest()
