"""The rules of the model test for what two coordinators do, and for time: leases, attempts, what comes of them, crashes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from episodes.errors import FailureClass
from episodes.fleet import Preview, RendererState
from episodes.job import JobResult
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Acceptance, Failure, FleetSnapshot, Lease, OpenAttempt, Opening, RendererNote
from episodes.plan import Plan
from tests.contract.leading import a_file, a_result
from tests.reliability.oracle_rows import Story, Tried
from tests.reliability.store_bench import Bench, Coordinator

TTLS_S = (4.0, 8.0)
RETRIES_IN_S = (0.0, 2.0, 4.0, None)
RENDERERS = ("r1", "r2")
SHARES = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


class Coordinators(Bench):
    # --- time and leases ---

    @initialize(ttl_s=st.sampled_from(TTLS_S))
    def somebody_leads(self, ttl_s: float) -> None:
        self._acquire(self.coordinators[0], ttl_s)

    @rule()
    def a_second_passes(self) -> None:
        """Without a draw, so that it is the simplest of all: Hypothesis's first example is nothing else, and costs nothing."""
        self._pass_to(self.oracle.now_s + 1.0)

    @rule(data=st.data(), how=st.sampled_from(("almost", "exactly", "exactly", "past")))
    def time_passes(self, data: st.DataObject, how: str) -> None:
        """To where a lease or a back-off ends: a moment before it, that very moment, or one after."""
        now = self.oracle.now_s
        ends = [self.oracle.lease_ends] if self.oracle.lease is not None else []
        for story in self.oracle.stories.values():
            ends += [story.film_not_before, *(part.not_before for part in story.parts.values())]
        ahead = sorted({end for end in ends if end > now})
        if ahead:
            end = data.draw(st.sampled_from(ahead))
            self._pass_to(max(now, end + {"almost": -0.5, "exactly": 0.0, "past": 0.5}[how]))

    def _pass_to(self, now_s: float) -> None:
        self.oracle.now_s = now_s
        for subject in self.subjects:
            subject.set_clock(now_s)
        self.look("what is shown after some time")

    @rule(
        data=st.data(),
        what=st.sampled_from(("renew", "release", "crash", "fleet")),
        who=st.integers(0, 1),
        is_late=st.booleans(),
    )
    def keep_or_lose_the_lease(self, data: st.DataObject, what: str, who: int, is_late: bool) -> None:
        if is_late:
            self._pass_to(max(self.oracle.now_s, self.oracle.lease_ends + 0.5))
        match what:
            case "renew":
                self.do("renew_lease", self.some_lease(data, one_is_void_in=2), TTLS_S[0])
            case "release":
                self.do("release_lease", self.some_lease(data, one_is_void_in=2))
                self.do("release_lease", self.oracle.lease)
                self.look_at_all()
            case "fleet":
                note = RendererNote(name="renderer:animatic:0", backend="animatic", state=RendererState.IDLE)
                snapshot = FleetSnapshot(at=datetime.fromtimestamp(self.a_number(), UTC), renderers=(note,))
                self.do("record_fleet", self.some_lease(data), snapshot)
            case _:
                self._crash(who)

    @rule(who=st.integers(0, 1), ttl_s=st.sampled_from(TTLS_S))
    def acquire_lease(self, who: int, ttl_s: float) -> None:
        self._acquire(self.coordinators[who], ttl_s)

    def _acquire(self, coordinator: Coordinator, ttl_s: float) -> None:
        lease = self.do("acquire_lease", coordinator.holder, ttl_s)
        if lease is not None:
            earlier, coordinator.lease = coordinator.lease, lease
            coordinator.knows = [a.attempt_id for a in self.do("unclosed_attempts", lease)]
            if earlier is not None:
                self.old_leases.append(earlier)
                self.do("renew_lease", earlier, ttl_s)  # on its way since before

    def _crash(self, who: int) -> None:
        """Everything that it knew is forgotten; what it had begun is found by whoever leads next."""
        one = self.coordinators[who]
        self.old_leases += [one.lease] if one.lease is not None else []
        self.coordinators[who] = Coordinator(holder=one.holder)

    # --- attempts ---

    @rule(num_steps=st.integers(1, 4))
    def the_work_goes_on(self, num_steps: int) -> None:
        """As when nothing goes wrong: a few steps of the leading coordinator, in whatever episode can move."""
        self._work(num_steps)

    @rule(num_steps=st.integers(4, 8))
    def much_work_goes_on(self, num_steps: int) -> None:
        """Often to a film."""
        self._work(num_steps)

    def _work(self, num_steps: int) -> None:
        if self.oracle.is_paused:
            self.do("resume_queue")
        for _ in range(num_steps):
            leader = self._leader()
            if leader is None:
                self._pass_to(max(self.oracle.now_s, self.oracle.lease_ends))
                self._acquire(self.coordinators[1], TTLS_S[0])
            else:
                assert leader.lease is not None
                self._one_step(leader, leader.lease)

    def _one_step(self, leader: Coordinator, lease: Lease) -> None:
        for story in self.oracle.stories.values():
            if story.state in (E.PLANNED, E.PAUSED):
                self.do("execute" if story.state is E.PLANNED else "resume", story.episode_id)
            wanted = [t for t in story.tries if story.wants(t)]
            openings = self._ready(story)
            if wanted:
                self.do("accept", lease, [_good(t) for t in wanted])
            elif story.state is E.CANCELLING:
                self.do("settle", lease, story.episode_id)
                self.do("close_cancelled", lease, [t.attempt_id for t in story.open_tries()])
                self.do("settle", lease, story.episode_id)
            elif openings:
                self._open(leader, lease, openings)
            elif story.state is E.EXECUTING and all(part.state.is_ended for part in story.parts.values()):
                self.do("settle", lease, story.episode_id)
            elif story.state.is_active:
                self._wait(story)

    def _wait(self, story: Story) -> None:
        """For the end of a back-off."""
        ends = [story.film_not_before, *(part.not_before for part in story.parts.values())]
        if ends := [end for end in ends if end > self.oracle.now_s]:
            self._pass_to(min(ends))

    @rule(
        data=st.data(),
        num=st.integers(1, 3),
        meanwhile=st.sampled_from(("nothing", "nothing", "nothing", "pause", "pause_queue", "revise_beat", "cancel_beat")),
    )
    def begin_what_looked_ready(self, data: st.DataObject, num: int, meanwhile: str) -> None:
        """To a coordinator that did not see a back-off, that the film is being cut already, or what people did meanwhile."""
        lease = self.some_lease(data)
        if not self._look_ready():
            self._work(1)
        if ready := self._look_ready():
            openings = data.draw(st.lists(st.sampled_from(ready), min_size=1, max_size=num, unique=True))
            self._meanwhile(meanwhile, openings[0])
            self._open(self._holder(lease), lease, openings)

    def _meanwhile(self, call: str, opening: Opening) -> None:
        match call:
            case "pause_queue":
                self.do(call)
            case "pause":
                self.do(call, opening.episode_id)
            case "revise_beat" if opening.beat_id is not None:
                self.do(call, opening.episode_id, self.oracle.stories[opening.episode_id].parts[opening.beat_id].beat)
            case "cancel_beat" if opening.beat_id is not None:
                self.do(call, opening.episode_id, opening.beat_id)

    def _look_ready(self) -> list[Opening]:
        found = []
        for story in self.oracle.stories.values():
            if story.state is E.CUTTING:
                found.append(self._opening(story.episode_id, None, story.revision))
            for one, part in story.parts.items():
                if part.state is B.PENDING and not story.unmet(part):
                    found.append(self._opening(story.episode_id, one, part.revision))
        return found

    @rule(data=st.data(), what=st.sampled_from(("unmet", "rendering", "film", "known attempt", "nobody", "another backend")))
    def begin_something_else(self, data: st.DataObject, what: str) -> None:
        """What a coordinator asks for that has not seen the latest."""
        if what in ("rendering", "known attempt"):
            self._have_some_open()
        lease = self.some_lease(data)
        story = data.draw(st.sampled_from(list(self.oracle.stories.values())))
        fitting = {
            "unmet": [one for one, part in story.parts.items() if story.unmet(part)],
            "rendering": [one for one, part in story.parts.items() if part.state is B.RENDERING],
        }.get(what)
        beat_id = data.draw(st.sampled_from(fitting or list(story.parts) or ["b1"]))
        revision = story.parts[beat_id].revision if beat_id in story.parts else 1
        opening = self._opening(story.episode_id, beat_id, revision)
        match what:
            case "film":
                opening = self._opening(story.episode_id, None, story.revision)
            case "another backend":
                opening = replace(opening, backend=f"not {opening.backend}")
            case "nobody":
                opening = self._opening("nobody", beat_id, revision)
            case "known attempt" if self.oracle.tries:
                known = data.draw(st.sampled_from(list(self.oracle.tries.values())))
                opening = self._opening(known.episode_id, known.beat_id, known.revision, known.attempt_id)
        self._open(self._holder(lease), lease, [opening])

    @rule(data=st.data(), shares=st.lists(st.sampled_from(SHARES), min_size=2, max_size=3), one_only=st.booleans())
    def record_progress(self, data: st.DataObject, shares: list[float], one_only: bool) -> None:
        self._have_some_open()
        lease = self.some_lease(data)
        if one_only:
            one = self.some_attempt(data, lease)
            for share in shares:
                self.do("record_progress", lease, {one: share})
        else:
            self.do("record_progress", lease, {self.some_attempt(data, lease): share for share in shares})

    @rule(data=st.data(), num=st.integers(1, 3), fault=st.sampled_from(("", "", "", "failed", "no video", "key twice")))
    def results_come(self, data: st.DataObject, num: int, fault: str) -> None:
        """In time, late, twice, for what was cancelled or is unknown, or no good."""
        self._have_some_open()
        lease = self.some_lease(data)
        ids = [self.some_attempt(data, lease) for _ in range(num)]
        acceptances = [_good(self.oracle.tries[one]) for one in ids if one in self.oracle.tries]
        if acceptances and fault:
            first = acceptances[0]
            acceptances[0] = Acceptance(attempt_id=first.attempt_id, result=self._spoilt(first.result, fault))
        self.do("accept", lease, acceptances)

    @rule(
        data=st.data(),
        num=st.integers(1, 2),
        failure_class=st.sampled_from(FailureClass),
        counted=st.booleans(),
        retry_in_s=st.sampled_from(RETRIES_IN_S),
        then=st.sampled_from(("nothing", "nothing", "pause", "pause_queue", "wait")),
    )
    def attempts_fail(
        self,
        data: st.DataObject,
        num: int,
        failure_class: FailureClass,
        counted: bool,
        retry_in_s: float | None,
        then: str,
    ) -> None:
        self._have_some_open()
        lease = self.some_lease(data)
        failures = [
            Failure(
                attempt_id=self.some_attempt(data, lease),
                failure_class=failure_class,
                reason=f"fault {self.a_number()}",
                counted=counted,
                retry_in_s=retry_in_s,
            )
            for _ in range(num)
        ]
        self.do("fail", lease, failures)
        for story in self.oracle.stories.values() if then in ("pause", "wait") else ():
            if then == "wait":
                self._wait(story)
            else:
                self.do("pause", story.episode_id)
        if then == "pause_queue":
            self.do("pause_queue")

    @rule(
        data=st.data(),
        what=st.sampled_from(("fails", "fails", "old content", "cancelled", "begins again")),
        counted=st.booleans(),
    )
    def something_happens_to_a_film(self, data: st.DataObject, what: str, counted: bool) -> None:
        """While it is being cut; afterwards the leader goes on."""
        film = self._being_made(is_film=True)
        if film is None or self.oracle.lease is None:
            return
        again = self._opening(film.episode_id, None, film.revision)
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
            self.do("accept", self.oracle.lease, [_good(film)])
        if what == "begins again":
            self.do("open_attempts", self.oracle.lease, [again])
        if what in ("old content", "begins again"):
            first = next(iter(self.oracle.stories[film.episode_id].parts.values()))
            self.do("revise_beat", film.episode_id, first.beat)
            self._work(3)
        self.do("open_attempts", self.oracle.lease, [again])
        self.look_at_all()
        self._work(1)

    @rule(call=st.sampled_from(("cancel_beat", "revise_beat")), is_good=st.booleans())
    def a_rendering_beat_begins_anew(self, call: str, is_good: bool) -> None:
        """And then the first attempt's result comes, and the second's, and the beat is revised once more."""
        first = self._being_made(is_film=False)
        if first is None or first.beat_id is None or self.oracle.lease is None:
            return
        story, lease = self.oracle.stories[first.episode_id], self.oracle.lease
        for share in (0.25, 0.75, 0.5):
            self.do("record_progress", lease, {first.attempt_id: share})
        self.do("record_previews", lease, {first.attempt_id: Preview(number=1, jpeg=b"of the first")})
        if call == "cancel_beat":
            self.do(call, first.episode_id, first.beat_id)
            self.do("retry_beat", first.episode_id, first.beat_id)
        else:
            self.do(call, first.episode_id, story.parts[first.beat_id].beat)
        for revision in (first.revision, story.parts[first.beat_id].revision):
            self.do("open_attempts", lease, [self._opening(first.episode_id, first.beat_id, revision)])
        self.look_at_all()
        self.do("preview", first.episode_id, first.beat_id)
        newest = story.tries_of(first.beat_id)[-1]
        self.do("record_progress", lease, {first.attempt_id: 0.9, newest.attempt_id: 0.75})
        if is_good:
            self.do("accept", lease, [_good(first)])
        else:
            self.do("fail", lease, [_lost(first)])
        self.do("accept", lease, [_good(newest)])
        self.do("revise_beat", first.episode_id, story.parts[first.beat_id].beat)
        self.look_at_all()
        self._ask_for_everything(lease, story, first)
        self._plan_again(lease, story)

    def _plan_again(self, lease: Lease, story: Story) -> None:
        """The same plan; what was done of the old one is no part of it."""
        self.do("save_plan", story.episode_id, Plan(beats=tuple(part.beat for part in story.parts.values())), 2)
        opening = self._opening(story.episode_id, next(iter(story.parts)), story.revision)
        self.do("open_attempts", lease, [opening])
        self.do("execute", story.episode_id)
        self.do("open_attempts", lease, [opening])
        self.do("record_progress", lease, {opening.attempt_id: 0.5})

    def _ask_for_everything(self, lease: Lease, story: Story, closed: Tried) -> None:
        """While nothing may begin, and then what may: beats in any state, and an attempt that is over."""
        again = self._opening(story.episode_id, closed.beat_id, closed.revision, closed.attempt_id)
        for call in ("pause_queue", "resume_queue"):
            self.do(call)
            beats = [self._opening(story.episode_id, one, part.revision) for one, part in story.parts.items()]
            older = [self._opening(story.episode_id, one, part.revision - 1) for one, part in story.parts.items()]
            self.do("open_attempts", lease, [*older, *beats, again])

    @rule(is_film=st.booleans())
    def trouble_lasts(self, is_film: bool) -> None:
        """The same beat or film fails again and again, a while apart, and at last for good, or falls back."""
        for retry_in_s, counted in ((2.0, False), (2.0, True), (2.0, False), (None, True)):
            one = self._being_made(is_film=is_film)
            if one is None or self.oracle.lease is None:
                return
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
                self.do("open_attempts", self.oracle.lease, [self._opening(one.episode_id, None, one.revision)])
            if not is_film:
                self.do("pause", one.episode_id)
                self.do("resume", one.episode_id)
            if not is_film and counted:
                self.do("cancel_beat", one.episode_id, one.beat_id)
                self.do("retry_beat", one.episode_id, one.beat_id)
            self._wait(self.oracle.stories[one.episode_id])

    def _being_made(self, *, is_film: bool) -> Tried | None:
        """An attempt that is open and wanted, worked for if need be."""
        for _ in range(10):
            for one in self.open_tries():
                if (one.beat_id is None) == is_film and self.oracle.stories[one.episode_id].wants(one):
                    return one
            self._work(1)
        return None

    @rule(data=st.data(), num_bytes=st.sampled_from((1, 32 * 1024, 32 * 1024 + 1)))
    def record_previews(self, data: st.DataObject, num_bytes: int) -> None:
        self._have_some_open()
        lease = self.some_lease(data)
        for _ in range(2):
            one, number = self.some_attempt(data, lease), self.a_number()
            self.do("record_previews", lease, {one: Preview(number=number, jpeg=bytes([number % 256]) * num_bytes)})
        for beat_id in ("b1", "b2", "b9"):
            self.do("preview", data.draw(st.sampled_from(sorted(self.oracle.stories))), beat_id)

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        story = data.draw(st.sampled_from(list(self.oracle.stories.values())))
        beat_id = data.draw(st.sampled_from([*story.parts, "b9"]))
        self.do("give_up", self.some_lease(data), story.episode_id, beat_id, f"nobody can, {self.a_number()}")

    @rule(data=st.data(), num=st.integers(1, 3))
    def close_cancelled(self, data: st.DataObject, num: int) -> None:
        self._have_some_open()
        lease = self.some_lease(data)
        self.do("close_cancelled", lease, [self.some_attempt(data, lease) for _ in range(num)])

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        self.do("settle", self.some_lease(data), data.draw(st.sampled_from(sorted(self.oracle.stories))))

    def _have_some_open(self) -> None:
        """Work until some attempt is open."""
        for _ in range(4):
            if not self.open_tries():
                self._work(1)

    # --- draws ---

    def some_lease(self, data: st.DataObject, one_is_void_in: int = 7) -> Lease:
        """Mostly the newest; else one that is over, or that was never given."""
        assert self.oracle.lease is not None
        newest = self.oracle.lease
        other = next(c.holder for c in self.coordinators if c.holder != newest.holder)
        void = [*self.old_leases, Lease(holder=other, fence=newest.fence), Lease(holder=newest.holder, fence=newest.fence - 1)]
        return data.draw(st.sampled_from(void)) if data.draw(st.integers(1, one_is_void_in)) == 1 else newest

    def some_attempt(self, data: st.DataObject, lease: Lease) -> str:
        """Mostly one that is open and known to whoever acts, or that nobody wants any more; else any that ever was."""
        unwanted = [t.attempt_id for t in self.open_tries() if not self.oracle.stories[t.episode_id].wants(t)]
        if unwanted and data.draw(st.integers(1, 3)) == 1:
            return data.draw(st.sampled_from(unwanted))
        knows = self._holder(lease).knows
        open_ones = [t.attempt_id for t in self.open_tries() if t.attempt_id in knows]
        if open_ones and data.draw(st.integers(0, 4)) < 4:
            return data.draw(st.sampled_from(open_ones))
        return data.draw(st.sampled_from([*self.oracle.tries, "unknown"]))

    def _leader(self) -> Coordinator | None:
        """Whoever holds the newest lease and has not forgotten it."""
        return next((c for c in self.coordinators if c.lease is not None and c.lease == self.oracle.lease), None)

    def _holder(self, lease: Lease) -> Coordinator:
        return next(c for c in self.coordinators if c.holder == lease.holder)

    def _ready(self, story: Story) -> list[Opening]:
        """What a coordinator would begin now: ready beats, or the film."""
        if story.state is E.CUTTING and story.film_not_before <= self.oracle.now_s:
            return [self._opening(story.episode_id, None, story.revision)]
        if story.state is not E.EXECUTING:
            return []
        return [
            self._opening(story.episode_id, one, part.revision)
            for one, part in story.parts.items()
            if part.state is B.PENDING and not story.unmet(part) and part.not_before <= self.oracle.now_s
        ]

    def _opening(self, episode_id: str, beat_id: str | None, revision: int, attempt_id: str | None = None) -> Opening:
        number = self.a_number()
        story = self.oracle.stories.get(episode_id)
        part = story.parts.get(beat_id or "") if story is not None else None
        return Opening(
            attempt_id=attempt_id or str(uuid.UUID(int=number)),
            episode_id=episode_id,
            beat_id=beat_id,
            revision=revision,
            backend=story.backend(part) if story is not None and part is not None else "",
            renderer=RENDERERS[number % len(RENDERERS)],
            node="n1",
        )

    def _open(self, who: Coordinator, lease: Lease, openings: Sequence[Opening]) -> None:
        opened: list[OpenAttempt | None] | None = self.do("open_attempts", lease, openings)
        who.knows += [one.attempt_id for one in opened or () if one is not None]

    def _spoilt(self, result: JobResult, fault: str) -> JobResult:
        match fault:
            case "failed":
                return result.model_copy(update={"status": "failed"})
            case "no video":
                return result.model_copy(update={"files": {"poster": a_file(f"poster/{result.job_id}")}})
            case _:
                taken = [a.file for t in self.oracle.tries.values() for a in t.files]
                return result.model_copy(update={"files": {**result.files, "poster": taken[0]}}) if taken else result


def _lost(tried: Tried) -> Failure:
    return Failure(
        attempt_id=tried.attempt_id, failure_class=FailureClass.INFRA, reason="it is lost", counted=True, retry_in_s=None
    )


def _good(tried: Tried) -> Acceptance:
    return Acceptance(attempt_id=tried.attempt_id, result=a_result(tried.as_open()))
