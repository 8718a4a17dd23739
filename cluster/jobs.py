"""Running a command on the head through its dashboard: the only door that a pod without SSH has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

_LOOK_S = 2.0


class JobStatus(Protocol):
    """Its text is the name of the state."""

    def is_terminal(self) -> bool: ...


class JobClient(Protocol):
    """Of Ray's JobSubmissionClient, what is used here."""

    def submit_job(self, *, entrypoint: str, runtime_env: dict[str, object]) -> str: ...

    def get_job_status(self, job_id: str) -> JobStatus: ...

    def get_job_logs(self, job_id: str) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    succeeded: bool
    output: str


class HeadJobs:
    """`connect` opens a client and raises when the head does not answer, or does not take the token."""

    def __init__(self, connect: Callable[[], JobClient], sleep: Callable[[float], None] = time.sleep) -> None:
        self._connect = connect
        self._sleep = sleep

    def check(self) -> None:
        self._connect()

    def run(self, command: str, env: Mapping[str, str], say: Callable[[str], None]) -> Ran:
        """Tells what it prints as it comes. Asks for the log again and again: RunPod's proxy cuts a quiet connection after 100 s."""
        client = self._connect()
        job_id = client.submit_job(entrypoint=command, runtime_env={"env_vars": dict(env)})
        told = 0
        while True:
            status = client.get_job_status(job_id)
            log = client.get_job_logs(job_id)
            if len(log) > told:
                say(log[told:])
                told = len(log)
            if status.is_terminal():
                return Ran(succeeded=str(status) == "SUCCEEDED", output=log)
            self._sleep(_LOOK_S)


def connect_with_ray(address: str) -> JobClient:
    """Takes the token from RAY_AUTH_MODE and RAY_AUTH_TOKEN, as all of Ray does."""
    from ray.job_submission import JobSubmissionClient  # a second of imports, of no use to the autoscaler

    client: JobClient = JobSubmissionClient(address)
    return client
