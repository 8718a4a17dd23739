"""The rules of the model test for what people do: create, plan, execute, pause, cancel, retry, revise, and ask again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from episodes.editing import with_beat, with_beat_changed, with_beat_moved, without_beat
from episodes.episode_store import StoredAnswer
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.plan import Beat, Plan
from episodes.writing import Writing
from tests.builders import a_beat, a_request
from tests.reliability.oracle_rows import FINAL
from tests.reliability.store_bench import Bench

MAX_EPISODES = 2
"""Enough to see that one is not taken for the other; more of them would cost time at every look."""

MAX_BEATS = 4
DURATIONS_S = (0.5, 1.0, 2.0)
FALLBACKS = ("stub", "veo")


@st.composite
def beats(draw: st.DrawFn, index: int) -> Beat:
    """The beat in this place, with or without needs among those before it."""
    is_needed = [draw(st.booleans()) for _ in range(index)]
    needs = tuple(f"b{i + 1}" for i in range(index) if is_needed[i])
    goes_on_from_one = draw(st.booleans())
    return a_beat(
        index,
        depends_on=needs,
        starts_from=needs[-1] if needs and goes_on_from_one else None,
        duration_s=draw(st.sampled_from(DURATIONS_S)),
        backend=draw(st.sampled_from(("animatic", "stub"))),
        caption=f"Moment {draw(st.integers(1, 9))}",
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    writing = Writing(planner=draw(st.sampled_from(("", "offline"))))
    return Plan(beats=tuple(draw(beats(i)) for i in range(draw(st.integers(1, MAX_BEATS)))), tone="calm", writing=writing)


def _named(beat: Beat, beat_id: str, names: Sequence[str]) -> Beat:
    """A beat that was drawn for a place, in a plan whose beats before that place have these names."""
    name_of = {f"b{index + 1}": name for index, name in enumerate(names)}
    needs = tuple(name_of[one] for one in beat.depends_on)
    starts_from = name_of[beat.starts_from] if beat.starts_from is not None else None
    return beat.model_copy(update={"beat_id": beat_id, "depends_on": needs, "starts_from": starts_from})


class People(Bench):
    @initialize(plan=plans())
    def something_executes(self, plan: Plan) -> None:
        """Whose beats may fall back; those of another may not always."""
        first = self._create(FALLBACKS)
        self.do("save_plan", first, plan, 1)
        self.do("execute", first)

    @precondition(lambda self: len(self.oracle.stories) < MAX_EPISODES)
    @rule(is_named=st.booleans(), plan=plans(), may_fall_back=st.booleans())
    def another_is_planned(self, is_named: bool, plan: Plan, may_fall_back: bool) -> None:
        """Where the store gives the id, the others are told it, and the store itself sees a repeated call."""
        if is_named:
            new = self._create(FALLBACKS if may_fall_back else ())
        else:
            first = self.subjects[0]
            first.set_clock(self.oracle.now_s)
            new = first.store.create(a_request()).episode_id
            assert new not in self.oracle.stories
            self.do("create", a_request(), new)
        self.do("save_plan", new, plan, 1)

    def _create(self, fallbacks: tuple[str, ...]) -> str:
        new = str(uuid.UUID(int=10**6 - self.a_number()))  # so that their order is not that of their making
        self.do("create", a_request(fallbacks=fallbacks), new)
        self.do("create", a_request(world_id="another_world"), new)
        return new

    @rule(data=st.data(), plan=plans(), world_revision=st.integers(1, 3))
    def save_plan(self, data: st.DataObject, plan: Plan, world_revision: int) -> None:
        self.ask(data, "save_plan", self.some_episode(data, *FINAL), plan, world_revision)

    @rule(data=st.data())
    def execute(self, data: st.DataObject) -> None:
        self.ask(data, "execute", self.some_episode(data, E.PLANNED), fresh=data.draw(st.booleans()))

    @rule(data=st.data(), what=st.sampled_from(("pause", "pause", "resume", "pause_queue", "pause_queue", "resume_queue")))
    def hold_or_let_go(self, data: st.DataObject, what: str) -> None:
        match what:
            case "pause":
                self.ask(data, "pause", self.some_episode(data, E.EXECUTING))
            case "resume":
                self.ask(data, "resume", self.some_episode(data, E.PAUSED))
            case _:
                self.ask(data, what)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.ask(data, "cancel", self.some_episode(data, E.EXECUTING, E.PAUSED, E.CUTTING))

    @rule(data=st.data())
    def cancel_beat(self, data: st.DataObject) -> None:
        self.ask(data, "cancel_beat", *self.some_beat(data, B.PENDING, B.RENDERING, B.CANCELLED))

    @rule(data=st.data())
    def retry_beat(self, data: st.DataObject) -> None:
        self.ask(data, "retry_beat", *self.some_beat(data, B.FAILED, B.CANCELLED), fresh=data.draw(st.booleans()))

    @rule(data=st.data())
    def retry_failed(self, data: st.DataObject) -> None:
        ended = self.some_episode(data, E.PARTIALLY_COMPLETED, E.FAILED, E.CANCELLED)
        self.ask(data, "retry_failed", ended, fresh=data.draw(st.booleans()))

    @rule(data=st.data(), is_cancelled=st.booleans())
    def two_needs_of_a_beat_end(self, data: st.DataObject, is_cancelled: bool) -> None:
        """It ends with the first, and opens with neither alone, least of all once it was cancelled for itself; they open with it."""
        plan = Plan(beats=(a_beat(0), a_beat(1), a_beat(2, depends_on=("b1", "b2"))))
        one = self.some_episode(data, *FINAL)
        self.do("save_plan", one, plan, 1)
        self.do("execute", one)
        for beat_id in ("b1", "b2"):
            if is_cancelled:
                self.do("cancel_beat", one, beat_id)
            else:
                self._give_up_for_good(one, beat_id)
        self.do("retry_beat", one, "b1")
        self.do("cancel_beat", one, "b3")
        self.do("retry_beat", one, "b2")
        self.do("cancel_beat", one, "b1")
        self.do("retry_beat", one, "b3")

    @rule(data=st.data(), is_revised=st.booleans())
    def a_beat_has_had_all_its_backends(self, data: st.DataObject, is_revised: bool) -> None:
        """What comes next starts with its first choice again."""
        episode_id, beat_id = self.some_beat(data, B.PENDING)
        self._give_up_for_good(episode_id, beat_id)
        if is_revised and beat_id in self.oracle.stories[episode_id].parts:
            self.begin_anew(episode_id, beat_id)
        else:
            self.do("retry_beat", episode_id, beat_id)
        self._give_up_for_good(episode_id, beat_id)

    def _give_up_for_good(self, episode_id: str, beat_id: str) -> None:
        for _ in range(1 + len(FALLBACKS)):
            self.do("give_up", self.oracle.lease, episode_id, beat_id, f"nobody can, {self.a_number()}")

    @rule(data=st.data(), fault=st.sampled_from(("", "", "", "", "", "place", "need")))
    def revise_beat(self, data: st.DataObject, fault: str) -> None:
        episode_id, beat_id = self.some_beat(data, *B)
        there = [part.beat for part in self.oracle.stories[episode_id].parts.values()]
        names = [beat.beat_id for beat in there]
        if beat_id not in names:
            return
        index = names.index(beat_id)
        beat = _named(data.draw(beats(index)), beat_id, names)
        if fault == "place":
            beat = beat.model_copy(update={"index": index + 1})
        if fault == "need":
            beat = beat.model_copy(update={"depends_on": (beat.beat_id,)})
        self.do("edit_plan", episode_id, with_beat_changed(there, beat), anew=(beat_id,))

    @rule(
        data=st.data(),
        how=st.sampled_from(("insert", "remove", "move", "change", "same", "anew", "no plan")),
        is_looked=st.sampled_from((False, False, True)),
        expected=st.sampled_from((None, None, 0, 1)),
    )
    def edit_plan(self, data: st.DataObject, how: str, is_looked: bool, expected: int | None) -> None:
        """`expected`: so many versions behind the plan."""
        story = self.oracle.stories[self.some_episode(data, *E)]
        there = [part.beat for part in story.parts.values()]
        anew: tuple[str, ...] = ()
        if there and how != "same":
            there, anew = self._other_beats(data, there, how)
        version = None if expected is None else max(0, story.plan_version - expected)
        given: dict[str, Any] = {"anew": anew, "expected": version, "dry_run": is_looked}
        if is_looked:
            self.do("edit_plan", story.episode_id, tuple(there), **given)
        else:
            self.ask(data, "edit_plan", story.episode_id, tuple(there), **given)

    def _other_beats(self, data: st.DataObject, there: list[Beat], how: str) -> tuple[list[Beat], tuple[str, ...]]:
        names = [beat.beat_id for beat in there]
        one, after = data.draw(st.sampled_from(names)), data.draw(st.sampled_from((None, *names)))
        match how:
            case "insert" if len(there) <= MAX_BEATS and (free := [n for n in ("n1", "n2", "b1", "b2") if n not in names]):
                place = 0 if after is None else names.index(after) + 1
                new = _named(data.draw(beats(place)), data.draw(st.sampled_from(free)), names)
                return list(with_beat(there, new, after)), ()
            case "remove":
                return list(without_beat(there, one)), ()
            case "move":
                return list(with_beat_moved(there, one, None if after == one else after)), ()
            case "change":
                new = _named(data.draw(beats(names.index(one))), one, names)
                return list(with_beat_changed(there, new)), ()
            case "anew":
                return there, (one,)
            case _:
                return list(reversed(there)), ()

    @rule(data=st.data(), what=st.sampled_from(("create again", "odd id", "nobody", "no beat", "answer")))
    def ask_something_else(self, data: st.DataObject, what: str) -> None:
        """What has been asked for before, or is of something that nobody knows."""
        there = self.some_episode(data)
        match what:
            case "create again":
                self.do("create", self.oracle.stories[there].request, there)
            case "odd id":
                self.do("create", a_request(), "an-odd-id")
            case "nobody":
                self.do(data.draw(st.sampled_from(("execute", "pause", "resume", "cancel", "retry_failed"))), "nobody")
            case "no beat":
                self.do(data.draw(st.sampled_from(("cancel_beat", "retry_beat"))), there, "b9")
            case _:
                for status in (200, 409):
                    body = f"answer {self.a_number()}".encode()
                    self.do("remember_answer", "key", StoredAnswer(body_sha256="a" * 64, status=status, body=body))
                self.do("answer", data.draw(st.sampled_from(("key", "another key"))))

    @rule(data=st.data(), how_late=st.sampled_from((1, 1, 2, 5, 20)))
    def repeat_a_call(self, data: st.DataObject, how_late: int) -> None:
        """Its acknowledgement got lost: it had its effect, and its caller does not know."""
        named = [one for one in self.done if one[2] is not None]
        call, args, once = (
            data.draw(st.sampled_from(named)) if how_late > 2 and named else self.done[-min(how_late, len(self.done))]
        )
        self.do(call, *args, once=once)

    def ask(self, data: st.DataObject, call: str, *args: object, **how: object) -> None:
        """With or without a name for the call."""
        self.do(call, *args, once=f"call {self.a_number()}" if data.draw(st.booleans()) else None, **how)

    # --- draws ---

    def some_episode(self, data: st.DataObject, *states: E) -> str:
        """Mostly one in such a state, where there is one."""
        there = sorted(self.oracle.stories)
        fitting = [one for one in there if self.oracle.stories[one].state in states]
        return data.draw(st.sampled_from(there if not fitting or data.draw(st.integers(0, 7)) == 7 else fitting))

    def some_beat(self, data: st.DataObject, *states: B) -> tuple[str, str]:
        """Likewise; `b1` of an episode that has none."""
        there = [(one, beat_id) for one, story in self.oracle.stories.items() for beat_id in story.parts or ("b1",)]
        fitting = [
            (one, beat_id)
            for one, story in self.oracle.stories.items()
            for beat_id, part in story.parts.items()
            if part.state in states
        ]
        return data.draw(st.sampled_from(there if not fitting or data.draw(st.integers(0, 7)) == 7 else fitting))
