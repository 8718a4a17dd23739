"""A head's dashboard as a client of jobs sees it: asks for the token, and runs each job in a home folder of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray

from tests.loopback import Answer, Asked, as_json


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

    def answer(self, asked: Asked) -> Answer:
        if not self.is_up:
            return as_json({}, 502)  # as RunPod's proxy does while nobody listens
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return as_json({}, 401)
        return as_json(self.submit(asked.json) if asked.method == "POST" else self.get(asked.path))
