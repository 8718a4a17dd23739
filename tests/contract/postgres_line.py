"""A TCP line to a PostgreSQL server that can lose the reply to a COMMIT, or fall silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

_COMMIT = b"COMMIT\x00"
_CHUNK = 65536


class PostgresLine:
    """`url` leads through it."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._server = (str(where.hostname), int(where.port or 5432))
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = urlunsplit(where._replace(netloc=f"{where.username}@127.0.0.1:{port}"))
        self.lost_commits = 0
        """So many of the next COMMITs are done, and the connection breaks before the reply."""
        self.is_silent = False
        """Whatever is sent arrives, and no reply comes; connections stay open."""
        self.num_lost = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @contextmanager
    def running(self) -> Iterator[PostgresLine]:
        self._begin(self._accept)
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for one in self._sockets:
                _close(one)
            for thread in self._threads:
                thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                loses = threading.Event()
                self._begin(self._carry_requests, client, server, loses)
                self._begin(self._carry_replies, server, client, loses)

    def _carry_requests(self, client: socket.socket, server: socket.socket, loses: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(_CHUNK):
                if _COMMIT in data and self.lost_commits > 0:
                    self.lost_commits -= 1
                    loses.set()
                server.sendall(data)
        _close(server)

    def _carry_replies(self, server: socket.socket, client: socket.socket, loses: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                if loses.is_set():
                    self.num_lost += 1
                    break
                if not self.is_silent:
                    client.sendall(data)
        _close(client)

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args)  # type: ignore[arg-type]  # a method of this class
        self._threads.append(thread)
        thread.start()


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
