"""A head's dashboard as a client of jobs sees it: asks for the token, and runs each job in a home folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import ray


@dataclass(kw_only=True, slots=True)
class FakeDashboard:
    home: Path
    token: str
    is_up: bool = True
    jobs: list[dict[str, Any]] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    def get(self, path: str) -> dict[str, Any]:
        if path == "/api/version":
            return {"version": "4", "ray_version": ray.__version__, "ray_commit": "", "session_name": "fake"}
        number, _, part = path.removeprefix("/api/jobs/").partition("/")
        return {"logs": self.logs[int(number)]} if part == "logs" else self.jobs[int(number)]

    def submit(self, job: dict[str, Any]) -> dict[str, Any]:
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], **job["runtime_env"].get("env_vars", {})}
        command = ["bash", "-c", job["entrypoint"]]
        ran = subprocess.run(command, env=environment, cwd=self.home, capture_output=True, text=True, check=False)
        number, status = str(len(self.jobs)), "SUCCEEDED" if ran.returncode == 0 else "FAILED"
        self.jobs.append({"type": "SUBMISSION", "submission_id": number, "status": status, "entrypoint": job["entrypoint"]})
        self.logs.append(ran.stdout + ran.stderr)
        return {"job_id": number, "submission_id": number}


@contextmanager
def serving(dashboard: FakeDashboard) -> Iterator[str]:
    """Its address."""
    server = _Server(dashboard)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, dashboard: FakeDashboard) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dashboard = dashboard


class _Handler(BaseHTTPRequestHandler):
    @property
    def _dashboard(self) -> FakeDashboard:
        return cast("_Server", self.server).dashboard

    def do_GET(self) -> None:
        if self._may_come_in():
            self._answer(200, self._dashboard.get(self.path))

    def do_POST(self) -> None:
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._may_come_in():
            self._answer(200, self._dashboard.submit(job))

    def log_message(self, *_: object) -> None:
        return

    def _may_come_in(self) -> bool:
        if not self._dashboard.is_up:
            self._answer(502, {})  # as RunPod's proxy does while nobody listens
            return False
        if self.headers.get("Authorization") != f"Bearer {self._dashboard.token}":
            self._answer(401, {})
            return False
        return True

    def _answer(self, status: int, told: object) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
