"""RunPod's REST API, version 2: the six calls that are needed.

Repeated are only calls that may be: reading and deleting. Creating goes out once, because an answer that was lost
may stand for a pod that bills.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cluster.errors import NoSuchPod, RateLimited, Refused, Unanswered
from cluster.pods import CpuOffer, GpuOffer, Pod
from cluster.wire import Answer, Call, Wire

_TRIES = 3
_FIRST_PAUSE_S = 0.5  # doubled from try to try
_LONGEST_PAUSE_S = 10.0
"""Who is told to wait longer gives up instead: the autoscaler's next cycle tries again, and nothing else waits meanwhile."""
_CREATE_TIMEOUT_S = 60.0
_DEFAULT_RETRY_AFTER_S = 5.0

_Noun = TypeVar("_Noun", bound=BaseModel)


class RunPod:
    """Raises Refused (NoSuchPod), RateLimited or Unanswered. Safe from many threads."""

    def __init__(self, wire: Wire, sleep: Callable[[float], None] = time.sleep) -> None:
        self._wire = wire
        self._sleep = sleep

    def pods(self, wanted: Callable[[str], bool]) -> list[Pod]:
        """All pods of the account whose name is `wanted`; TERMINATED ones linger for a while."""
        listed = _whole(self._repeat(Call(method="GET", path="/pods"))).get("pods")
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise Unanswered("RunPod's list of pods has another shape than it should have.")
        return [_parse(Pod, item) for item in listed if wanted(str(item.get("name", "")))]

    def pod(self, pod_id: str) -> Pod:
        return _parse(Pod, _whole(self._repeat(Call(method="GET", path=f"/pods/{pod_id}"))))

    def create(self, body: Mapping[str, object]) -> Pod:
        """Order one pod, with one call. After Unanswered, look for it by its name before anything else."""
        answer = self._wire(Call(method="POST", path="/pods", body=body, timeout_s=_CREATE_TIMEOUT_S))
        return _parse(Pod, _whole(_accepted(answer, "POST /pods")))

    def delete(self, pod_id: str) -> None:
        """Ends a pod for good. One that RunPod does not know is no error: an earlier try may have ended it."""
        try:
            self._repeat(Call(method="DELETE", path=f"/pods/{pod_id}"))
        except NoSuchPod:
            return

    def gpus(self, *, count: int, cloud: str) -> dict[str, GpuOffer]:
        """GPU types: prices, and where there is stock for pods with so many of it."""
        listed = self._offered("gpus", {"count": str(count), "cloud": cloud})
        return {offer.id: offer for offer in (_parse(GpuOffer, item) for item in listed)}

    def cpus(self, *, count: int) -> dict[str, CpuOffer]:
        """CPU flavours: prices, and where there is stock for pods with so many vCPUs."""
        listed = self._offered("cpus", {"vcpuCount": str(count)})
        return {offer.id: offer for offer in (_parse(CpuOffer, item) for item in listed)}

    def _offered(self, kind: str, query: Mapping[str, str]) -> list[object]:
        query = {"include": "AVAILABILITY", "product": "POD", **query}
        listed = _whole(self._repeat(Call(method="GET", path=f"/catalog/{kind}", query=query))).get(kind)
        if not isinstance(listed, list):
            raise Unanswered("RunPod's catalogue has another shape than it should have.")
        return listed

    def _repeat(self, call: Call) -> Answer:
        pause_s = _FIRST_PAUSE_S
        for _ in range(_TRIES - 1):
            try:
                return _accepted(self._wire(call), f"{call.method} {call.path}")
            except Unanswered:
                self._sleep(pause_s)
            except RateLimited as error:
                if error.retry_after_s > _LONGEST_PAUSE_S:
                    raise
                self._sleep(max(pause_s, error.retry_after_s))
            pause_s *= 2
        return _accepted(self._wire(call), f"{call.method} {call.path}")


def _accepted(answer: Answer, what: str) -> Answer:
    """The answer, if it is a yes."""
    if 200 <= answer.status < 300:
        return answer
    message = f"RunPod answered {what} with {answer.status}: {_detail(answer)}."
    if answer.status == 429:
        raise RateLimited(message, _retry_after_s(answer))
    if answer.status == 404:
        raise NoSuchPod(message, answer.status)
    if 400 <= answer.status < 500 and answer.status != 408:
        raise Refused(message, answer.status)
    raise Unanswered(message)  # 5xx, a redirect or a timeout on its side: it may have been done all the same


def _retry_after_s(answer: Answer) -> float:
    try:
        return max(0.0, float(answer.headers["retry-after"]))
    except (KeyError, ValueError):
        return _DEFAULT_RETRY_AFTER_S


def _detail(answer: Answer) -> str:
    """RunPod's own words, without what they might quote of the request."""
    try:
        problem = json.loads(answer.body)
        return str(problem["detail"])[:300].rstrip(".")
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _whole(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError as error:
        raise Unanswered("RunPod's answer is not JSON.") from error
    if not isinstance(value, dict):
        raise Unanswered("RunPod's answer has another shape than it should have.")
    return value


def _parse(noun: type[_Noun], value: object) -> _Noun:
    try:
        return noun.model_validate(value)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Unanswered(f"RunPod's answer cannot be read: {noun.__name__}.{where} is not what it should be.") from error
