"""What the oracle of the model test makes of the calls of people."""

from __future__ import annotations

import uuid
from typing import Any

from episodes.editing import PlanDifference
from episodes.episode_store import StoredAnswer
from episodes.errors import BadInput, Conflict, IllegalMove, NotFound
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import EpisodeView, FleetSnapshot, Lease
from episodes.money import Funds
from episodes.plan import EpisodeRequest, Plan
from tests.reliability.movable_clock import START_S
from tests.reliability.oracle_rows import FINAL, Part, Refused, Story, Tried, dollars
from tests.reliability.oracle_takes import RetakesBeats


class AskedByPeople(RetakesBeats):
    """Its half for people."""

    def __init__(self) -> None:
        self.now_s = START_S
        self.stories: dict[str, Story] = {}
        self.tries: dict[str, Tried] = {}
        """Of all episodes, in the order of their beginning."""
        self.lease: Lease | None = None
        self.lease_ends = 0.0
        self.is_paused = False
        self.answers: dict[str, StoredAnswer] = {}
        self.snapshot: FleetSnapshot | None = None
        self.done: set[str] = set()
        """Names of calls that have had their effect."""

    def do_once(self, once: str, call: str, *args: Any, **named: Any) -> object:  # Any: arguments of any call of people
        """A call with a name has its effect once; repeated, it tells how things stand."""
        if once not in self.done:
            answer: object = getattr(self, call)(*args, **named)
            self.done.add(once)
            return answer
        if call == "save_plan":
            return self.episode(args[0])
        if call == "ask_for_takes":
            return self.takes(*args[:2])
        if call == "cancel_take":
            return self._take(*args)
        if call == "select_take":
            self._take(*args)
        if call in ("edit_plan", "restore_plan", "select_take"):
            story = self._story(args[0])
            return PlanDifference(kept=tuple(story.parts)), self.episode(args[0])
        return self._story(args[0]).state if args else None

    # --- what people do ---

    def create(self, request: EpisodeRequest, episode_id: str) -> EpisodeView:
        if not _is_usual(episode_id):
            raise Refused(BadInput)
        if episode_id in self.stories:
            if self.stories[episode_id].request != request:
                raise Refused(Conflict)
            return self.episode(episode_id)
        story = Story(episode_id=episode_id, request=request, created_at=self.now_s, updated_at=self.now_s)
        story.budget = request.budget_micros
        self.stories[episode_id] = story
        story.tell(self.now_s, "episode.created", world_id=request.world_id, intent=request.intent)
        return self.episode(episode_id)

    def save_plan(self, episode_id: str, plan: Plan, world_revision: int, *, cause: str = "planned") -> EpisodeView:
        story = self._story(episode_id)
        if story.state is E.CANCELLING:
            raise Refused(IllegalMove, story.state)
        story.revision += 1
        story.keep(self.now_s, plan, world_revision, cause)
        story.disown(None, *(t.beat_id for t in story.tries))
        story.parts = {b.beat_id: Part(beat=b, revision=story.revision) for b in plan.beats}
        for beat_id in story.parts:
            story.forgive(beat_id)
        self._cancel_takes(story, [one.beat_id for one in story.asked])
        self._forget_its_end(story)
        told = {"planner": plan.writing.planner} if plan.writing.planner else {}
        story.enter(self.now_s, E.PLANNED, num_beats=len(plan.beats), world_revision=world_revision, **told)
        return self.episode(episode_id)

    def execute(self, episode_id: str, *, fresh: bool = False) -> E:
        story = self._story(episode_id)
        if story.state is E.PLANNED:
            story.executed_at = self.now_s
            story.enter(self.now_s, E.EXECUTING)
            for part in story.parts.values():
                part.is_fresh = part.is_fresh or fresh
        elif story.state is not E.EXECUTING:
            raise Refused(IllegalMove, story.state)
        return story.state

    def pause(self, episode_id: str) -> E:
        story = self._story(episode_id)
        if story.state is E.EXECUTING:
            story.enter(self.now_s, E.PAUSED)
        elif story.state is not E.PAUSED:
            raise Refused(IllegalMove, story.state)
        return story.state

    def resume(self, episode_id: str) -> E:
        story = self._story(episode_id)
        if story.state is E.PAUSED:
            story.state = E.EXECUTING
            story.tell(self.now_s, "episode.resumed")
        elif story.state is not E.EXECUTING:
            raise Refused(IllegalMove, story.state)
        return story.state

    def pause_queue(self) -> None:
        self.is_paused = True

    def resume_queue(self) -> None:
        self.is_paused = False

    def cancel(self, episode_id: str) -> E:
        story = self._story(episode_id)
        if story.state in (E.CANCELLING, E.CANCELLED):
            return story.state
        if story.state in FINAL:
            raise Refused(IllegalMove, story.state)
        story.cancelled_at = self.now_s
        waits = bool(story.open_tries())
        if waits:
            story.enter(self.now_s, E.CANCELLING)
        for beat_id, part in story.parts.items():
            if part.state in (B.PENDING, B.RENDERING):
                self._cancel_part(story, beat_id, "", with_another=False)
        self._cancel_takes(story, [one.beat_id for one in story.asked])
        if not waits:
            story.enter(self.now_s, E.CANCELLED)
        return story.state

    def cancel_beat(self, episode_id: str, beat_id: str) -> E:
        story = self._story(episode_id)
        if story.state is E.CREATED:
            raise Refused(IllegalMove, story.state)
        part = _part(story, beat_id)
        if part.state in (B.ACCEPTED, B.FAILED):
            raise Refused(IllegalMove, part.state)
        if part.state is B.CANCELLED and not part.ended_with_another:
            return story.state
        story.disown(beat_id)
        with_it = story.waiting_on(beat_id)
        self._cancel_part(story, beat_id, "", with_another=False)
        for one in with_it:
            self._cancel_part(story, one, f"It builds on beat {beat_id}, which was cancelled.", with_another=True)
        return story.state

    def retry_beat(self, episode_id: str, beat_id: str, *, fresh: bool = False) -> E:
        story = self._story(episode_id)
        part = _part(story, beat_id)
        self._check_reopens(story)
        if part.state is B.ACCEPTED:
            raise Refused(IllegalMove, part.state)
        if part.state in (B.PENDING, B.RENDERING):
            return story.state
        self._reopen(story, story.opened_with(beat_id), fresh=fresh)
        self._go_on(story)
        return story.state

    def retry_failed(self, episode_id: str, *, fresh: bool = False) -> E:
        story = self._story(episode_id)
        self._check_reopens(story)
        lacks_only_its_film = story.state in (E.PARTIALLY_COMPLETED, E.CANCELLED) and bool(story.parts)
        if all(part.state is B.ACCEPTED for part in story.parts.values()) and not lacks_only_its_film:
            raise Refused(IllegalMove, story.state)
        self._reopen(story, [one for one, part in story.parts.items() if part.has_no_clip], fresh=fresh)
        self._go_on(story)
        return story.state

    def set_budget(self, episode_id: str, budget: int | None) -> Funds:
        story = self._story(episode_id)
        gone = story.funds()
        if budget is not None and budget < gone.reserved_micros + gone.spent_micros:
            raise Refused(Conflict)
        if budget is not None and any(t.reserved is None for t in story.open_tries()):
            raise Refused(Conflict)
        for part in story.parts.values():
            part.needs = 0
        for asked in story.asked:
            asked.needs = 0
        if story.budget != budget:
            story.budget = budget
            story.tell(self.now_s, "episode.budget", budget=None if budget is None else dollars(budget))
        return story.funds()

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        return self.answers.setdefault(key, answer)

    # --- what these have in common ---

    def _cancel_part(self, story: Story, beat_id: str, why: str, *, with_another: bool) -> None:
        part = story.parts[beat_id]
        part.state, part.reason, part.not_before, part.ended_with_another = B.CANCELLED, why, 0.0, with_another
        story.tell(self.now_s, "beat.cancelled", beat_id=beat_id, **({"reason": why} if why else {}))

    def _check_reopens(self, story: Story) -> None:
        if story.state in (E.CREATED, E.CUTTING, E.CANCELLING, E.COMPLETED):
            raise Refused(IllegalMove, story.state)


def _part(story: Story, beat_id: str) -> Part:
    if beat_id not in story.parts:
        raise Refused(NotFound)
    return story.parts[beat_id]


def _is_usual(episode_id: str) -> bool:
    try:
        return str(uuid.UUID(episode_id)) == episode_id
    except ValueError:
        return False
