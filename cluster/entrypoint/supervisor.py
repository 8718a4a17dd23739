"""Looks around once a second, and does what judgement.py says."""

from __future__ import annotations

import logging
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cluster.entrypoint.addresses import address_of, address_towards, answers
from cluster.entrypoint.assignment import Assignment
from cluster.entrypoint.commands import BOOTSTRAP_FILE, api_command, environment, ray_command
from cluster.entrypoint.judgement import Act, Life, Memory, Move, Seen, next_move
from cluster.entrypoint.processes import Processes
from cluster.entrypoint.state_probe import check_state
from cluster.errors import OutOfReach

logger = logging.getLogger("storyworld.pod")

_LOOK_S = 1.0
_HEAD_LOOKS = 20
"""Once Ray runs: so many before the dead man's switch says that the head is gone."""
_AFTER_DRAIN_S = 2.0
_ANSWER_LIMIT_S = 30.0
"""Loading Ray takes a second or two, and longer on a busy machine."""


class Supervisor:
    """`pause` waits so many seconds, and says whether the pod may go on; `options` are the node type's own for `ray start`."""

    def __init__(
        self,
        assignment: Assignment,
        variables: Mapping[str, str],
        options: Sequence[str],
        pause: Callable[[float], bool],
        home: Path,
    ) -> None:
        self._assignment = assignment
        self._variables = variables
        self._options = options
        self._pause = pause
        self._home = home
        self._mark = secrets.token_hex(16)
        self._processes = Processes(self._mark)
        self._address: str | None = None
        self._head_looked_s = float("-inf")
        self._ray = Life.ABSENT
        self._keeps: bool | None = None

    def run(self) -> Move:
        """Until the pod is to stop; then its Ray has stopped, and the answer says why."""
        self._write_file()
        memory = Memory(born_s=time.monotonic())
        may_go_on = True
        while True:
            memory, move = next_move(memory, self._look(is_asked_to_stop=not may_go_on), self._assignment)
            if move.act in (Act.STOP, Act.END, Act.GIVE_UP):
                logger.info("pod_leaves act=%s reason=%s", move.act, move.reason)
                self._processes.stop(self._assignment.limits.drain_s + _AFTER_DRAIN_S)
                return move
            self._do(move)
            may_go_on = self._pause(_LOOK_S)

    def _look(self, *, is_asked_to_stop: bool) -> Seen:
        ray = self._processes.ray()
        if ray is not self._ray:
            logger.info("pod_ray_is state=%s", ray)
            self._ray = ray
        keeps, self._keeps = self._keeps, None
        return Seen(
            now_s=time.monotonic(),
            address=self._own_address(),
            head_answers=not is_asked_to_stop and self._head_answers(ray),
            ray=ray,
            api_runs=self._processes.api_runs(),
            is_asked_to_stop=is_asked_to_stop,
            works=self._assignment.is_head or ray is not Life.UP or self._processes.works(),
            keeps=keeps,
        )

    def _own_address(self) -> str | None:
        """Looked for until it is there; Ray cannot change it afterwards."""
        if self._address is None:
            network, host = self._assignment.network, self._assignment.head[0]
            self._address = address_of(network) if network else address_towards(host)
            if self._address is not None:
                logger.info("pod_has_address address=%s network=%s", self._address, network or "default")
        return self._address

    def _head_answers(self, ray: Life) -> bool:
        now_s = time.monotonic()
        if self._assignment.is_head or self._address is None:
            return False
        if ray is Life.UP and now_s - self._head_looked_s < self._assignment.limits.lost_head_s / _HEAD_LOOKS:
            return False
        self._head_looked_s = now_s
        return answers(*self._assignment.head)

    def _do(self, move: Move) -> None:
        if move.act is Act.WAIT or self._address is None:
            return
        if move.act is Act.START_RAY and not self._state_is_in_reach():
            return
        variables = environment(self._variables, self._assignment, self._address, self._mark)
        if move.act is Act.START_RAY:
            logger.info("pod_starts_ray kind=%s address=%s", self._assignment.kind, self._address)
            self._processes.start_ray(ray_command(self._assignment, self._address, self._home, self._options), variables)
        elif move.act is Act.ASK_RAY:
            self._keeps = _answer_of_ray(variables)
            logger.info("pod_is_unused kept_by_ray=%s", self._keeps)
        else:
            logger.info("pod_starts_api port=%d", self._assignment.api_port)
            self._processes.start_api(api_command(self._assignment), variables)

    def _state_is_in_reach(self) -> bool:
        """One that is not counts as a start that came to nothing. Raises BadConfig when it never will be."""
        try:
            check_state(self._assignment.state)
        except OutOfReach as error:
            logger.warning("pod_waits_for_the_heads_state: %s", error)
            return False
        return True

    def _write_file(self) -> None:
        """One that is there was sent by a later `ray up`, and stays."""
        file = self._home / BOOTSTRAP_FILE
        if self._assignment.file is not None and not file.exists():
            file.write_bytes(self._assignment.file)


def _answer_of_ray(variables: Mapping[str, str]) -> bool | None:
    """Whether it keeps a place on this pod; None: it does not say."""
    command = [sys.executable, "-m", "cluster.entrypoint.place_probe"]
    try:
        asked = subprocess.run(
            command, env=dict(variables), capture_output=True, text=True, timeout=_ANSWER_LIMIT_S, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        logger.warning("pod_has_no_answer_of_ray: %s", error)
        return None
    return {"kept": True, "free": False}.get(asked.stdout)
