"""The rules of the model test for money: budgets are set, run short, hold work up, and are raised."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from episodes.lifecycle import EpisodeState as E
from episodes.model import Opening
from episodes.plan import Plan
from tests.builders import a_beat
from tests.reliability.oracle_rows import FINAL
from tests.reliability.store_people import People

NEEDS: tuple[dict[str, int | None], ...] = (
    {"quote_micros": 100},
    {"quote_micros": 101},
    {"quote_micros": 100, "per_hour_micros": 3_600_000},
    {"quote_micros": None, "per_hour_micros": 3_600_000},
    {"quote_micros": None},
    {"quote_micros": 0},
)


class Money(People):
    @rule(data=st.data(), more=st.sampled_from((-1, 0, 100, 10_000)))
    def set_budget(self, data: st.DataObject, more: int) -> None:
        """Around what is gone already; without a limit again soon after, so that other rules find work."""
        one = self.some_episode(data, E.EXECUTING)
        funds = self.oracle.stories[one].funds()
        self.do("set_budget", one, max(0, funds.reserved_micros + funds.spent_micros + more))
        self.do("set_budget", one, self.oracle.stories[one].budget)
        self.look_at_all()
        self.do("set_budget", one, None)
        self.do("set_budget", "nobody", more * more)

    @rule(
        data=st.data(), left=st.sampled_from((0, 100, 200, 250)), needs=st.lists(st.sampled_from(NEEDS), min_size=2, max_size=4)
    )
    def money_runs_short(self, data: st.DataObject, left: int, needs: list[dict[str, int | None]]) -> None:
        """Of a new plan: beats begin as far as the money goes, all at once, then one by one; one ends, and others can go on."""
        one, lease = self.some_episode(data, *FINAL), self.oracle.lease
        self.do("save_plan", one, Plan(beats=tuple(a_beat(i) for i in range(4))), 1)
        story = self.oracle.stories[one]
        if lease is None or story.state is not E.PLANNED:
            return
        self.do("resume_queue")
        self.do("execute", one)
        self._close_what_is_open(one)
        self.do("set_budget", one, story.funds().spent_micros + left)
        self.do("open_attempts", lease, [self._try(one, f"b{i + 1}", need) for i, need in enumerate(needs)])
        self.look_at_all()
        for beat_id, need in zip(story.parts, reversed(needs), strict=False):
            self.do("open_attempts", lease, [self._try(one, beat_id, need)])
        self.look_at_all()
        waiting = [beat_id for beat_id, part in story.parts.items() if part.needs]
        if waiting:
            self._forget_needs(data, one, waiting[0])
        self._close_what_is_open(one)
        self.look_at_all()
        self.do("set_budget", one, None)

    def _forget_needs(self, data: st.DataObject, episode_id: str, beat_id: str) -> None:
        """Whatever opens a beat anew lets it be tried once more."""
        match data.draw(st.sampled_from(("retry", "revise", "fall back"))):
            case "retry":
                self.do("cancel_beat", episode_id, beat_id)
                self.do("retry_beat", episode_id, beat_id)
            case "revise":
                self.begin_anew(episode_id, beat_id)
            case _:
                self.do("give_up", self.oracle.lease, episode_id, beat_id, "nobody can")

    def _close_what_is_open(self, episode_id: str) -> None:
        lease = self.oracle.lease
        for tried in self.oracle.stories[episode_id].open_tries():
            if self.oracle.stories[episode_id].wants(tried) and tried.beat_id is not None:
                self.do("cancel_beat", episode_id, tried.beat_id)
            self.do("close_cancelled", lease, [tried.attempt_id])

    def _try(self, episode_id: str, beat_id: str, need: dict[str, Any]) -> Opening:
        story = self.oracle.stories[episode_id]
        part = story.parts[beat_id]
        return Opening(
            attempt_id=str(uuid.UUID(int=self.a_number())),
            episode_id=episode_id,
            beat_id=beat_id,
            revision=part.revision,
            backend=story.backend(part),
            renderer="r1",
            node="n1",
            **need,
        )
