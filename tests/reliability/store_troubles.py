"""The rules of the model test for what goes wrong in an order that nobody would draw: films and beats in trouble, step by step."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from episodes.errors import FailureClass
from episodes.fleet import Preview
from episodes.model import Failure, Lease
from episodes.plan import Plan
from tests.reliability.oracle_rows import Story, Tried
from tests.reliability.store_work import RETRIES_IN_S, Work, good, lost


class Troubles(Work):
    @rule(
        data=st.data(),
        what=st.sampled_from(("fails", "fails", "old content", "cancelled", "begins again")),
        counted=st.booleans(),
    )
    def something_happens_to_a_film(self, data: st.DataObject, what: str, counted: bool) -> None:
        """While it is being cut; afterwards the leader goes on."""
        film = self.being_made(is_film=True)
        if film is None or self.oracle.lease is None:
            return
        again = self.opening(film.episode_id, None, film.revision)
        if what == "fails":
            failure = Failure(
                attempt_id=film.attempt_id,
                failure_class=FailureClass.OUTPUT,
                reason=f"fault {self.a_number()}",
                counted=counted,
                retry_in_s=data.draw(st.sampled_from(RETRIES_IN_S)),
            )
            self.do("fail", self.oracle.lease, [failure])
        if what == "cancelled":
            self.do("cancel", film.episode_id)
            self.do("accept", self.oracle.lease, [good(film)])
        if what == "begins again":
            self.do("open_attempts", self.oracle.lease, [again])
        if what in ("old content", "begins again"):
            self.begin_anew(film.episode_id, next(iter(self.oracle.stories[film.episode_id].parts)))
            self.work(3)
        self.do("open_attempts", self.oracle.lease, [again])
        self.look_at_all()
        self.work(1)

    @rule(is_cancelled=st.booleans(), is_good=st.booleans())
    def a_rendering_beat_begins_anew(self, is_cancelled: bool, is_good: bool) -> None:
        """And then the first attempt's result comes, and the second's, and the beat is revised once more."""
        first = self.being_made(is_film=False)
        if first is None or first.beat_id is None or self.oracle.lease is None:
            return
        story, lease = self.oracle.stories[first.episode_id], self.oracle.lease
        for share in (0.25, 0.75, 0.5):
            self.do("record_progress", lease, {first.attempt_id: share})
        self.do("record_previews", lease, {first.attempt_id: Preview(number=1, jpeg=b"of the first")})
        if is_cancelled:
            self.do("cancel_beat", first.episode_id, first.beat_id)
            self.do("retry_beat", first.episode_id, first.beat_id)
        else:
            self.begin_anew(first.episode_id, first.beat_id)
        for revision in (first.revision, story.parts[first.beat_id].revision):
            self.do("open_attempts", lease, [self.opening(first.episode_id, first.beat_id, revision)])
        self.look_at_all()
        self.do("preview", first.episode_id, first.beat_id)
        newest = story.tries_of(first.beat_id)[-1]
        self.do("record_progress", lease, {first.attempt_id: 0.9, newest.attempt_id: 0.75})
        if is_good:
            self.do("accept", lease, [good(first)])
        else:
            self.do("fail", lease, [lost(first)])
        self.do("accept", lease, [good(newest)])
        self.begin_anew(first.episode_id, first.beat_id)
        self.look_at_all()
        self._ask_for_everything(lease, story, first)
        self._plan_again(lease, story)

    def _plan_again(self, lease: Lease, story: Story) -> None:
        """The same plan while some of the old one is done, which is no part of the new one."""
        self.do("record_progress", lease, {one.attempt_id: 0.5 for one in story.open_tries()})
        self.do("save_plan", story.episode_id, Plan(beats=tuple(part.beat for part in story.parts.values())), 2)
        opening = self.opening(story.episode_id, next(iter(story.parts)), story.revision)
        self.do("open_attempts", lease, [opening])
        self.do("execute", story.episode_id)
        self.do("open_attempts", lease, [opening])
        for share in (0.5, 1.5):
            self.do("record_progress", lease, {opening.attempt_id: share})

    def _ask_for_everything(self, lease: Lease, story: Story, closed: Tried) -> None:
        """While nothing may begin, and then what may: beats in any state, by any backend, and an attempt that is over."""
        again = self.opening(story.episode_id, closed.beat_id, closed.revision, closed.attempt_id)
        for call in ("pause_queue", "resume_queue"):
            self.do(call)
            beats = [self.opening(story.episode_id, one, part.revision) for one, part in story.parts.items()]
            elsewhere = [replace(one, backend=f"not {one.backend}", attempt_id=f"{one.attempt_id} elsewhere") for one in beats]
            older = [self.opening(story.episode_id, one, part.revision - 1) for one, part in story.parts.items()]
            self.do("open_attempts", lease, [*older, *elsewhere, *beats, again])
            self.do("settle", lease, story.episode_id)

    @rule(is_film=st.booleans())
    def trouble_lasts(self, is_film: bool) -> None:
        """The same beat or film fails again and again, a while apart, and at last for good, or falls back."""
        beat_id: str | None = None
        for retry_in_s, counted, then_retried in (
            (2.0, False, False),
            (2.0, True, False),
            (2.0, False, False),
            (2.0, False, True),
            (None, True, False),
        ):
            one = self.being_made(is_film=is_film, beat_id=beat_id)
            if one is None or self.oracle.lease is None:
                return
            beat_id = one.beat_id
            failure = Failure(
                attempt_id=one.attempt_id,
                failure_class=FailureClass.INFRA,
                reason=f"fault {self.a_number()}",
                counted=counted,
                retry_in_s=retry_in_s,
            )
            self.do("fail", self.oracle.lease, [failure])
            for call in ("pause_queue", "resume_queue"):
                self.do(call)
            if is_film:
                self.do("open_attempts", self.oracle.lease, [self.opening(one.episode_id, None, one.revision)])
            if not is_film:
                self.do("pause", one.episode_id)
                self.do("resume", one.episode_id)
            if not is_film and then_retried:
                self.do("cancel_beat", one.episode_id, one.beat_id)
                self.do("retry_beat", one.episode_id, one.beat_id)
            self.wait(self.oracle.stories[one.episode_id])
