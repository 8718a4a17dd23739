"""The pod that this runs in, as RunPod knows it: what a pod that nobody needs any more deletes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from itertools import chain, repeat

from pydantic import SecretStr

from cluster.errors import Refused, RunPodError
from cluster.orders import RUNPOD_ADDRESS
from cluster.runpod import RunPod
from cluster.wire import HttpWire, Wire

logger = logging.getLogger("storyworld.pod")

_API = "https://api.runpod.io/v2"
_PAUSES_S = (5.0, 10.0, 20.0, 40.0, *repeat(60.0, 30))
"""Half an hour: as long as RunPod has ever been away. Who has to give up then exits, which stops the bill for the GPU."""


class OwnPod:
    """Knows its id and a key that RunPod made for it alone."""

    def __init__(self, pod_id: str, wire: Wire, pause: Callable[[float], bool]) -> None:
        """`pause` waits so many seconds, and says whether to go on."""
        self._pod_id = pod_id
        self._runpod = RunPod(wire, sleep=self._sleep)
        self._pause = pause

    def delete(self) -> bool:
        """Whether RunPod has taken it. False when it refuses, or does not answer for half an hour."""
        for pause_s in chain(_PAUSES_S, (None,)):
            try:
                self._runpod.delete(self._pod_id)
            except Refused as error:
                logger.error("pod_may_not_delete_itself pod_id=%s: %s", self._pod_id, error)  # noqa: TRY400  # it says it all
                return False
            except RunPodError as error:
                logger.warning("pod_not_deleted_yet pod_id=%s: %s", self._pod_id, error)
                if pause_s is None or not self._pause(pause_s):
                    return False
                continue
            logger.info("pod_deleted pod_id=%s", self._pod_id)
            return True
        return False

    def _sleep(self, pause_s: float) -> None:
        self._pause(pause_s)


def own_pod(variables: Mapping[str, str], pause: Callable[[float], bool]) -> OwnPod | None:
    """None where this is no pod of RunPod's."""
    pod_id, key = variables.get("RUNPOD_POD_ID"), variables.get("RUNPOD_API_KEY")
    if not pod_id or not key:
        return None
    return OwnPod(pod_id, HttpWire(variables.get(RUNPOD_ADDRESS) or _API, SecretStr(key)), pause)
