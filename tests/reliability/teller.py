"""Tells stories through the HTTP API as a client that does not give up, and looks whether what was acknowledged came true."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from episodes.audit import audit
from episodes.job import RenderJob
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import EpisodeView
from episodes.plan import EpisodeRequest, Plan
from episodes.ports import Control
from episodes.world import StoredWorld
from tests.builders import a_beat
from tests.reliability.fault_layer import Faults
from tests.reliability.house import SMALL, House, TinyPlanner
from tests.reliability.local_fleet import STEP_S
from tests.reliability.stamped import Act, stamps_in

PATIENCE_S = 60.0
"""Against hanging: nothing is asserted about time."""
TOLD = {
    "": "episode.created",
    "/plan": "episode.planned",
    "/pause": "episode.paused",
    "/resume": "episode.resumed",
    "/beats/revise": "beat.revised",
}
"""The end of an acknowledged call's path → the event that it leaves, once for each call."""


class ChainPlanner(TinyPlanner):
    """An intent that begins with "In a chain" gets beats each of which waits for the one before."""

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        if not request.intent.startswith("In a chain"):
            return super().plan(episode_id, request, world)
        before = [()] + [(f"b{i}",) for i in range(1, request.num_beats)]
        beats = (a_beat(i, duration_s=request.duration_s, depends_on=before[i]) for i in range(request.num_beats))
        return Plan(beats=tuple(beats), logline=request.intent)


class Gate:
    """An Act that is not over before it is opened, and comes further all the while."""

    def __init__(self) -> None:
        self._is_open = threading.Event()
        self.entered: Counter[str] = Counter()
        """Episode → how many attempts came to it."""

    def open(self) -> None:
        self._is_open.set()

    def __call__(self, job: RenderJob, control: Control) -> None:
        self.entered[job.meta.episode_id] += 1
        num_looks = 0
        while not self._is_open.is_set():
            num_looks += 1
            control.check()
            control.report(num_looks / (num_looks + 1000))
            time.sleep(STEP_S)


class Teller:
    """One story's hands and eyes. `is_calm`: nothing fails but what the story itself makes fail."""

    def __init__(self, house: House, faults: Faults, *, is_calm: bool) -> None:
        self.house = house
        self.faults = faults
        self.is_calm = is_calm
        self.num_calls = 0
        self.num_looked_at = 0
        """By the audit."""
        self._acknowledged: dict[str, Counter[str]] = defaultdict(Counter)

    # --- what a client does ---

    def post(self, path: str, **options: Any) -> dict[str, Any]:
        """Repeated under the same key until it is answered."""
        return self._insist("POST", path, **options)

    def created(self, intent: str = "Mika looks around", **fields: object) -> str:
        episode_id: str = self.post("/episodes", json={**SMALL, "intent": intent, **fields})["episode_id"]
        self._acknowledged[episode_id][""] += 1
        return episode_id

    def move(self, episode_id: str, what: str) -> str:
        """`plan`, `pause`, `beats/b1/retry`, …; the state that was answered."""
        state: str = self.post(f"/episodes/{episode_id}/{what}")["state"]
        self._acknowledged[episode_id][f"/{what}"] += 1
        return state

    def executing(self, intent: str = "Mika looks around", **fields: object) -> str:
        episode_id = self.created(intent, **fields)
        self.move(episode_id, "plan")
        self.move(episode_id, "execute")
        return episode_id

    def revise(self, episode_id: str, beat_id: str, **change: object) -> None:
        self._insist("PATCH", f"/episodes/{episode_id}/beats/{beat_id}", json=change)
        self._acknowledged[episode_id]["/beats/revise"] += 1

    def look(self, episode_id: str) -> dict[str, Any]:
        return self._insist("GET", f"/episodes/{episode_id}")

    def acts(self, acts: Mapping[str, Act]) -> None:
        """Beat id → what happens while it is rendered, from now on."""
        self.house.acts.clear()
        self.house.acts.update(acts)

    def replace_coordinator(self) -> None:
        """By one that knows only what the stores know."""
        self.house.stop_coordinator()
        self.house.start_coordinator()

    # --- what comes of it ---

    def wait_until(self, episode_id: str, holds: Callable[[EpisodeView], bool]) -> EpisodeView:
        return self.house.wait_until(episode_id, holds, limit_s=PATIENCE_S)

    def wait_for_renders(self, episode_id: str, *beat_ids: str) -> None:
        rendering = {*beat_ids}
        self.wait_until(
            episode_id,
            lambda e: rendering <= {b.beat.beat_id for b in e.beats if b.state is BeatState.RENDERING},
        )

    def ended(self, episode_id: str, *states: EpisodeState | BeatState) -> EpisodeView:
        """Wait for the end, which must be one of these, and look whether the clips and the film are those of the selected attempts.

        `states`: the episode's, then those of all its beats, or none of them.
        """
        beat_states = tuple(s for s in states if isinstance(s, BeatState))
        [episode] = self.house.wait_for_end(episode_id, limit_s=PATIENCE_S)
        assert episode.state in states, (episode.state, episode.reason, [(b.state, b.reason) for b in episode.beats])
        if beat_states:
            assert tuple(b.state for b in episode.beats) == beat_states
        self._check_bytes(episode)
        self.check_acknowledged(episode_id)
        return episode

    def check_acknowledged(self, episode_id: str) -> None:
        """Every call that was answered left its event, and none left two."""
        told = Counter(event.event_type for event in self.house.episodes.events(episode_id, limit=100_000))
        for ending, event in TOLD.items():
            assert told[event] == self._acknowledged[episode_id][ending], (event, told, self._acknowledged[episode_id])
        assert told["episode.executing"] >= min(1, self._acknowledged[episode_id]["/execute"])

    def check_all(self) -> int:
        """The audit of the whole house. Returns how much it looked at."""
        report = audit(self.house.episodes, self.house.artifacts)
        assert report.violations == (), report.violations
        return sum(check.num_looked_at for check in report.checks)

    def _check_bytes(self, episode: EpisodeView) -> None:
        winners = []
        for beat in episode.beats:
            selected = [a.attempt_id for a in beat.attempts if a.state is AttemptState.SELECTED and a.revision == beat.revision]
            assert len(selected) == (beat.state is BeatState.ACCEPTED), beat
            winners += selected
            for attempt_id in selected:
                key = f"episodes/{episode.episode_id}/beats/{beat.beat.beat_id}/video/{attempt_id}.mp4"
                assert stamps_in(self.house.artifacts.get_bytes(key)) == [attempt_id]
        films = [a.attempt_id for a in episode.film_attempts if a.state is AttemptState.SELECTED]
        if episode.state in (EpisodeState.COMPLETED, EpisodeState.PARTIALLY_COMPLETED):
            [film] = [a.file for a in episode.artifacts if a.artifact_type == "film"]
            assert stamps_in(self.house.artifacts.get_bytes(film.key)) == [*films, *winners]

    def _insist(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        self.num_calls += 1
        return self.house.insist(method, path, limit_s=PATIENCE_S, **options)


def words(story: Callable[..., object]) -> str:
    return re.sub("_", " ", story.__name__)
