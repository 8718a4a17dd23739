"""The fake RunPod's counter: takes a request, holds it and the answer to the description, and lets faults strike."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cluster.errors import Unanswered
from cluster.wire import Answer, Call
from tests.runpod.cloud import FakeCloud, Rejected
from tests.runpod.description import faults_of_answer, faults_of_request, operation_of
from tests.runpod.faults import Fault, Faults

KEY = "rpa_a_key_for_tests"
_TITLES = {400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    method: str
    path: str
    body: Any


class Desk:
    """Safe from many threads."""

    def __init__(self, cloud: FakeCloud) -> None:
        self.cloud = cloud
        self.faults = Faults()
        self.asked: list[Asked] = []
        """All requests, in order."""
        self.violations: list[str] = []
        """Where either side left the description: a test that expects none has to look."""
        self.empty_lists = 0
        """So many of the next lists have nothing in them."""
        self._lock = threading.Lock()

    def num_asked(self, method: str, path: str = "/v2/pods") -> int:
        return sum(asked.method == method and asked.path.startswith(path) for asked in self.asked)

    def answer(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: object) -> Answer:
        """Raises Unanswered where the connection is to break."""
        with self._lock:
            self.asked.append(Asked(method=method, path=path, body=body))
        fault = self.faults.strike(method, path)
        if fault is not None and not fault.is_done:
            return _broken(fault)
        answered = self._carry_out(method, path, query, headers, body)
        return _broken(fault) if fault is not None else answered

    def _carry_out(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: object) -> Answer:
        operation = operation_of(method, path)
        if operation is None:
            return _problem(404, "no such call")
        if headers.get("authorization") != f"Bearer {KEY}":
            return _problem(401, "missing bearer token")
        if wrong := faults_of_request(operation, query, body):
            self.violations += [f"request {operation}: {text}" for text in wrong]
            return _problem(422, "Request validation failed.", wrong)
        try:
            status, told = self._served(operation, path, query, body)
        except Rejected as no:
            return _problem(no.status, no.detail)
        self.violations += [f"answer to {operation}: {text}" for text in faults_of_answer(operation, status, told)]
        return Answer(status=status, headers={}, body=b"" if told is None else json.dumps(told).encode())

    def _served(self, operation: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, object]:
        pod_id = path.rsplit("/", 1)[-1]
        match operation:
            case "GET /v2/pods":
                return 200, self._list()
            case "POST /v2/pods":
                return 201, self.cloud.create(body)
            case "GET /v2/pods/{id}":
                return 200, self.cloud.pod(pod_id)
            case "DELETE /v2/pods/{id}":
                self.cloud.delete(pod_id)
                return 204, None
            case "GET /v2/catalog/gpus":
                return 200, self.cloud.catalogue(query["cloud"], int(query.get("count", "1")))
            case "GET /v2/catalog/cpus":
                return 200, self.cloud.cpu_catalogue()
            case _:
                raise AssertionError(f"the description has {operation}, and the fake has not")

    def _list(self) -> dict[str, Any]:
        with self._lock:
            if self.empty_lists > 0:
                self.empty_lists -= 1
                return {"pods": []}
        return self.cloud.shown()


class DeskWire:
    """Implements cluster.wire.Wire without a network: straight to the counter."""

    def __init__(self, desk: Desk, key: str = KEY) -> None:
        self._desk = desk
        self._headers = {"authorization": f"Bearer {key}"}

    def __call__(self, call: Call) -> Answer:
        body = None if call.body is None else json.loads(json.dumps(call.body))
        return self._desk.answer(call.method, f"/v2{call.path}", call.query, self._headers, body)


def _broken(fault: Fault) -> Answer:
    if fault.status is None:
        raise Unanswered("the connection broke")
    return _problem(fault.status, fault.detail, headers=fault.headers)


def _problem(status: int, detail: str, errors: list[str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    told: dict[str, object] = {"title": _TITLES.get(status, "Error"), "status": status, "detail": detail}
    if errors:
        told["errors"] = errors
    return Answer(status=status, headers=headers or {}, body=json.dumps(told).encode())
