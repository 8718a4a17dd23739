"""Real S3 servers on loopback: rclone for the wire, moto for conditional writes (rclone ignores them), and a line that loses replies.

As a program (`python -m tests.contract.s3_servers`) it is the moto server: one request at a time, because moto looks whether
a key is taken and takes it in two steps.
"""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from storage.artifacts import S3Credentials, S3Recipe

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CREDENTIALS = S3Credentials(access_key="LOOPBACK", secret_key="LOOPBACKSECRET")


class S3Server:
    """A server that runs, and a client to prepare it with."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        session = boto3.Session(CREDENTIALS.access_key, CREDENTIALS.secret_key, region_name="us-east-1")
        self.raw: S3Client = session.client("s3", endpoint_url=endpoint)

    def fresh_bucket(self) -> S3Recipe:
        bucket = f"films-{uuid.uuid4().hex[:12]}"
        self.raw.create_bucket(Bucket=bucket)
        return S3Recipe(bucket=bucket, endpoint=self.endpoint)


@contextmanager
def rclone(folder: Path) -> Iterator[S3Server]:
    """`folder` holds the buckets as folders. It checks signatures."""
    program = str(Path(sys.executable).with_name("rclone"))
    keys = f"{CREDENTIALS.access_key},{CREDENTIALS.secret_key}"
    command = [program, "serve", "s3", "--config", "", "--addr", "127.0.0.1:0", "--auth-key", keys, str(folder)]
    with _running(command) as endpoint:
        yield S3Server(endpoint)


@contextmanager
def moto() -> Iterator[S3Server]:
    """It checks no signatures."""
    with _running([sys.executable, "-W", "ignore", "-m", __name__]) as endpoint:
        yield S3Server(endpoint)


class LossyLine:
    """An HTTP proxy before a server. What it loses, it loses after the server has done its work."""

    def __init__(self, endpoint: str) -> None:
        self.lost_replies: dict[str, int] = {}
        """HTTP method → how many of the next replies to it never arrive; `POST completing` is the end of an upload in parts."""
        self.cut_replies = 0
        """How many of the next replies to a GET end in their middle."""
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
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        answer, data = self._ask(request, body)
        request.close_connection = True
        what = "POST completing" if request.command == "POST" and "uploadId=" in request.path else request.command
        if self.lost_replies.get(what, 0):
            self.lost_replies[what] -= 1
            return
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                request.send_header(name, value)
        length = answer.getheader("Content-Length", "0") if request.command == "HEAD" else str(len(data))
        request.send_header("Content-Length", length)
        request.send_header("Connection", "close")  # or the client's next request may meet this connection's end
        request.end_headers()
        if self.cut_replies and request.command == "GET":
            self.cut_replies -= 1
            data = data[: len(data) // 2]
        request.wfile.write(data)

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


@contextmanager
def _running(command: list[str]) -> Iterator[str]:
    """Runs until the block ends. The first line that it says names the address that it took."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert address, f"{command[0]} did not start: {said}{process.stdout.read()}"
            yield address[0]
        finally:
            process.kill()


def _serve_moto() -> None:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    _serve_moto()
