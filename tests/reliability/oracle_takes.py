"""What the oracle of the model test makes of takes."""

from __future__ import annotations

from collections.abc import Sequence

from episodes.editing import PlanDifference
from episodes.errors import BadInput, Conflict, IllegalMove, NotFound
from episodes.job import JobResult, StartFrame
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import EpisodeView, Failure, Lease, Opening, ReadyBeat, Take
from episodes.plan import Plan
from tests.reliability.oracle_edits import EditsPlans
from tests.reliability.oracle_looks import files_of
from tests.reliability.oracle_rows import BEAT_AT_MOST, Asked, Refused, Story, Tried, moment

ALLOWED = (E.EXECUTING, E.PAUSED, E.CUTTING, E.COMPLETED, E.PARTIALLY_COMPLETED)


class RetakesBeats(EditsPlans):
    """Stands above what it makes of plans that are changed."""

    # --- for people ---

    def takes(self, episode_id: str, beat_id: str) -> list[Take]:
        story = self._story(episode_id)
        takes = story.takes_of(beat_id)
        if beat_id not in story.parts and not takes:
            raise Refused(NotFound)
        return [self._shown(story, beat_id, number) for number in range(1, len(takes) + 1)]

    def _shown(self, story: Story, beat_id: str, number: int) -> Take:
        one = story.take(beat_id, number)
        assert one is not None
        tried = (
            one if isinstance(one, Tried) else next((t for t in reversed(story.tries_of(beat_id)) if t.take == number), None)
        )
        part = story.parts.get(beat_id)
        is_selected = tried is not None and tried.state is A.SELECTED and part is not None and tried.revision == part.revision
        return Take(
            number=number,
            revision=one.revision,
            seed=one.seed,
            state=B.ACCEPTED if isinstance(one, Tried) else one.state,
            is_selected=is_selected,
            progress=1.0 if isinstance(one, Tried) else one.progress,
            reason="" if isinstance(one, Tried) else one.reason,
            attempt=tried.as_shown() if tried is not None else None,
            artifacts=files_of([tried] if tried is not None else []),
            not_before=None if isinstance(one, Tried) or one.not_before <= self.now_s else moment(one.not_before),
            needs_micros=0 if isinstance(one, Tried) else one.needs,
        )

    def ask_for_takes(self, episode_id: str, beat_id: str, seeds: Sequence[int]) -> list[Take]:
        story = self._story(episode_id)
        there = self.takes(episode_id, beat_id)
        if story.state not in ALLOWED:
            raise Refused(IllegalMove, story.state)
        part = story.parts.get(beat_id)
        if part is None:
            raise Refused(NotFound)
        if part.state is not B.ACCEPTED:
            raise Refused(IllegalMove, part.state)
        taken = {part.beat.seed, *(take.seed for take in there if take.revision == part.revision)}
        if len({*seeds} - taken) < len(seeds):
            raise Refused(BadInput)
        for seed in seeds:
            story.asked.append(Asked(beat_id=beat_id, revision=part.revision, seed=seed))
            number = story.number_of(story.asked[-1])
            story.tell(self.now_s, "take.requested", beat_id=beat_id, take=number, seed=seed)
        return self.takes(episode_id, beat_id)

    def cancel_take(self, episode_id: str, beat_id: str, number: int) -> Take:
        story, take = self._story(episode_id), self._take(episode_id, beat_id, number)
        if take.state in (B.ACCEPTED, B.FAILED):
            raise Refused(IllegalMove, take.state)
        asked = story.take(beat_id, number)
        if isinstance(asked, Asked) and asked.is_live:
            self._cancel_asked(story, asked)
        return self._take(episode_id, beat_id, number)

    def select_take(
        self, episode_id: str, beat_id: str, number: int, *, dry_run: bool = False
    ) -> tuple[PlanDifference, EpisodeView]:
        if dry_run:
            with self._looking():
                return self.select_take(episode_id, beat_id, number)
        story, take = self._story(episode_id), self._take(episode_id, beat_id, number)
        if take.is_selected:
            return PlanDifference(kept=tuple(story.parts)), self.episode(episode_id)
        if story.state not in ALLOWED:
            raise Refused(IllegalMove, story.state)
        part = story.parts.get(beat_id)
        if part is None or part.revision != take.revision or take.state is not B.ACCEPTED or take.attempt is None:
            raise Refused(Conflict)
        has_film = story.state is E.CUTTING or any(t.state is A.SELECTED for t in story.tries_of(None))
        rendered = {one for one, other in story.parts.items() if other.state is B.RENDERING}
        for tried in story.tries_of(beat_id):
            if tried.state is A.SELECTED:
                tried.state = A.SUPERSEDED
            if tried.attempt_id == take.attempt.attempt_id:
                tried.state = A.SELECTED
        if take.seed is not None:
            part.beat = part.beat.model_copy(update={"seed": take.seed})
        children = [one for one, other in story.parts.items() if other.beat.starts_from == beat_id]
        plan = Plan(**dict(story.treatment), beats=tuple(other.beat for other in story.parts.values()), logline=story.logline)
        story.keep(self.now_s, plan, story.world_revision, f"take {number} of beat {beat_id} selected")
        new = self._put(story, plan.beats, children)
        to_render = {*new, *self._open_with(story, new)}
        story.tell(self.now_s, "take.selected", beat_id=beat_id, take=number, attempt_id=take.attempt.attempt_id)
        self._go_on(story)
        change = PlanDifference(
            kept=tuple(one for one in story.parts if one not in {*to_render, beat_id}),
            cancelled=tuple(one for one in story.parts if one in to_render & rendered),
            to_render=tuple(one for one in story.parts if one in to_render),
            film_to_recut=has_film,
        )
        return change, self.episode(episode_id)

    def _take(self, episode_id: str, beat_id: str, number: int) -> Take:
        takes = self.takes(episode_id, beat_id)
        if not 1 <= number <= len(takes):
            raise Refused(NotFound)
        return takes[number - 1]

    # --- for the coordinator ---

    def ready_takes(
        self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[tuple[str, int]] = ()
    ) -> list[ReadyBeat]:
        self._lead(lease)
        story = self._story(episode_id)
        if story.state not in ALLOWED or story.state is E.PAUSED or self.is_paused:
            return []
        left, order = story.left(), list(story.parts)
        ready = [
            one
            for one in story.live_takes()
            if one.state is B.PENDING
            and one.not_before <= self.now_s
            and (left is None or one.needs <= left)
            and (one.beat_id, story.number_of(one)) not in exclude
        ]
        in_order = sorted(ready, key=lambda one: (order.index(one.beat_id), story.number_of(one)))
        return [self._ready_take(story, one) for one in in_order[:limit]]

    def _ready_take(self, story: Story, one: Asked) -> ReadyBeat:
        part = story.parts[one.beat_id]
        tries, before = story.tries_of(one.beat_id), part.beat.starts_from
        video = story.clip(before) if before is not None else None
        failed = [t.renderer for t in tries if t.state is A.FAILED]
        return ReadyBeat(
            episode_id=story.episode_id,
            beat=part.beat.model_copy(update={"backend": story.backend(part), "seed": one.seed}),
            revision=part.revision,
            num_attempts=len(tries),
            num_counted=len(held_against(story, one, counted=True)),
            avoid_renderers=tuple(r for i, r in enumerate(failed) if r not in failed[i + 1 :]),
            start_frame=StartFrame(video_key=video.key, sha256=video.sha256) if video is not None else None,
            take=story.number_of(one),
        )

    def _take_begins(self, story: Story, opening: Opening) -> bool:
        one, part = story.take(opening.beat_id or "", opening.take or 0), story.parts.get(opening.beat_id or "")
        if not isinstance(one, Asked) or part is None or one.state is not B.PENDING:
            return False
        if story.state not in ALLOWED or story.state is E.PAUSED:
            return False
        return (one.revision, one.seed, story.backend(part)) == (opening.revision, opening.seed, opening.backend)

    def _come_to(self, story: Story, one: Asked, share: float) -> None:
        if min(share, BEAT_AT_MOST) > one.progress:
            one.progress = min(share, BEAT_AT_MOST)

    def _accept_asked(self, story: Story, tried: Tried, one: Asked, result: JobResult) -> None:
        one.state, one.progress = B.ACCEPTED, 1.0
        video = result.files["video"]
        story.tell(
            self.now_s,
            "take.ready",
            beat_id=one.beat_id,
            take=tried.take,
            attempt_id=tried.attempt_id,
            attempt=tried.number,
            video=video.uri,
            duration_s=video.duration_s,
        )

    def _fail_asked(self, story: Story, one: Asked, failure: Failure) -> None:
        if failure.retry_in_s is None:
            self._give_asked_up(story, one, failure.reason)
        else:
            one.state, one.reason, one.not_before = B.PENDING, failure.reason, self.now_s + failure.retry_in_s

    def _give_asked_up(self, story: Story, one: Asked, why: str) -> None:
        one.state, one.reason, one.not_before = B.FAILED, why, 0.0
        story.tell(self.now_s, "take.failed", beat_id=one.beat_id, take=story.number_of(one), reason=why)


def held_against(story: Story, one: Asked, *, counted: bool) -> list[Tried]:
    number = story.number_of(one)
    return [t for t in story.tries_of(one.beat_id) if t.take == number and t.held_against and t.counted is counted]
