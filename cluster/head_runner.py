"""How `ray up`, `ray exec` and `ray dashboard` reach the head without SSH.

Ray's launcher sets a head up by running commands on it. Ours comes up by itself, with what was ordered with it, so of
these commands only "is it there?" and the newer configuration file mean anything; a user's own command becomes a job.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from ray.autoscaler._private.subprocess_output_util import ProcessRunnerError
from ray.autoscaler.command_runner import CommandRunnerInterface

from cluster.errors import BadConfig
from cluster.jobs import HeadJobs
from cluster.launching import packed

_MAX_PACKED = 90_000  # a shell takes 128 KiB in one argument


class HeadRunner(CommandRunnerInterface):  # type: ignore[misc]  # Ray's classes are Any
    """`address` is the dashboard's. The signatures are Ray's."""

    def __init__(
        self, address: str, jobs: HeadJobs, say: Callable[[str], None] = lambda text: click.echo(text, nl=False)
    ) -> None:
        self._address = address
        self._jobs = jobs
        self._say = say

    def run(
        self,
        cmd: str | None = None,
        timeout: int = 120,
        exit_on_fail: bool = False,
        port_forward: list[tuple[int, int]] | None = None,
        with_output: bool = False,
        environment_variables: dict[str, object] | None = None,
        run_env: str = "auto",
        ssh_options_override_ssh_key: str = "",
        shutdown_after_run: bool = False,
    ) -> str:
        """Raises ProcessRunnerError (ClickException with `exit_on_fail`) for a command that failed, BadConfig for what cannot be."""
        if cmd is None:
            self._say(f"The dashboard is at {self._address}; it asks for the token in RAY_AUTH_TOKEN.\n")
            return ""
        if cmd == "uptime":
            self._jobs.check()
            return ""
        if (run_env == "host" and cmd.startswith("mkdir -p ")) or "ray start --head" in cmd or cmd == "ray stop":
            return ""  # the launcher's own: the head starts Ray by itself, and Ray stops with its pod
        if cmd == "$SHELL":
            raise BadConfig("There is no shell on a pod without SSH.", "Use `ray exec ray-cluster.yaml 'COMMAND'`.")
        return self._run(cmd, {name: str(value) for name, value in (environment_variables or {}).items()}, exit_on_fail)

    def run_rsync_up(self, source: str, target: str, options: dict[str, Any] | None = None) -> None:
        """One small file, such as the configuration; it appears whole, because the autoscaler reads it all the time."""
        path = Path(source)
        if not path.is_file() or len(content := packed(path.read_bytes())) > _MAX_PACKED:
            raise BadConfig(
                f"{source} is too large to be sent, or no file.",
                "Put it into the image, or use `ray job submit --working-dir`.",
            )
        place = _in_shell(target)
        write = f"echo {content} | base64 -d | gunzip > {place}.new && mv {place}.new {place}"
        self._run(f'mkdir -p "$(dirname {place})" && {write}', {}, exit_on_fail=False)

    def run_rsync_down(self, source: str, target: str, options: dict[str, Any] | None = None) -> None:
        raise BadConfig("No file can be fetched from a pod without SSH.", f"Try `ray exec ray-cluster.yaml 'cat {source}'`.")

    def remote_shell_command_str(self) -> str:
        return "ray exec ray-cluster.yaml 'COMMAND'"

    def _run(self, command: str, env: dict[str, str], exit_on_fail: bool) -> str:
        ran = self._jobs.run(command, env, self._say)
        if ran.succeeded:
            return ran.output
        if exit_on_fail:
            raise click.ClickException("The command failed on the head.")
        raise ProcessRunnerError("Command failed", "ssh_command_failed", code=1, command=command)


def _in_shell(path: str) -> str:
    """Quoted, but for the home folder, which is the head's."""
    return f'"$HOME"/{shlex.quote(path[2:])}' if path.startswith("~/") else shlex.quote(path)
