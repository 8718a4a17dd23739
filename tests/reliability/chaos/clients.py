"""People who make episodes while everything breaks: some change their minds, all repeat a call that was not answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from api.client import FINAL_STATES
from tests.reliability.chaos.calls import Call, Caller, GaveUpError, Ledger

NUM_CLIENTS = 4
LOOK_S = 0.4
PATIENCE = 90
"""Looks at an episode before its client turns to another one; it is waited for at the end."""
SMALL = {"world_id": "empty", "width": 64, "height": 64, "fps": 8, "duration_s": 0.5}


@dataclass(kw_only=True)
class Story:
    """One episode as its client knows it."""

    intent: str
    created: Call
    moves: list[str] = field(default_factory=list)
    """Acknowledged, in order."""
    is_uncertain: bool = False
    """A call about it was never answered."""

    @property
    def episode_id(self) -> str:
        return str(self.created.answer["episode_id"])

    @property
    def must_be_cancelled(self) -> bool:
        return bool(self.moves) and self.moves[-1] == "cancel" and not self.is_uncertain


class Clients:
    """A few threads, each a person with a seed."""

    def __init__(self, url: str, seed: int) -> None:
        self.ledger = Ledger()
        self.stories: list[Story] = []
        self.surprises: list[str] = []
        """Refusals that no well-behaved client should meet."""
        self._url = url
        self._closing = threading.Event()
        self._give_up = threading.Event()
        self._threads = [
            threading.Thread(target=self._live, args=(Random(f"{seed}/{n}"), n), name=f"client {n}") for n in range(NUM_CLIENTS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, limit_s: float) -> None:
        """No new episodes; whoever has one in hand brings it to its end."""
        self._closing.set()
        for thread in self._threads:
            thread.join(limit_s)

    def lose_patience(self) -> None:
        """From here on no call is repeated: whoever waits for an answer raises GaveUpError."""
        self._closing.set()
        self._give_up.set()

    def give_up(self) -> None:
        self.lose_patience()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(30)

    def caller(self) -> Caller:
        return Caller(self._url, self.ledger, self._give_up)

    def _live(self, random: Random, number: int) -> None:
        caller = self.caller()
        try:
            count = 0
            while not self._closing.is_set():
                count += 1
                self._make(caller, random, f"Client {number} tells story {count}: Mika looks around and waves")
        except GaveUpError:
            pass
        except Exception as error:
            self.surprises.append(f"client {number}: {type(error).__name__}: {error}")
        finally:
            caller.close()

    def _make(self, caller: Caller, random: Random, intent: str) -> None:
        body = {**SMALL, "intent": intent, "num_beats": random.choice((2, 3, 4, 6)), "seed": random.randrange(1000)}
        created = caller.post("/episodes", body)
        if created.status != 201:
            self.surprises.append(f"create was refused with {created.status}: {created.answer}")
            return
        story = Story(intent=intent, created=created)
        self.stories.append(story)
        whims = (
            self._nothing,
            self._pause,
            self._cancel,
            self._cancel_and_retry,
            self._cancel_beat,
            self._revise,
            self._replan,
        )
        whim = random.choices(whims, weights=(8, 2, 1, 2, 2, 3, 1))[0]
        teller = _Teller(caller, story)
        try:
            teller.move("plan")
            teller.move("execute")
            whim(teller, random)
            teller.wait_for_end(self._give_up.wait)
        except GaveUpError:
            story.is_uncertain = True
            raise

    def _pausing(self, random: Random) -> None:
        self._give_up.wait(random.uniform(0.2, 2.0))

    def _nothing(self, teller: _Teller, random: Random) -> None: ...

    def _pause(self, teller: _Teller, random: Random) -> None:
        self._pausing(random)
        teller.move("pause")
        self._pausing(random)
        teller.move("resume")

    def _cancel(self, teller: _Teller, random: Random) -> None:
        self._pausing(random)
        teller.move("cancel")

    def _cancel_and_retry(self, teller: _Teller, random: Random) -> None:
        self._cancel(teller, random)
        teller.wait_for_end(self._give_up.wait)
        teller.move("retry")

    def _cancel_beat(self, teller: _Teller, random: Random) -> None:
        self._pausing(random)
        teller.move("cancel", random.choice(teller.beats()))
        if random.random() < 0.5:
            teller.move("retry")

    def _revise(self, teller: _Teller, random: Random) -> None:
        self._pausing(random)
        teller.revise(random.choice(teller.beats()), {"seed": random.randrange(1000)})

    def _replan(self, teller: _Teller, random: Random) -> None:
        self._pausing(random)
        teller.move("plan")
        teller.move("execute")


class _Teller:
    """Makes the moves of one story and remembers what was acknowledged."""

    def __init__(self, caller: Caller, story: Story) -> None:
        self._caller = caller
        self._story = story
        self._path = f"/episodes/{story.episode_id}"

    def move(self, move: str, beat_id: str | None = None) -> None:
        path = self._path if beat_id is None else f"{self._path}/beats/{beat_id}"
        self._note(move if beat_id is None else f"{move} a beat", self._caller.post(f"{path}/{move}"))

    def revise(self, beat_id: str, changes: dict[str, Any]) -> None:
        self._note("revise", self._caller.patch(f"{self._path}/beats/{beat_id}", changes))

    def beats(self) -> list[str]:
        return [beat["beat_id"] for beat in self._caller.get(self._path)["beats"]]

    def wait_for_end(self, wait: Callable[[float], object]) -> None:
        for _ in range(PATIENCE):
            if self._caller.get(self._path)["state"] in FINAL_STATES:
                return
            wait(LOOK_S)

    def _note(self, move: str, call: Call) -> None:
        if call.is_acknowledged:
            self._story.moves.append(move)
