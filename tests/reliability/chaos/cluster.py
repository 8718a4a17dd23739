"""The system under test on this machine: PostgreSQL, S3 behind a line, two Ray nodes, and the API on Ray Serve."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.client import Client
from storage.artifacts import S3Recipe
from tests.contract.databases import PostgresServer, postgres_server
from tests.contract.s3_servers import CREDENTIALS, S3Server, moto
from tests.reliability.chaos.line import CutLine
from tests.reliability.chaos.processes import NODE_VARIABLE, command_of, kill_all, members, pids_of, send

ROOT = Path(__file__).resolve().parents[3]
HEAD, SECOND = "head", "second"
START_LIMIT_S = 240.0
"""Ten times what it takes where nothing else runs."""
SUPERVISED = ("sh", "-c", 'until "$@"; do sleep 1; done')
"""As a machine's supervisor would: on a busy machine Ray gives up a start after 30 s."""
STOP_LIMIT_S = 60.0
NUM_RENDERERS = 4
FLEET = {"animatic": {"count": NUM_RENDERERS, "num_cpus": 0.3}}
"""Of a node's one CPU. Beside coordinator, API and publisher the head has room for two, the second node for two or more."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Everything that faults are done to. Processes of Ray are children of this one, found by the home in their environment."""

    home: Path
    database: PostgresServer
    s3: S3Server
    bucket: str
    line: CutLine
    ray_port: int
    api_port: int
    environment: Mapping[str, str]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def start(self) -> None:
        """As a user would: the head, the API, and a second node that joins. Returns when the API is ready and somebody leads."""
        self.start_head()
        self._run(HEAD, sys.executable, "-m", "tests.reliability.chaos.serving", str(self.api_port))
        self.start_second()
        self.wait_until_ready()

    def start_head(self) -> None:
        port = ["--head", f"--port={self.ray_port}", f"--temp-dir={self.home / 'ray'}", "--include-dashboard=false"]
        self._start_node(HEAD, *port)
        eventually(lambda: _listens(self.ray_port), START_LIMIT_S)

    def start_second(self) -> None:
        self._start_node(SECOND, f"--address=127.0.0.1:{self.ray_port}")

    def wait_until_ready(self, limit_s: float = START_LIMIT_S) -> None:
        with Client(self.api) as client:
            eventually(client.is_ready, limit_s)

    def wait_until_whole(self, limit_s: float) -> None:
        """Every planned actor is there, once."""
        wanted = sorted([*(f"renderer:animatic:{n}" for n in range(NUM_RENDERERS)), "coordinator", "api"])

        def is_whole() -> bool:
            found = [name for name in self.names() if not name.startswith("publisher:")]
            return sorted(found) == wanted and len(self.names()) == len(wanted) + 2

        eventually(is_whole, limit_s)

    def names(self) -> list[str]:
        """Of all actors that are alive; a name that is there twice is there twice."""
        return [member.name for member in members(self.home)]

    def bury(self) -> None:
        """kill -9 of whatever is left, however the run ended."""
        kill_all(self.home)
        for child in self.children:
            child.wait()

    def keep_logs(self, folder: Path) -> None:
        """Copy what all processes said, Ray's own included."""
        for log in (*self.home.glob("*.log"), *self.home.glob("ray/session_2*/logs/*")):
            if log.is_file():
                place = folder / log.relative_to(self.home).parent
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(log, place)

    def kill_everything(self) -> None:
        """All of Ray and Serve. PostgreSQL and S3 are other machines'."""
        kill_all(self.home)

    def stop(self) -> None:
        """As a user would: first the API, then the nodes."""
        send(pids_of(self.home), signal.SIGCONT)
        servers = [pid for pid in pids_of(self.home) if "tests.reliability.chaos.serving" in command_of(pid)]
        send(servers, signal.SIGTERM)
        eventually(lambda: not set(servers) & set(pids_of(self.home)), STOP_LIMIT_S)
        for node in (SECOND, HEAD):
            send((p for p in pids_of(self.home, node) if "ray start" in command_of(p)), signal.SIGTERM)

    def _start_node(self, node: str, *arguments: str) -> None:
        ray = str(Path(sys.executable).with_name("ray"))
        own = ["--num-cpus=1", "--object-store-memory=150000000", "--node-ip-address=127.0.0.1", "--disable-usage-stats"]
        self._run(node, ray, "start", "--block", *own, *arguments)

    def _run(self, node: str, *command: str) -> None:
        environment = {**os.environ, **self.environment, NODE_VARIABLE: node}
        with (self.home / f"{node}.log").open("a") as log:
            child = subprocess.Popen(
                [*SUPERVISED, node, *command], stdout=log, stderr=log, env=environment, cwd=self.home, start_new_session=True
            )
        self.children.append(child)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Started, and gone at the end, whatever happened meanwhile."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos", ignore_cleanup_errors=True)))
        database = stack.enter_context(postgres_server())
        s3 = stack.enter_context(moto())
        line = stack.enter_context(CutLine(s3.endpoint).running())
        recipe = s3.fresh_bucket()
        ray_port, api_port = _free_port(), _free_port()
        cluster = Cluster(
            home=home,
            database=database,
            s3=s3,
            bucket=recipe.bucket,
            line=line,
            ray_port=ray_port,
            api_port=api_port,
            environment=_environment(home, database.url, line.endpoint, recipe, ray_port),
        )
        stack.callback(cluster.bury)
        cluster.start()
        cluster.wait_until_whole(START_LIMIT_S)
        yield cluster


def _environment(home: Path, database_url: str, s3_endpoint: str, recipe: S3Recipe, ray_port: int) -> dict[str, str]:
    return {
        "STORYWORLD_HOME": str(home),
        "STORYWORLD_FLEET": json.dumps(FLEET),
        "STORYWORLD_VERSION": "chaos",
        "DATABASE_URL": database_url,
        "LOCAL_MODE": "false",
        "S3_ENDPOINT": s3_endpoint,
        "S3_BUCKET": recipe.bucket,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY": CREDENTIALS.access_key,
        "S3_SECRET_KEY": CREDENTIALS.secret_key,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "RAY_ADDRESS": f"127.0.0.1:{ray_port}",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "a-token-for-tests",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "3",
        # on a busy machine starting takes longer than Ray thinks it may
        "RAY_agent_register_timeout_ms": "240000",
        "RAY_worker_register_timeout_seconds": "240",
        "RAY_worker_niceness": "0",  # clients and servers are no workers: other programs must disturb all alike
    }


def eventually(look: Callable[[], bool], limit_s: float, every_s: float = 0.1) -> None:
    """Wait until it is so. Raises TimeoutError."""
    deadline_s = time.monotonic() + limit_s
    while not look():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"It was not so within {limit_s:.0f} s.")
        time.sleep(every_s)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
