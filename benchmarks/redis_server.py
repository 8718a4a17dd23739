"""A real Redis on a free port, without persistence, for as long as a block lasts."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from actors.local import free_port

PACKAGES = ("redis-tools", "libjemalloc2", "liblzf1", "liblua5.1-0", "lua-cjson", "lua-bitop")
"""Of Debian: the server's binary and what it links to. `redis-server` itself holds only its service."""

HELP = "Install Redis, for example with `apt-get install redis-server`, and run this again."


@contextmanager
def running_redis(cache: Path) -> Iterator[int]:
    """Its port. The server is the one on the PATH, else Debian's, unpacked into `cache` without installing it."""
    binary, environment = _find(cache)
    port = free_port()
    command = [str(binary), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _find(cache: Path) -> tuple[Path, Mapping[str, str]]:
    installed = shutil.which("redis-server")
    if installed is not None:
        return Path(installed), {}
    binary = cache / "usr" / "bin" / "redis-check-rdb"
    if not binary.exists():
        _unpack(cache)
    # one program under several names: it looks at its own
    server = binary.with_name("redis-server")
    if not server.exists():
        server.symlink_to(binary.name)
    libraries = ":".join(str(path.parent) for path in cache.glob("usr/lib/*/libjemalloc.so.2"))
    return server, {"LD_LIBRARY_PATH": libraries}


def _unpack(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=cache, check=True, capture_output=True)
        for package in cache.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package.name, "."], cwd=cache, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"There is no redis-server here. {HELP}") from error


def _wait_until_ready(port: int) -> None:
    client = redis.Redis(port=port)
    deadline_s = time.monotonic() + 10
    while True:
        try:
            client.ping()
            return
        except redis.ConnectionError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.02)
