"""An HTTP proxy before an S3 server that does to requests and replies what networks and servers do in bad times."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """What a server says instead of doing its work."""

    status: int
    code: str
    """S3's word for it."""

    @property
    def body(self) -> bytes:
        return f"<?xml version='1.0'?><Error><Code>{self.code}</Code><Message>Injected.</Message></Error>".encode()


class LossyLine:
    """Troubles are told apart by the HTTP method; `POST completing` is the end of an upload in parts.

    Each number counts the requests that are still to be troubled; of several troubles the first one in this list happens.
    """

    def __init__(self, endpoint: str) -> None:
        self.is_down = False
        """Every connection ends without an answer, and nothing reaches the server."""
        self.refusal: Refusal | None = None
        """Every request is answered so, and nothing reaches the server."""
        self.cut_requests: dict[str, int] = defaultdict(int)
        """The connection ends in the middle of the body, and nothing reaches the server."""
        self.damaged_requests: dict[str, int] = defaultdict(int)
        """One byte of the body is another one when it arrives."""
        self.lost_replies: dict[str, int] = defaultdict(int)
        """The server does its work, and its reply never arrives."""
        self.slow_replies: dict[str, int] = defaultdict(int)
        """The server does its work, and its reply comes after `slow_s`."""
        self.slow_s = 1.0
        self.cut_replies = 0
        """Replies to a GET that end in their middle."""
        self.damaged_replies = 0
        """Replies to a GET in which one byte of the body is another one."""
        self.troubled: dict[str, int] = defaultdict(int)
        """HTTP method → how many requests had a trouble of any kind."""
        self._upstream = endpoint.removeprefix("http://")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[LossyLine]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        what = "POST completing" if request.command == "POST" and "uploadId=" in request.path else request.command
        size = int(request.headers.get("Content-Length", 0))
        if self.is_down or self._is_due(self.cut_requests, what):
            self.troubled[request.command] += 1
            request.rfile.read(size // 2)
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        body = request.rfile.read(size)
        if self.refusal is not None:
            self.troubled[request.command] += 1
            self._say(request, self.refusal.status, [("Content-Type", "application/xml")], self.refusal.body)
            return
        if body and self._is_due(self.damaged_requests, what):
            self.troubled[request.command] += 1
            body = _damaged(body)
        answer, data = self._ask(request, body)
        if self._is_due(self.lost_replies, what):
            self.troubled[request.command] += 1
            return
        if self._is_due(self.slow_replies, what):
            self.troubled[request.command] += 1
            time.sleep(self.slow_s)
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("connection", "transfer-encoding")]
        self._say(request, answer.status, headers, data)

    def _say(self, request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
        request.send_response(status)
        length = {n.lower(): v for n, v in headers}.get("content-length", "0")
        for name, value in headers:
            if name.lower() != "content-length":
                request.send_header(name, value)
        request.send_header("Content-Length", length if request.command == "HEAD" else str(len(data)))
        request.send_header("Connection", "close")  # or the client's next request may meet this connection's end
        request.end_headers()
        if request.command == "HEAD":
            return
        if request.command == "GET" and status < 300 and self.cut_replies:
            self.cut_replies -= 1
            self.troubled["GET"] += 1
            data = data[: len(data) // 2]
        elif request.command == "GET" and status < 300 and self.damaged_replies:
            self.damaged_replies -= 1
            self.troubled["GET"] += 1
            data = _damaged(data)
        request.wfile.write(data)

    def _is_due(self, trouble: dict[str, int], what: str) -> bool:
        if trouble.get(what, 0) <= 0:
            return False
        trouble[what] -= 1
        return True

    def _ask(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        upstream = http.client.HTTPConnection(self._upstream)
        # the client has sent its body already, so there is nothing left to expect
        headers = {name: value for name, value in request.headers.items() if name.lower() != "expect"}
        upstream.request(request.command, request.path, body, headers)
        answer = upstream.getresponse()
        data = answer.read()
        upstream.close()
        return answer, data

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                line.pass_on(self)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
