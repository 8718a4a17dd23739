"""Real S3 servers on loopback: rclone for the wire, moto for conditional writes (rclone ignores them).

As a program (`python -m tests.contract.s3_servers`) it is the moto server: one request at a time, because moto looks whether
a key is taken and takes it in two steps.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # nobody reads a line per request, and a full pipe stops the server
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    _serve_moto()
