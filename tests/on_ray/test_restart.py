"""The whole machine goes away in the middle of an episode, and comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from api.client import JsonObject
from tests.on_ray.system import eventually, running_system


def test_after_a_restart_of_everything_the_episode_goes_on_by_itself(tmp_path: Path) -> None:
    with running_system(tmp_path, joins_ray=False) as system:
        episode_id = system.submit(num_beats=4, width=640, height=360, duration_s=4.0)
        eventually(lambda: accepted(system.client.episode(episode_id)))
        done = accepted(system.client.episode(episode_id))
        kill_everything_of(tmp_path)

    with running_system(tmp_path, joins_ray=False) as system:
        episode = system.wait_for_end(episode_id)

    assert episode["state"] == "COMPLETED"
    clips = {b["beat_id"]: b["attempts"] for b in episode["beats"]}
    assert all(len(clips[beat_id]) == 1 for beat_id in done)
    assert {a["failure_class"] for attempts in clips.values() for a in attempts if a["state"] == "FAILED"} <= {"infra"}


def accepted(episode: JsonObject) -> list[str]:
    return [b["beat_id"] for b in episode["beats"] if b["state"] == "ACCEPTED"]


def kill_everything_of(home: Path) -> None:
    """kill -9 of every process that was started with this home: Serve, Ray's own, and all actors, as a power cut would."""
    mark = f"STORYWORLD_HOME={home}".encode()
    for _ in range(3):  # what was being started while we looked
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                is_ours = mark in environ.read_bytes().split(b"\0")
            except OSError:
                continue
            if is_ours and int(environ.parent.name) != os.getpid():
                os.kill(int(environ.parent.name), signal.SIGKILL)
