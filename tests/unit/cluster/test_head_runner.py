from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from ray.autoscaler._private.subprocess_output_util import ProcessRunnerError

from cluster.errors import BadConfig
from cluster.head_runner import HeadRunner
from cluster.jobs import HeadJobs

ADDRESS = "https://pod1-8265.proxy.runpod.net"


class Status:
    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return self._name

    def is_terminal(self) -> bool:
        return self._name in ("SUCCEEDED", "FAILED", "STOPPED")


class FakeHead:
    """Implements JobClient: each look at the log finds a line more, until there are no more."""

    def __init__(self, lines: list[str] | None = None, end: str = "SUCCEEDED") -> None:
        self.commands: list[str] = []
        self.env: Mapping[str, object] = {}
        self._lines = lines or []
        self._end = end
        self._num_looks = 0

    def submit_job(self, *, entrypoint: str, runtime_env: dict[str, object]) -> str:
        self.commands.append(entrypoint)
        self.env = runtime_env
        return "job-1"

    def get_job_status(self, job_id: str) -> Status:
        self._num_looks += 1
        return Status(self._end if self._num_looks > len(self._lines) else "RUNNING")

    def get_job_logs(self, job_id: str) -> str:
        return "".join(self._lines[: self._num_looks])


class Bench:
    def __init__(self, head: FakeHead) -> None:
        self.head = head
        self.said: list[str] = []
        self.runner = HeadRunner(ADDRESS, HeadJobs(lambda: head, lambda _: None), self.said.append)


@pytest.mark.parametrize(
    ("command", "run_env"),
    [
        ("mkdir -p ~", "host"),
        ("export RAY_enable_autoscaler_v2=1; ray start --head --autoscaling-config=~/ray_bootstrap_config.yaml", "auto"),
        ("ray stop", "auto"),
    ],
)
def test_what_the_launcher_runs_for_itself_is_not_run(command: str, run_env: str) -> None:
    bench = Bench(FakeHead())

    bench.runner.run(command, run_env=run_env)

    assert bench.head.commands == []


def test_a_command_of_the_user_becomes_a_job_and_is_told_as_it_comes() -> None:
    bench = Bench(FakeHead(["one\n", "two\n"]))

    output = bench.runner.run("mkdir -p /data/x", environment_variables={"N": 1})

    assert bench.head.commands == ["mkdir -p /data/x"]
    assert bench.head.env == {"env_vars": {"N": "1"}}
    assert bench.said == ["one\n", "two\n"]
    assert output == "one\ntwo\n"


@pytest.mark.parametrize(("exit_on_fail", "error"), [(True, click.ClickException), (False, ProcessRunnerError)])
def test_a_command_that_fails_fails_here_too(exit_on_fail: bool, error: type[Exception]) -> None:
    with pytest.raises(error):
        Bench(FakeHead(end="FAILED")).runner.run("false", exit_on_fail=exit_on_fail)


def test_a_head_that_does_not_answer_is_not_there_yet() -> None:
    def refuse() -> FakeHead:
        raise ConnectionError("not yet")

    with pytest.raises(ConnectionError):
        HeadRunner(ADDRESS, HeadJobs(refuse)).run("uptime", run_env="host")


def test_the_dashboard_is_told_where_it_is() -> None:
    bench = Bench(FakeHead())

    bench.runner.run(None, port_forward=[(8265, 8265)])

    assert ADDRESS in bench.said[0]


def test_a_file_arrives_whole_in_the_heads_home(tmp_path: Path) -> None:
    source, home = tmp_path / "source", tmp_path / "it's home"
    source.write_bytes(b"name: 'x'\n" * 900)
    home.mkdir()
    bench = Bench(FakeHead())

    bench.runner.run_rsync_up(str(source), "~/a folder/file.yaml")

    subprocess.run(["bash", "-c", bench.head.commands[0]], env={"HOME": str(home), "PATH": "/usr/bin:/bin"}, check=True)
    assert (home / "a folder" / "file.yaml").read_bytes() == source.read_bytes()
    assert [path.name for path in (home / "a folder").iterdir()] == ["file.yaml"]


def test_what_cannot_be_done_without_ssh_says_what_to_do_instead(tmp_path: Path) -> None:
    runner = Bench(FakeHead()).runner

    with pytest.raises(BadConfig, match="working-dir"):
        runner.run_rsync_up(str(tmp_path), "~/code")
    with pytest.raises(BadConfig, match="cat /data/log"):
        runner.run_rsync_down("/data/log", "log")
    with pytest.raises(BadConfig, match="ray exec"):
        runner.run("$SHELL")
