"""A machine looks at itself. Runs on every node, as a task of Ray's."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from actors.doctor.facts import Disk, Gpu, NodeFacts
from actors.doctor.listeners import listeners_here
from actors.parts import code_version
from settings import load_settings

MIB = 1024 * 1024
NVIDIA_SMI = ("--query-gpu=name,memory.used,memory.total", "--format=csv,noheader,nounits")


def facts_here(node: str) -> NodeFacts:
    settings = load_settings()
    listeners = listeners_here()
    return NodeFacts(
        node=node,
        code_version=settings.storyworld_version or code_version(),
        ray_version=version("ray"),
        python_version=platform.python_version(),
        auth_mode=os.environ.get("RAY_AUTH_MODE", ""),
        kept_in=kept_in(os.environ),
        disks=disks_of(settings.storyworld_home, Path(tempfile.gettempdir())),
        gpus=gpus_here(),
        listeners=listeners,
        at_s=time.time(),
    )


def kept_in(variables: Mapping[str, str]) -> str:
    """As Ray's own variables say it: "RocksDB", "Redis", or nothing for memory."""
    if variables.get("RAY_gcs_storage") == "rocksdb":
        return "RocksDB"
    return "Redis" if variables.get("RAY_REDIS_ADDRESS") else ""


def disks_of(*paths: Path) -> tuple[Disk, ...]:
    """The file systems of the paths, each once."""
    by_device = {path.stat().st_dev: path for path in reversed(paths)}
    usages = ((path, shutil.disk_usage(path)) for path in by_device.values())
    return tuple(Disk(path=str(path), free_bytes=usage.free, total_bytes=usage.total) for path, usage in usages)


def gpus_here() -> tuple[Gpu, ...]:
    """Of NVIDIA's make; none where its driver is not."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    said = subprocess.run([command, *NVIDIA_SMI], capture_output=True, text=True, timeout=20, check=False)
    return gpus_in(said.stdout) if said.returncode == 0 else ()


def gpus_in(table: str) -> tuple[Gpu, ...]:
    """`NVIDIA L4, 120, 23034` a line, in MiB. One whose memory is no number (a card that is cut into slices) is left out."""
    rows = ([cell.strip() for cell in line.split(",")] for line in table.splitlines())
    return tuple(
        Gpu(name=row[0], used_bytes=int(row[1]) * MIB, total_bytes=int(row[2]) * MIB)
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    )
