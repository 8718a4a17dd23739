"""What a pod runs, and with which environment: pure."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster.entrypoint.assignment import Assignment
from cluster.entrypoint.head_state import SETTING, options_of, variables_of
from cluster.launching import FILE

MARK = "STORYWORLD_BOOT"
"""In the environment of whatever this entry point starts, and of its children: by it they are found again."""
BOOTSTRAP_FILE = "ray_bootstrap_config.yaml"
"""In the home folder: where Ray's launcher and autoscaler look for it."""
_KEPT_FROM_CHILDREN = ("RUNPOD_API_KEY", FILE, SETTING)
_DEFAULTS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # without it, work that reserves no GPU sees all of them since Ray 2.56
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    # within 5 s, as Serve has it, a busy machine does not get its proxy started, and then the whole API fails
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    # how long a worker's Ray waits for a head that restarts
    "RAY_gcs_rpc_server_reconnect_timeout_s": "600",
}


def ray_command(assignment: Assignment, address: str, home: Path, options: Sequence[str]) -> list[str]:
    """`ray start`. Resources, labels, token, node type and instance id are read by Ray from the environment.

    `options` are the node type's own (`args` in ray-cluster.yaml), and come last so that they win.
    """
    port = assignment.head[1]
    own = ["ray", "start", "--block", "--disable-usage-stats", f"--node-ip-address={address}"]
    if not assignment.is_head:
        return [*own, f"--address={assignment.head[0]}:{port}", *options]
    # RunPod's proxy comes from outside the container; the dashboard asks it for the token
    own += ["--head", f"--port={port}", "--dashboard-host=0.0.0.0"]
    if assignment.file is not None:
        own.append(f"--autoscaling-config={home / BOOTSTRAP_FILE}")
    return [*own, *options_of(assignment.state), *options]


def api_command(assignment: Assignment) -> list[str]:
    return [sys.executable, "-m", "storyworld", "serve", "--host", assignment.api_host, "--port", str(assignment.api_port)]


def environment(variables: Mapping[str, str], assignment: Assignment, address: str, mark: str) -> dict[str, str]:
    """Of all children. The pod's own key stays here: whoever has it can delete the pod. So does the password of the head's state."""
    kept = {name: value for name, value in variables.items() if name not in _KEPT_FROM_CHILDREN}
    own = {
        MARK: mark,
        # Ray's processes call themselves by what they do, and would write that over the environment by which they are found again
        "SPT_NOENV": "1",
        "RAY_AUTH_MODE": "token",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": f"{assignment.limits.drain_s:.0f}",
        **variables_of(assignment.state),
        "PATH": f"{variables.get('PATH', os.defpath)}{os.pathsep}{Path(sys.executable).parent}",
    }
    head = address if assignment.is_head else assignment.head[0]
    return {**_DEFAULTS, **kept, **own, "RAY_ADDRESS": f"{head}:{assignment.head[1]}"}
