"""The rules of the model test for takes: asked for, begun, made, failed, stopped and selected, beside whatever else happens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from episodes.errors import FailureClass
from episodes.fleet import Preview
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Acceptance, Failure, Lease, OpenAttempt, Opening
from tests.reliability.oracle_rows import FINAL, Asked, Story, Tried
from tests.reliability.oracle_takes import ALLOWED
from tests.reliability.store_looks import Look
from tests.reliability.store_people import People
from tests.reliability.store_work import RENDERERS, RETRIES_IN_S, Work, good

SEEDS = (7, 8, 41, 42, 43)
"""The first two are those of beats."""


class Takes(People, Work):
    def looks_now(self) -> Iterable[Look]:
        yield from super().looks_now()
        for story in self.oracle.stories.values():
            of = story.episode_id
            for beat_id in sorted({*story.parts, *(one.beat_id for one in story.asked)}):
                yield f"takes of {beat_id} of {of}", lambda s, e=of, b=beat_id: s.takes(e, b)  # type: ignore[misc]
            if self.oracle.lease is not None:
                lease = self.oracle.lease
                yield f"ready takes of {of}", lambda s, e=of, at=lease: s.ready_takes(at, e, limit=9)  # type: ignore[misc]

    # --- one by one ---

    @rule(data=st.data(), seeds=st.lists(st.sampled_from(SEEDS), min_size=1, max_size=2), is_free=st.booleans())
    def ask_for_takes(self, data: st.DataObject, seeds: list[int], is_free: bool) -> None:
        chosen = [100 + self.a_number() for _ in seeds] if is_free else seeds
        self.ask(data, "ask_for_takes", *self.some_beat(data, B.ACCEPTED), chosen)

    @rule(data=st.data(), spoilt=st.sampled_from(("", "", "", "seed", "backend", "revision", "number")))
    def takes_begin(self, data: st.DataObject, spoilt: str) -> None:
        lease = self.some_lease(data)
        openings = [self._opening_of(story, one) for story in self.oracle.stories.values() for one in story.live_takes()]
        match spoilt:
            case "seed":
                openings = [replace(one, seed=(one.seed or 0) + 1) for one in openings]
            case "backend":
                openings = [replace(one, backend=f"not {one.backend}") for one in openings]
            case "revision":
                openings = [replace(one, revision=one.revision + 1) for one in openings]
            case "number":
                openings = [replace(one, take=(one.take or 0) + 1) for one in openings]
        self.begin(self.whoever_has(lease), lease, [*openings, *openings[:1]])

    @rule(data=st.data(), is_looked=st.sampled_from((False, False, True)))
    def select_take(self, data: st.DataObject, is_looked: bool) -> None:
        of_take = self._some_take(data, B.ACCEPTED)
        if is_looked:
            self.do("select_take", *of_take, dry_run=True)
        else:
            self.ask(data, "select_take", *of_take)

    @rule(data=st.data())
    def cancel_take(self, data: st.DataObject) -> None:
        self.ask(data, "cancel_take", *self._some_take(data, B.PENDING, B.RENDERING))

    @rule(data=st.data())
    def give_a_take_up(self, data: st.DataObject) -> None:
        episode_id, beat_id, number = self._some_take(data, B.PENDING)
        why = f"nobody can, {self.a_number()}"
        self.do("give_up", self.some_lease(data), episode_id, beat_id, why, take=number)

    @precondition(lambda self: any(story.live_takes() for story in self.oracle.stories.values()))
    @rule(how=st.sampled_from(("almost", "exactly")))
    def a_back_off_ends(self, how: str) -> None:
        ends = [one.not_before for story in self.oracle.stories.values() for one in story.live_takes()]
        if ahead := [end for end in ends if end > self.oracle.now_s]:
            self.pass_to(max(self.oracle.now_s, min(ahead) - (0.5 if how == "almost" else 0.0)))

    # --- from beginning to end ---

    @rule()
    def takes_are_made_and_selected(self) -> None:
        """Each in turn, while the film is being cut, when it is there, and when it is cut anew."""
        if made := self._two_begun():
            self._choose(*made)

    @rule(retry_in_s=st.sampled_from(RETRIES_IN_S))
    def takes_fail_again_and_again(self, retry_in_s: float | None) -> None:
        if made := self._two_begun():
            self._fail_again_and_again(*made, retry_in_s)

    @rule(call=st.sampled_from(("edit", "cancel", "plan")))
    def takes_lose_their_beat(self, call: str) -> None:
        if made := self._two_begun():
            self._take_the_beat_away(*made, call)

    @rule()
    def takes_wait_while_their_episode_is_held(self) -> None:
        if made := self._two_begun():
            self._hold(*made)

    @rule()
    def takes_are_paid(self) -> None:
        found, lease = self._two_asked(), self.oracle.lease
        if found is not None and lease is not None:
            self._pay(lease, *found)

    def _two_asked(self) -> tuple[Story, str, tuple[int, int]] | None:
        found = self._accepted_beat()
        if found is None or self.oracle.lease is None:
            return None
        story, beat_id = found
        asked = self.do("ask_for_takes", story.episode_id, beat_id, [100 + self.a_number(), 100 + self.a_number()])
        return (story, beat_id, (asked[-2].number, asked[-1].number)) if asked is not None else None

    def _two_begun(self) -> tuple[Lease, Story, str, list[OpenAttempt]] | None:
        """In one call, after others that were not of what was asked for; the first has come some way."""
        found, lease = self._two_asked(), self.oracle.lease
        if found is None or lease is None:
            return None
        story, beat_id, numbers = found
        opening = self._opening(story, beat_id, numbers[0])
        others = [replace(opening, seed=0), replace(opening, backend="another"), replace(opening, revision=0)]
        self.do("open_attempts", lease, [replace(one, attempt_id=f"other {self.a_number()}") for one in others])
        tries = self._begun(lease, story, beat_id, numbers)
        if not tries:
            return None
        for share in (0.25, 0.75, 0.5, 1.5):
            self.do("record_progress", lease, {tries[0].attempt_id: share})
        self.do("record_previews", lease, {tries[0].attempt_id: Preview(number=1, jpeg=b"of a take")})
        self.look_at_all()
        return lease, story, beat_id, tries

    def _choose(self, lease: Lease, story: Story, beat_id: str, tries: Sequence[OpenAttempt]) -> None:
        self._win(lease, tries)
        self.work(2)
        for number in (tries[1].take, 1, tries[0].take, tries[0].take):
            self.do("select_take", story.episode_id, beat_id, number)
            self.look_at_all()
            self.work(2)
        self.do("film_parts", story.episode_id)
        self.do("edit_plan", story.episode_id, [part.beat for part in story.parts.values()], anew=(beat_id,))
        self.do("select_take", story.episode_id, beat_id, tries[1].take)

    def _fail_again_and_again(
        self, lease: Lease, story: Story, beat_id: str, tries: Sequence[OpenAttempt], at_last: float | None
    ) -> None:
        doomed, other = tries
        for counted, retry_in_s in ((False, 2.0), (True, 2.0), (False, 2.0), (True, at_last)):
            failure = Failure(
                attempt_id=doomed.attempt_id,
                failure_class=FailureClass.CRASH if counted else FailureClass.INFRA,
                reason=f"fault {self.a_number()}",
                counted=counted,
                retry_in_s=retry_in_s,
                work_s=0.25,
            )
            self.do("fail", lease, [failure])
            self.do("settle", lease, story.episode_id)
            self.look_at_all()
            self.pass_to(self.oracle.now_s + 2.0)
            again = self._begun(lease, story, beat_id, (doomed.take or 0,))
            if not again:
                break
            [doomed] = again
        self._win(lease, [other])

    def _hold(self, lease: Lease, story: Story, beat_id: str, tries: Sequence[OpenAttempt]) -> None:
        """What runs is accepted; nothing else begins, and nobody gives it up."""
        asked = self.do("ask_for_takes", story.episode_id, beat_id, [100 + self.a_number()])
        self.do("pause", story.episode_id)
        if asked is not None:
            self.do("open_attempts", lease, [self._opening(story, beat_id, asked[-1].number)])
            self.do("give_up", lease, story.episode_id, beat_id, "nobody can", take=asked[-1].number)
            self.do("give_up", lease, story.episode_id, beat_id, "nobody can", take=tries[0].take)
        self._win(lease, tries)
        self.do("select_take", story.episode_id, beat_id, tries[0].take)
        self.look_at_all()
        self.do("resume", story.episode_id)
        if asked is not None:
            self.do("give_up", lease, story.episode_id, beat_id, "nobody can", take=asked[-1].number)

    def _take_the_beat_away(self, lease: Lease, story: Story, beat_id: str, tries: Sequence[OpenAttempt], call: str) -> None:
        self._win(lease, tries[:1])
        beats = [part.beat for part in story.parts.values()]
        match call:
            case "edit":
                self.do("edit_plan", story.episode_id, beats, anew=(beat_id,))
            case "cancel":
                self.do("cancel", story.episode_id)
            case _:
                self.do("save_plan", story.episode_id, self._same_plan(story), 2)
        self.look_at_all()
        self.do("select_take", story.episode_id, beat_id, tries[0].take)
        self._win(lease, tries)
        self.do("settle", lease, story.episode_id)
        self.work(4)
        self.do("ask_for_takes", story.episode_id, beat_id, [100 + self.a_number()])

    def _pay(self, lease: Lease, story: Story, beat_id: str, numbers: Sequence[int]) -> None:
        """There is money for one of two."""
        for tried in [t for t in story.open_tries() if not story.wants(t)]:
            self.do("close_cancelled", lease, [tried.attempt_id])
        funds = story.funds()
        if self.do("set_budget", story.episode_id, funds.reserved_micros + funds.spent_micros + 150) is None:
            return
        priced: dict[str, Any] = {"quote_micros": 100, "per_hour_micros": 0}
        for _ in range(2):
            self.do("open_attempts", lease, [replace(self._opening(story, beat_id, n), **priced) for n in numbers])
        self.look_at_all()
        self.do("set_budget", story.episode_id, None)
        self.do("open_attempts", lease, [replace(self._opening(story, beat_id, n), **priced) for n in numbers])
        self._win(lease, [t.as_open() for t in story.open_tries() if t.take is not None])

    # --- what these are made of ---

    def _accepted_beat(self) -> tuple[Story, str] | None:
        """Of an episode in which takes are allowed; worked for if need be."""
        for _ in range(6):
            found = [
                (story, beat_id)
                for story in self.oracle.stories.values()
                for beat_id, part in story.parts.items()
                if story.state in ALLOWED and part.state is B.ACCEPTED
            ]
            if found:  # rather one that another starts from
                begun = {(story.episode_id, part.beat.starts_from) for story, _ in found for part in story.parts.values()}
                return next(((s, b) for s, b in found if (s.episode_id, b) in begun), found[0])
            for story in self.oracle.stories.values():
                if story.state in FINAL:
                    self.do("save_plan", story.episode_id, self._same_plan(story), 1)
            self.work(2)
        return None

    def _same_plan(self, story: Story) -> Any:  # Any: a Plan
        return self.oracle.episode(story.episode_id).plan

    def _begun(self, lease: Lease, story: Story, beat_id: str, numbers: Sequence[int]) -> list[OpenAttempt]:
        """All of them, in one call; none where not all could be."""
        if story.state is E.PAUSED:
            self.do("resume", story.episode_id)
        self.do("resume_queue")
        opened = self.do("open_attempts", lease, [self._opening(story, beat_id, number) for number in numbers])
        return list(opened) if opened is not None and all(opened) else []

    def _win(self, lease: Lease, tries: Sequence[OpenAttempt]) -> None:
        acceptances: list[Acceptance] = [good(self.oracle.tries[one.attempt_id]) for one in tries]
        self.do("accept", lease, acceptances)

    def _opening_of(self, story: Story, one: Asked) -> Opening:
        return self._opening(story, one.beat_id, story.number_of(one))

    def _opening(self, story: Story, beat_id: str, number: int) -> Opening:
        one = story.take(beat_id, number)
        opening = self.opening(story.episode_id, beat_id, one.revision if one is not None else 1)
        at_whom = RENDERERS[number % len(RENDERERS)]
        return replace(opening, take=number, seed=one.seed if one is not None else 0, renderer=at_whom)

    def _some_take(self, data: st.DataObject, *states: B) -> tuple[str, str, int]:
        """Mostly one in such a state; else any that there is, or none."""
        there = [
            (story.episode_id, beat_id, number)
            for story in self.oracle.stories.values()
            for beat_id in sorted({*story.parts, *(one.beat_id for one in story.asked)})
            for number in range(1, len(story.takes_of(beat_id)) + 1)
        ]
        fitting = [one for one in there if self._state(*one) in states]
        if fitting and data.draw(st.integers(0, 7)) < 7:
            return data.draw(st.sampled_from(fitting))
        some = next(iter(self.oracle.stories))
        return data.draw(st.sampled_from([*there, (some, "b1", 9), (some, "b9", 1)]))

    def _state(self, episode_id: str, beat_id: str, number: int) -> B:
        one = self.oracle.stories[episode_id].take(beat_id, number)
        return B.ACCEPTED if one is None or isinstance(one, Tried) else one.state
