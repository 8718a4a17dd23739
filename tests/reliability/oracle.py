"""The oracle of the model test: what an EpisodeStore must do, written as plainly as can be, from the words of episodes/episode_store.py.

It shares nothing with the stores but the nouns: no rule, no table of moves, no counter that could go wrong in the same way. It is slow,
knows one caller, and has its time set from outside. Where a store has to refuse, it raises Refused with the error's type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from episodes.errors import ArtifactConflict, BadInput, FailureClass
from episodes.fleet import Preview
from episodes.job import JobResult
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Acceptance, Artifact, Failure, FleetSnapshot, Lease, OpenAttempt, Opening
from tests.reliability.oracle_people import AskedByPeople
from tests.reliability.oracle_rows import BEAT_AT_MOST, Asked, Part, Refused, Story, Tried, dollars
from tests.reliability.oracle_takes import held_against


class Oracle(AskedByPeople):
    """All of it: this half is for the coordinator."""

    def acquire_lease(self, holder: str, ttl_s: float) -> Lease | None:
        held = self.lease
        if held is not None and held.holder != holder and self.now_s < self.lease_ends:
            return None
        self.lease = Lease(holder=holder, fence=held.fence + 1 if held is not None else 1)
        self.lease_ends = self.now_s + ttl_s
        return self.lease

    def renew_lease(self, lease: Lease, ttl_s: float) -> None:
        self._lead(lease)
        self.lease_ends = self.now_s + ttl_s

    def release_lease(self, lease: Lease) -> None:
        if lease == self.lease:
            self.lease_ends = min(self.lease_ends, self.now_s)

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        self._lead(lease)
        return [self._open(lease, one) for one in openings]

    def record_fleet(self, lease: Lease, snapshot: FleetSnapshot) -> None:
        self._lead(lease)
        self.snapshot = snapshot

    def record_progress(self, lease: Lease, shares: Mapping[str, float]) -> None:
        self._lead(lease)
        for attempt_id, share in shares.items():
            tried = self.tries.get(attempt_id)
            asked = self._asked(tried) if tried is not None and self._wants(tried) else None
            if tried is not None and asked is not None:
                self._come_to(self.stories[tried.episode_id], asked, share)
            elif tried is not None and tried.beat_id is not None and self._wants(tried):
                story = self.stories[tried.episode_id]
                part = story.parts[tried.beat_id]
                if min(share, BEAT_AT_MOST) > part.progress:
                    part.progress = min(share, BEAT_AT_MOST)
                    story.updated_at = self.now_s
                    story.raise_progress()

    def record_previews(self, lease: Lease, previews: Mapping[str, Preview]) -> None:
        if any(len(one.jpeg) > 32 * 1024 for one in previews.values()):
            raise Refused(BadInput)
        self._lead(lease)
        for attempt_id, one in previews.items():
            tried = self.tries.get(attempt_id)
            if tried is not None and tried.beat_id is not None and tried.take is None and self._wants(tried):
                tried.picture = one.jpeg

    def accept(self, lease: Lease, acceptances: Sequence[Acceptance]) -> list[bool]:
        self._lead(lease)
        keys = {a.file.key for t in self.tries.values() for a in t.files}
        for one in {a.attempt_id: a for a in reversed(acceptances)}.values():  # of two equal ones the first counts
            tried = self.tries.get(one.attempt_id)
            if tried is not None and self._wants(tried):
                if one.result.status != "succeeded" or _main(tried) not in one.result.files:
                    raise Refused(BadInput)
                new = {f.key for f in one.result.files.values()}
                if new & keys or len(new) < len(one.result.files):
                    raise Refused(ArtifactConflict)
                keys |= new
        return [self._accept(one.attempt_id, one.result) for one in acceptances]

    def fail(self, lease: Lease, failures: Sequence[Failure]) -> None:
        self._lead(lease)
        for failure in failures:
            tried = self.tries.get(failure.attempt_id)
            if tried is not None and tried.state is A.OPEN:
                self._fail(tried, failure)

    def give_up(self, lease: Lease, episode_id: str, beat_id: str, reason: str, *, take: int | None = None) -> None:
        self._lead(lease)
        story = self._story(episode_id)
        if take is not None:
            asked = story.take(beat_id, take)
            is_waiting = isinstance(asked, Asked) and asked.state is B.PENDING
            if isinstance(asked, Asked) and is_waiting and story.state is not E.PAUSED:
                self._give_asked_up(story, asked, reason)
            return
        part = story.parts.get(beat_id)
        if part is not None and part.state is B.PENDING and story.state is E.EXECUTING:
            self._fall_back_or_fail(story, beat_id, reason)

    def close_cancelled(self, lease: Lease, attempt_ids: Sequence[str]) -> None:
        self._lead(lease)
        for one in attempt_ids:
            if one in self.tries and self.tries[one].state is A.OPEN and not self._wants(self.tries[one]):
                self._close(self.tries[one], A.CANCELLED)

    def settle(self, lease: Lease, episode_id: str) -> E:
        self._lead(lease)
        story = self._story(episode_id)
        states = [part.state for part in story.parts.values()]
        if story.state is E.CANCELLING and not story.open_tries():
            story.enter(self.now_s, E.CANCELLED)
        elif story.state is E.EXECUTING and B.PENDING not in states and B.RENDERING not in states:
            if B.ACCEPTED in states:
                story.enter(self.now_s, E.CUTTING)
            else:
                first = next((p.reason for p in story.parts.values() if p.state is B.FAILED), "")
                story.enter(self.now_s, E.FAILED, f"None of its {len(states)} beats has a clip. {first}".rstrip())
        return story.state

    # --- beats and attempts ---

    def _asked(self, tried: Tried) -> Asked | None:
        """The take that it is an attempt at."""
        one = self.stories[tried.episode_id].take(tried.beat_id or "", tried.take) if tried.take is not None else None
        return one if isinstance(one, Asked) else None

    def _fall_back_or_fail(self, story: Story, beat_id: str, why: str) -> None:
        part = story.parts[beat_id]
        left = story.choices(part)[len(part.given_up_by) :]
        if len(left) == 1:
            self._fail_part(story, beat_id, why)
            return
        part.given_up_by.append(why)
        part.state, part.reason, part.not_before = B.PENDING, why, 0.0
        story.forgive(beat_id)
        story.tell(self.now_s, "beat.fell_back", beat_id=beat_id, **{"from": left[0], "to": left[1], "reason": why})

    def _fail_part(self, story: Story, beat_id: str, why: str) -> None:
        reasons = {beat_id: why} | dict.fromkeys(story.waiting_on(beat_id), f"It builds on beat {beat_id}, which failed.")
        for one, reason in reasons.items():
            part = story.parts[one]
            part.state, part.reason, part.not_before, part.ended_with_another = B.FAILED, reason, 0.0, one != beat_id
            story.tell(self.now_s, "beat.failed", beat_id=one, reason=reason)

    def _open(self, lease: Lease, opening: Opening) -> OpenAttempt | None:
        if opening.attempt_id in self.tries:
            again = self.tries[opening.attempt_id]
            return again.as_open() if again.state is A.OPEN else None
        story = self.stories.get(opening.episode_id)
        if story is None or self.is_paused:
            return None
        if opening.beat_id is None:
            begins = story.state is E.CUTTING and story.film_not_before <= self.now_s
            begins = begins and not any(story.wants(t) for t in story.tries_of(None))
        elif opening.take is not None:
            asked = story.take(opening.beat_id, opening.take)
            begins = isinstance(asked, Asked) and self._take_begins(story, opening)
            begins = begins and isinstance(asked, Asked) and self._can_be_paid(story, asked, opening)
        else:
            part = story.parts.get(opening.beat_id)
            begins = story.state is E.EXECUTING and part is not None and part.state is B.PENDING
            begins = begins and part is not None and part.revision == opening.revision and not story.unmet(part)
            begins = begins and part is not None and story.backend(part) == opening.backend
            begins = begins and part is not None and self._can_be_paid(story, part, opening)
        return self._begin(lease, story, opening) if begins else None

    def _can_be_paid(self, story: Story, part: Part | Asked, opening: Opening) -> bool:
        """What it needs is left. Without a quote: by the hour whatever is left will do, and what is bought never begins."""
        left = story.left()
        if left is None:
            return True
        unknown = max(left, 1) if opening.per_hour_micros else 2**62
        needs = unknown if opening.quote_micros is None else opening.quote_micros
        if needs <= left:
            return True
        if part.needs != needs:
            part.needs = needs
            said = None if needs == 2**62 else dollars(needs)
            which = {"take": opening.take} if opening.take is not None else {}
            about = "take.unpaid" if which else "beat.unpaid"
            story.tell(self.now_s, about, beat_id=opening.beat_id, needs=said, left=dollars(left), **which)
        return False

    def _begin(self, lease: Lease, story: Story, opening: Opening) -> OpenAttempt:
        beat_id, left = opening.beat_id, story.left()
        unknown = left if opening.per_hour_micros else None
        asked = story.take(beat_id, opening.take) if beat_id is not None and opening.take is not None else None
        if isinstance(asked, Asked):
            counted, uncounted = held_against(story, asked, counted=True), held_against(story, asked, counted=False)
        else:
            counted, uncounted = story.held_against(beat_id, counted=True), story.held_against(beat_id, counted=False)
        tried = Tried(
            attempt_id=opening.attempt_id,
            episode_id=story.episode_id,
            beat_id=beat_id,
            revision=opening.revision,
            number=len(story.tries_of(beat_id)) + 1,
            backend=story.backend(story.parts[beat_id]) if beat_id is not None else "",
            renderer=opening.renderer,
            node=opening.node,
            fence=lease.fence,
            opened_at=self.now_s,
            counted_before=len(counted),
            crashes_before=sum(t.failure_class is FailureClass.CRASH for t in counted) if beat_id is not None else 0,
            uncounted_before=len(uncounted),
            troubled_since=min((t.ended_at for t in uncounted if t.ended_at is not None), default=None),
            take=opening.take,
            seed=opening.seed,
            content_key=opening.content_key,
            reused_from=opening.reused_from,
            reserved=(unknown if opening.quote_micros is None else opening.quote_micros) if beat_id is not None else 0,
            per_hour=opening.per_hour_micros,
        )
        story.tries.append(tried)
        self.tries[tried.attempt_id] = tried
        which = {"attempt_id": tried.attempt_id, "attempt": tried.number}
        if beat_id is None:
            story.film_not_before = 0.0
            story.tell(self.now_s, "film.cutting", **which)
        else:
            part = asked if isinstance(asked, Asked) else story.parts[beat_id]
            part.state, part.reason, part.not_before, part.needs = B.RENDERING, "", 0.0, 0
            where: dict[str, object] = {"renderer": opening.renderer, "node": opening.node}
            if opening.reused_from is not None:
                where["reused_from"] = opening.reused_from.model_dump()
            if opening.take is not None:
                where["take"] = opening.take
            about = "beat.rendering" if opening.take is None else "take.rendering"
            story.tell(self.now_s, about, beat_id=beat_id, **which, **where)
        return tried.as_open()

    def _accept(self, attempt_id: str, result: JobResult) -> bool:
        tried = self.tries.get(attempt_id)
        if tried is None or tried.state is not A.OPEN:
            return False
        if not self._wants(tried):
            self._close(tried, A.CANCELLED, "It came too late: nobody wanted its result any more.", result.runtime.render_s)
            tried.spent = 0 if _was_ordered_before(tried, result) else tried.spent
            return False
        story = self.stories[tried.episode_id]
        of_same, asked = story.tries_of(tried.beat_id), self._asked(tried)
        for earlier in of_same if asked is None else ():
            earlier.state = A.SUPERSEDED if earlier.state is A.SELECTED else earlier.state
        for kind, file in result.files.items():
            version = 1 + sum(a.artifact_type == kind for t in of_same for a in t.files)
            tried.files.append(Artifact(artifact_type=kind, version=version, file=file))
        self._close(tried, A.SELECTED if asked is None else A.SUPERSEDED, worked_s=result.runtime.render_s)
        tried.spent = 0 if _was_ordered_before(tried, result) else tried.spent
        tried.render_s = result.runtime.render_s or None
        main = result.files[_main(tried)]
        if asked is not None:
            self._accept_asked(story, tried, asked, result)
        elif tried.beat_id is None:
            story.progress = 1.0
            story.tell(self.now_s, "film.ready", attempt_id=attempt_id, film=main.uri)
            missing, all_of_them = sum(p.state is not B.ACCEPTED for p in story.parts.values()), len(story.parts)
            why = f"{missing} of {all_of_them} beats have no clip." if missing else ""
            story.enter(self.now_s, E.PARTIALLY_COMPLETED if missing else E.COMPLETED, why)
        else:
            part = story.parts[tried.beat_id]
            part.state, part.progress = B.ACCEPTED, 1.0
            which = {"beat_id": tried.beat_id, "attempt_id": attempt_id, "attempt": tried.number}
            story.raise_progress()
            story.tell(self.now_s, "beat.accepted", **which, video=main.uri, duration_s=main.duration_s)
        return True

    def _fail(self, tried: Tried, failure: Failure) -> None:
        story = self.stories[tried.episode_id]
        is_wanted = story.wants(tried)
        tried.failure_class, tried.counted = failure.failure_class, failure.counted
        tried.held_against = is_wanted
        self._close(tried, A.FAILED, failure.reason, failure.work_s)
        tried.spent = 0 if failure.bought_nothing and not tried.per_hour else tried.spent
        story.tell(
            self.now_s,
            "attempt.failed",
            beat_id=tried.beat_id,
            attempt_id=tried.attempt_id,
            attempt=tried.number,
            failure_class=failure.failure_class.value,
            reason=failure.reason,
            retry_in_s=failure.retry_in_s if is_wanted else None,
            **({"take": tried.take} if tried.take is not None else {}),
        )
        if not is_wanted:
            return
        if (asked := self._asked(tried)) is not None:
            self._fail_asked(story, asked, failure)
            return
        if failure.retry_in_s is None:
            self._fail_for_good(story, tried.beat_id, failure.reason)
        elif tried.beat_id is None:
            story.film_not_before = self.now_s + failure.retry_in_s
        else:
            part = story.parts[tried.beat_id]
            part.state, part.reason, part.not_before = B.PENDING, failure.reason, self.now_s + failure.retry_in_s

    def _fail_for_good(self, story: Story, beat_id: str | None, reason: str) -> None:
        if beat_id is not None:
            self._fall_back_or_fail(story, beat_id, reason)
            return
        story.tell(self.now_s, "film.failed", reason=reason)
        story.enter(self.now_s, E.PARTIALLY_COMPLETED, f"The film could not be cut: {reason}")

    def _close(self, tried: Tried, state: A, reason: str = "", worked_s: float | None = None) -> None:
        tried.state, tried.reason, tried.ended_at = state, reason, self.now_s
        tried.spent = tried.price(self.now_s - tried.opened_at if worked_s is None else worked_s)


def _was_ordered_before(tried: Tried, result: JobResult) -> bool:
    return result.runtime.bought_nothing and not tried.per_hour


def _main(tried: Tried) -> str:
    return "film" if tried.beat_id is None else "video"
