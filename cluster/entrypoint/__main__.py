"""`python -m cluster.entrypoint [OPTION OF ray start]…`: the first process of a pod, under an init that reaps.

Ends with 0 when it was asked to stop or the pod is deleted, with 1 when the pod could not be deleted, with 2 when its
environment can never work.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cluster.entrypoint.assignment import read_assignment
from cluster.entrypoint.judgement import Act
from cluster.entrypoint.own_pod import own_pod
from cluster.entrypoint.supervisor import Supervisor
from cluster.errors import BadConfig

logger = logging.getLogger("storyworld.pod")


def main(variables: Mapping[str, str], options: Sequence[str]) -> int:
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())

    def pause(pause_s: float) -> bool:
        return not asked_to_stop.wait(pause_s)

    try:
        _check_home(variables)
        move = Supervisor(read_assignment(variables), variables, options, pause, Path.home()).run()
    except BadConfig as error:
        logger.error("pod_cannot_work: %s", error)  # noqa: TRY400  # the sentence says it all
        if variables.get("STORYWORLD_HEAD_ADDRESS"):
            _end(variables, pause)
        return 2
    match move.act:
        case Act.STOP:
            return 0
        case Act.END:
            return 0 if _end(variables, pause) else 1
        case _:
            return 1


def _check_home(variables: Mapping[str, str]) -> None:
    """Raises BadConfig. A disk that is mounted there may be somebody else's."""
    home = Path(variables.get("STORYWORLD_HOME") or ".")
    if not os.access(home, os.W_OK):
        raise BadConfig(
            f"STORYWORLD_HOME is {home.absolute()}, where this user ({os.getuid()}) cannot write.",
            "Mount it for this user, or name another folder.",
        )


def _end(variables: Mapping[str, str], pause: Callable[[float], bool]) -> bool:
    """Whether nothing of it bills any more, as far as this process can see to that."""
    pod = own_pod(variables, pause)
    return pod is None or pod.delete()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.exit(main(os.environ, sys.argv[1:]))
