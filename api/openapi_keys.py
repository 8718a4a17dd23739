"""What the OpenAPI page says about keys, where a system has some."""

from __future__ import annotations

from typing import Any

from api.keys import COOKIE, OPEN_PATHS, READING
from api.openapi import problem_answers

BEARER = {"type": "http", "scheme": "bearer", "description": "One of the system's API_KEYS."}
COOKIE_SCHEME = {
    "type": "apiKey",
    "in": "cookie",
    "name": COOKIE,
    "description": "The same key, for what cannot send a header: EventSource, <video>, <img>. Reads only.",
}
SENTENCE = """

Every call but `/healthz` and `/readyz` needs a key: `Authorization: Bearer <key>`. Event streams and media in a browser may bring it
as the cookie `storyworld_key` instead (`SameSite=Strict`), with which nothing can be changed."""


def describe_keys(spec: dict[str, Any]) -> None:
    spec["info"]["description"] += SENTENCE
    spec["components"]["securitySchemes"] = {"key": BEARER, "cookie": COOKIE_SCHEME}
    spec["security"] = [{"key": []}]
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if path in OPEN_PATHS:
                operation["security"] = []
                continue
            if method.upper() in READING:
                operation["security"] = [{"key": []}, {"cookie": []}]
            told = {**operation["responses"], "401": problem_answers("unauthorized")[401]}
            operation["responses"] = dict(sorted(told.items()))
