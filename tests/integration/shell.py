"""A shell beside an API on loopback, whose stores live in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from typer.testing import CliRunner

import storyworld
from episodes.lifecycle import BeatState
from tests.api.rig import Rig
from tests.builders import a_plan, a_request


@dataclass(frozen=True, kw_only=True)
class Shell:
    rig: Rig
    url: str

    def run(self, *words: str) -> str:
        """What a command that works says."""
        code, said = say(*words, "--url", self.url)
        assert code == 0, said
        return said

    def refused(self, *words: str) -> str:
        """What a command that does not work says."""
        code, said = say(*words, "--url", self.url)
        assert code == 1, said
        return said

    def executing(self) -> str:
        store = self.rig.episodes
        episode_id = store.create(a_request()).episode_id
        store.save_plan(episode_id, a_plan(2), 1)
        store.execute(episode_id)
        return episode_id

    def states(self, episode_id: str) -> list[BeatState]:
        return [beat.state for beat in self.rig.episodes.episode(episode_id).beats]


def say(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(storyworld.cli, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    return result.exit_code, result.output.strip()


@contextmanager
def serving(rig: Rig) -> Iterator[Shell]:
    server = uvicorn.Server(uvicorn.Config(rig.app, port=0, ws="none", lifespan="off", log_level="error"))
    thread = threading.Thread(target=server.run, name="loopback api")
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield Shell(rig=rig, url=f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = True
    thread.join(30)
