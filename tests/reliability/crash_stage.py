"""A client whose memory outlives its process: it repeats what it was not answered, and never what it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from episodes.plan import EpisodeRequest, Plan
from episodes.ports import Control
from episodes.world import StoredWorld
from tests.builders import a_beat
from tests.reliability.house import QUICK, SMALL, House
from tests.reliability.local_fleet import STEP_S
from tests.reliability.stamped import Act

Answer = dict[str, Any]

LIMIT_S = 30.0

PACE = replace(QUICK, lease_ttl_s=60.0, renew_s=0.025, survey_s=0.02, look_s=0.05, stop_s=60.0, silence_s=60.0, stall_s=60.0)
"""Nothing must happen because a machine is slow. Whoever waits for a lease to run out says that it has."""


class Journal:
    """What was asked and what was answered, a line each; written before the client does anything else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        self._asked = {line["asked"] for line in lines if "asked" in line}
        self._answers: dict[str, Answer] = {line["answered"]: line["answer"] for line in lines if "answered" in line}

    def was_asked(self, name: str) -> bool:
        return name in self._asked

    def answer(self, name: str) -> Answer | None:
        return self._answers.get(name)

    def asks(self, name: str) -> None:
        self._asked.add(name)
        self._write({"asked": name})

    def is_answered(self, name: str, answer: Answer) -> None:
        self._answers[name] = answer
        self._write({"answered": name, "answer": answer})

    def _write(self, line: Mapping[str, object]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


class WordsPlanner:
    """A Planner that takes an intent's words for beats: `one needs:one nobody` has three, the last for a backend that nobody has."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        beats = []
        for index, word in enumerate(request.intent.split()):
            beat_id, _, needed = word.partition(":")
            backend = "nobodys" if beat_id == "nobody" else "animatic"
            depends_on = (needed,) if needed else ()
            beats.append(a_beat(index, beat_id=beat_id, duration_s=0.5, backend=backend, depends_on=depends_on))
        return Plan(beats=tuple(beats))


@dataclass(kw_only=True)
class Stage:
    """A folder and a database on which a chapter is played, as often as it takes."""

    folder: Path
    database_url: str

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder / "journal")

    @contextmanager
    def house(self, **options: Any) -> Iterator[House]:
        """As long after the last one that its lease has run out. Whoever fails in it ends with his process."""
        own: dict[str, Any] = {"pace": PACE, "planner": WordsPlanner(), "takes_over": True}
        self._house = House(self.folder, database_url=self.database_url, **own, **options)
        self._house.start()
        yield self._house
        self._house.stop()

    def ask(self, name: str, method: str, path: str, **options: Any) -> Answer:
        """Make a call until it is answered once, in whatever life of this client; then its answer is known."""
        answer = self.journal.answer(name)
        if answer is not None:
            return answer
        self.journal.asks(name)
        keyed = {"headers": {"Idempotency-Key": name.replace(" ", "-")}} if method == "POST" else {}
        response = self._house.call(method, path, **keyed, **options)
        assert response.is_success, f"{name}: {response.status_code} {response.text}"
        told: Answer = response.json()
        self.journal.is_answered(name, told)
        return told

    def once(self, name: str, do: Callable[[], object]) -> None:
        """Do something that no call of the API is, until it is done."""
        if self.journal.answer(name) is None:
            do()
            self.journal.is_answered(name, {})

    def begin(self, intent: str, **fields: object) -> str:
        """An episode whose beats are the words of its intent, planned."""
        episode_id: str = self.ask("create", "POST", "/episodes", json={**SMALL, "intent": intent, **fields})["episode_id"]
        self.ask("plan", "POST", f"/episodes/{episode_id}/plan")
        return episode_id

    def move(self, move: str, path: str, *, again: str = "") -> Answer:
        """POST a move of an episode, a beat or the queue; `again` names it when it comes twice in a chapter."""
        return self.ask(f"{move}{again} {path}", "POST", f"{path}/{move}")

    def look(self, path: str) -> None:
        """A GET must be answered; it is free to be repeated."""
        response = self._house.call("GET", path)
        assert response.is_success, f"{path}: {response.status_code} {response.text}"

    def change_coordinators(self, gate: Gate) -> None:
        """Have another one take over what stands before a gate."""
        gate.wait_for_somebody()
        self._house.kill_coordinator()
        self._house.let_the_lease_run_out()
        self._house.start_coordinator()


class Gate:
    """Where a render, or a film's cutting, stands until it is let through."""

    def __init__(self) -> None:
        self._is_reached = Event()
        self._is_open = Event()

    def open(self) -> None:
        self._is_open.set()

    def wait_for_somebody(self) -> None:
        assert self._is_reached.wait(LIMIT_S), "nobody came to a gate"

    def pass_through(self, control: Control) -> None:
        """Returns when it is open; goes away when told to stop."""
        self._is_reached.set()
        while not self._is_open.is_set():
            control.check()
            time.sleep(STEP_S)


class Uncancelled:
    """A Control that nobody uses."""

    def check(self) -> None: ...

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None: ...


def before(gate: Gate) -> Act:
    """Half of the work is done."""

    def act(job: object, control: Control) -> None:
        control.report(0.5)
        gate.pass_through(control)

    return act
