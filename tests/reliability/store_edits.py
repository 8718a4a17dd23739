"""The rules of the model test for plans that are changed and taken up again, step by step: whatever a change can do, it does once."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from episodes.editing import with_beat, with_beat_changed, with_beat_moved, without_beat
from episodes.lifecycle import EpisodeState as E
from episodes.plan import Beat, Plan
from tests.builders import a_beat
from tests.reliability.oracle_rows import FINAL, Story
from tests.reliability.store_people import People
from tests.reliability.store_work import Work, good


class Edits(People, Work):
    @rule(data=st.data(), what=st.sampled_from(("renders", "has ended", "comes back")))
    def a_plan_is_changed_step_by_step(self, data: st.DataObject, what: str) -> None:
        match what:
            case "renders":
                self._while_it_renders(data)
            case "has ended":
                self._when_it_has_ended(data)
            case _:
                self._and_comes_back(data)

    def _while_it_renders(self, data: st.DataObject) -> None:
        """One of its beats has its clip, two render, one waits for two of them."""
        needy = a_beat(2, depends_on=("b1", "b2"))
        story = self._executing(data, Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)), needy, a_beat(3))))
        if story.state is not E.EXECUTING:
            return
        self._begin(story, "b1")
        self.do("accept", self.oracle.lease, [good(story.tries_of("b1")[-1])])
        self._begin(story, "b2", "b4")
        self._one_is_changed(story)
        self._one_is_taken_out(story)
        self._it_comes_back(story)
        self.begin_anew(story.episode_id, "b1")
        self.do("edit_plan", story.episode_id, _beats(story))
        self.look_at_all()
        self.do("cancel", story.episode_id)
        self.do("edit_plan", story.episode_id, without_beat(_beats(story), "b3"))
        self.do("close_cancelled", self.oracle.lease, [tried.attempt_id for tried in story.open_tries()])
        self.do("settle", self.oracle.lease, story.episode_id)

    def _one_is_changed(self, story: Story) -> None:
        """It is longer now, and what was done of it counts no more; the other goes on, so far that it shows."""
        old, other = story.tries_of("b2")[-1], story.tries_of("b4")[-1]
        self.do("record_progress", self.oracle.lease, {old.attempt_id: 0.25, other.attempt_id: 0.25})
        longer = story.parts["b2"].beat.model_copy(update={"duration_s": 2.0})
        self.do("edit_plan", story.episode_id, with_beat_changed(_beats(story), longer))
        self.do("record_progress", self.oracle.lease, {other.attempt_id: 0.9})
        self._begin(story, "b2")
        self.do("accept", self.oracle.lease, [good(old)])

    def _one_is_taken_out(self, story: Story) -> None:
        """It renders, and its result comes too late. Somebody else was too late for that, and one looked at it before."""
        there, seen = _beats(story), story.plan_version
        fewer = without_beat(there, "b4")
        self.do("edit_plan", story.episode_id, fewer, expected=seen - 1)
        self.do("edit_plan", story.episode_id, fewer, dry_run=True)
        self.look_at_all()
        once = f"call {self.a_number()}"
        self.do("edit_plan", story.episode_id, fewer, expected=seen, once=once)
        self.do("edit_plan", story.episode_id, there, once=once)
        self.do("accept", self.oracle.lease, [good(story.tries_of("b4")[-1])])

    def _it_comes_back(self, story: Story) -> None:
        """And needs what has its clip; it gets another place, and another one needs less than before."""
        back = a_beat(3, depends_on=("b1",))
        self.do("edit_plan", story.episode_id, with_beat(_beats(story), back, "b3"))
        self.look_at_all()
        self._begin(story, "b4")
        self.do("edit_plan", story.episode_id, with_beat_moved(_beats(story), "b4", None))
        needs_less = story.parts["b3"].beat.model_copy(update={"depends_on": ("b1",)})
        self.do("edit_plan", story.episode_id, with_beat_changed(_beats(story), needs_less))
        self.look_at_all()

    def _when_it_has_ended(self, data: st.DataObject) -> None:
        """What a beat took with it opens without it."""
        story = self._executing(data, Plan(beats=(a_beat(0), a_beat(1, depends_on=("b1",)), a_beat(2))))
        if story.state is not E.EXECUTING:
            return
        for beat_id in ("b1", "b3"):
            self._give_up_for_good(story.episode_id, beat_id)
        self.do("settle", self.oracle.lease, story.episode_id)
        self.do("edit_plan", story.episode_id, without_beat(_beats(story), "b1"))
        self.look_at_all()

    def _and_comes_back(self, data: st.DataObject) -> None:
        """With all that it told beside its beats; and the one that it took the place of comes back after it."""
        one = self.some_episode(data, *FINAL)
        self.do("save_plan", one, Plan(beats=(a_beat(0), a_beat(1)), tone="calm", logline="It begins."), 3)
        self.do("save_plan", one, Plan(beats=(a_beat(0, seed=9),), tone="loud", logline="It ends."), 2)
        for _ in range(2):
            newest = self.oracle.stories[one].plan_version
            self.do("restore_plan", one, newest - 1, expected=newest)
            self.look_at_all()
            self.do("plan_version", one, newest + 1)
        self.do("plan_versions", one, limit=2)
        self.do("plan_versions", one, before=2)

    @rule(data=st.data(), how_far=st.integers(-1, 3), is_looked=st.sampled_from((False, False, True)))
    def restore_plan(self, data: st.DataObject, how_far: int, is_looked: bool) -> None:
        """So far behind the newest version, or one that never was."""
        story = self.oracle.stories[self.some_episode(data, *E)]
        version = max(0, story.plan_version - how_far)
        if is_looked:
            self.do("restore_plan", story.episode_id, version, expected=story.plan_version, dry_run=True)
        else:
            self.ask(data, "restore_plan", story.episode_id, version)

    def _executing(self, data: st.DataObject, plan: Plan) -> Story:
        """An episode of that plan, unless it is being cancelled; every other time all of it is to be rendered."""
        one = self.some_episode(data, *FINAL)
        self.do("resume_queue")
        self.do("save_plan", one, plan, 1)
        self.do("execute", one, fresh=len(self.done) % 2 == 0)
        return self.oracle.stories[one]

    def _begin(self, story: Story, *beat_ids: str) -> None:
        openings = [self.opening(story.episode_id, one, story.parts[one].revision) for one in beat_ids]
        self.do("open_attempts", self.oracle.lease, openings)


def _beats(story: Story) -> tuple[Beat, ...]:
    return tuple(part.beat for part in story.parts.values())
