"""A client that does not give up, and a ledger of everything that it was answered."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

UNANSWERED = frozenset({429, 500, 502, 503, 504})
"""It did not work, or nobody knows: the same call again, under the same key."""
TIMEOUT_S = 10.0
PAUSE_S = 0.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A POST or PATCH that was answered."""

    method: str
    path: str
    key: str
    body: dict[str, Any] | None
    status: int
    answer: dict[str, Any]
    at: float

    @property
    def is_acknowledged(self) -> bool:
        return 200 <= self.status < 300


@dataclass(kw_only=True)
class Ledger:
    """Everything that all clients were told. Safe from any thread."""

    calls: list[Call] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    """What stood in for an answer: a status, or the kind of broken connection."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)

    def troubled(self, what: str) -> None:
        with self._lock:
            self.troubles[what] += 1

    def acknowledged(self) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.is_acknowledged]


class GaveUpError(Exception):
    """No answer before the end of the run."""


class Caller:
    """One client. `give_up` ends all its patience."""

    def __init__(self, url: str, ledger: Ledger, give_up: threading.Event) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S)
        self._ledger = ledger
        self._give_up = give_up

    def close(self) -> None:
        self._http.close()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Call:
        return self._change("POST", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> Call:
        return self._change("PATCH", path, body)

    def get(self, path: str) -> dict[str, Any]:
        answer = self._answer("GET", path, None, "")
        told: dict[str, Any] = answer.json()
        return told

    def repeat(self, call: Call) -> httpx.Response:
        """The same call under the same key once more."""
        return self._answer(call.method, call.path, call.body, call.key)

    def _change(self, method: str, path: str, body: dict[str, Any] | None) -> Call:
        key = str(uuid.uuid4())
        answer = self._answer(method, path, body, key)
        call = Call(
            method=method,
            path=path,
            key=key,
            body=body,
            status=answer.status_code,
            answer=answer.json(),
            at=time.time(),
        )
        self._ledger.answered(call)
        return call

    def _answer(self, method: str, path: str, body: dict[str, Any] | None, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key} if method == "POST" else {}
        while not self._give_up.is_set():
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                self._ledger.troubled(type(error).__name__)
            else:
                # Serve's own words are no JSON: it does not know the application yet, or no longer
                if answer.status_code not in UNANSWERED and "json" in answer.headers.get("content-type", ""):
                    return answer
                self._ledger.troubled(f"{method} {answer.status_code}")
            self._give_up.wait(PAUSE_S)
        raise GaveUpError(f"{method} {path}")
