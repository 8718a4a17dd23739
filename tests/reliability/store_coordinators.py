"""The rules of the model test for what two coordinators do, and for time: leases, attempts, what comes of them, crashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from episodes.errors import FailureClass
from episodes.fleet import Preview, RendererState
from episodes.job import JobResult
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Acceptance, Failure, FleetSnapshot, Opening, RendererNote
from tests.contract.leading import a_file
from tests.reliability.store_bench import Coordinator
from tests.reliability.store_work import RETRIES_IN_S, TTLS_S, Work, good

SHARES = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)


class Coordinators(Work):
    # --- time and leases ---

    @initialize(ttl_s=st.sampled_from(TTLS_S))
    def somebody_leads(self, ttl_s: float) -> None:
        self.acquire(self.coordinators[0], ttl_s)

    @rule()
    def a_second_passes(self) -> None:
        """Without a draw, so that it is the simplest of all: Hypothesis's first example is nothing else, and costs nothing."""
        self.pass_to(self.oracle.now_s + 1.0)

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
            self.pass_to(max(now, end + {"almost": -0.5, "exactly": 0.0, "past": 0.5}[how]))

    @rule(
        data=st.data(),
        what=st.sampled_from(("renew", "release", "crash", "fleet", "take")),
        who=st.integers(0, 1),
        is_late=st.booleans(),
    )
    def keep_or_lose_the_lease(self, data: st.DataObject, what: str, who: int, is_late: bool) -> None:
        if is_late:
            self.pass_to(max(self.oracle.now_s, self.oracle.lease_ends + 0.5))
        match what:
            case "renew":
                self.do("renew_lease", self.some_lease(data, one_is_void_in=2), TTLS_S[0])
            case "release":
                self.do("release_lease", self.some_lease(data, one_is_void_in=2))
                for _ in range(2):
                    self.do("release_lease", self.oracle.lease)
                    self.look_at_all()
                    self.pass_to(self.oracle.now_s + 0.5)
            case "fleet":
                note = RendererNote(name="renderer:animatic:0", backend="animatic", state=RendererState.IDLE)
                snapshot = FleetSnapshot(at=datetime.fromtimestamp(self.a_number(), UTC), renderers=(note,))
                self.do("record_fleet", self.some_lease(data), snapshot)
            case "take":
                self._take_at_the_end()
            case _:
                self._crash(who)

    @rule(who=st.integers(0, 1), ttl_s=st.sampled_from(TTLS_S))
    def acquire_lease(self, who: int, ttl_s: float) -> None:
        self.acquire(self.coordinators[who], ttl_s)

    def _take_at_the_end(self) -> None:
        """The other one, at the very moment at which the lease ends."""
        self.pass_to(max(self.oracle.now_s, self.oracle.lease_ends))
        had = self.oracle.lease.holder if self.oracle.lease is not None else ""
        self.acquire(next(c for c in self.coordinators if c.holder != had), TTLS_S[0])

    def _crash(self, who: int) -> None:
        """Everything that it knew is forgotten; what it had begun is found by whoever leads next."""
        one = self.coordinators[who]
        self.old_leases += [one.lease] if one.lease is not None else []
        self.coordinators[who] = Coordinator(holder=one.holder)

    # --- attempts ---

    @rule(num_steps=st.integers(1, 4))
    def the_work_goes_on(self, num_steps: int) -> None:
        """As when nothing goes wrong: a few steps of the leading coordinator, in whatever episode can move."""
        self.work(num_steps)

    @rule(num_steps=st.integers(4, 8))
    def much_work_goes_on(self, num_steps: int) -> None:
        """Often to a film."""
        self.work(num_steps)

    @rule(
        data=st.data(),
        num=st.integers(1, 3),
        meanwhile=st.sampled_from(
            ("nothing", "nothing", "nothing", "pause", "pause_queue", "begin_anew", "cancel_beat", "give_up")
        ),
    )
    def begin_what_looked_ready(self, data: st.DataObject, num: int, meanwhile: str) -> None:
        """To a coordinator that did not see a back-off, that the film is being cut already, or what people did meanwhile."""
        lease = self.some_lease(data)
        if not self._look_ready():
            self.work(1)
        if ready := self._look_ready():
            openings = data.draw(st.lists(st.sampled_from(ready), min_size=1, max_size=num, unique=True))
            self._meanwhile(meanwhile, openings[0])
            self.begin(self.whoever_has(lease), lease, openings)

    def _meanwhile(self, call: str, opening: Opening) -> None:
        match call:
            case "pause_queue":
                self.do(call)
            case "pause":
                self.do(call, opening.episode_id)
            case "begin_anew" if opening.beat_id is not None:
                self.begin_anew(opening.episode_id, opening.beat_id)
            case "cancel_beat" if opening.beat_id is not None:
                self.do(call, opening.episode_id, opening.beat_id)
            case "give_up" if opening.beat_id is not None:
                self.do(call, self.oracle.lease, opening.episode_id, opening.beat_id, f"nobody can, {self.a_number()}")

    def _look_ready(self) -> list[Opening]:
        found = []
        for story in self.oracle.stories.values():
            if story.state is E.CUTTING:
                found.append(self.opening(story.episode_id, None, story.revision))
            for one, part in story.parts.items():
                if part.state is B.PENDING and not story.unmet(part):
                    found.append(self.opening(story.episode_id, one, part.revision))
        return found

    @rule(data=st.data(), what=st.sampled_from(("unmet", "rendering", "film", "known attempt", "nobody", "another backend")))
    def begin_something_else(self, data: st.DataObject, what: str) -> None:
        """What a coordinator asks for that has not seen the latest."""
        if what in ("rendering", "known attempt"):
            self.have_some_open()
        lease = self.some_lease(data)
        story = data.draw(st.sampled_from(list(self.oracle.stories.values())))
        fitting = {
            "unmet": [one for one, part in story.parts.items() if story.unmet(part)],
            "rendering": [one for one, part in story.parts.items() if part.state is B.RENDERING],
            "another backend": [one for one, part in story.parts.items() if part.state is B.PENDING and not story.unmet(part)],
        }.get(what)
        beat_id = data.draw(st.sampled_from(fitting or list(story.parts) or ["b1"]))
        revision = story.parts[beat_id].revision if beat_id in story.parts else 1
        opening = self.opening(story.episode_id, beat_id, revision)
        match what:
            case "film":
                opening = self.opening(story.episode_id, None, story.revision)
            case "another backend":
                opening = replace(opening, backend=f"not {opening.backend}")
            case "nobody":
                opening = self.opening("nobody", beat_id, revision)
            case "known attempt" if self.oracle.tries:
                known = data.draw(st.sampled_from(list(self.oracle.tries.values())))
                opening = self.opening(known.episode_id, known.beat_id, known.revision, known.attempt_id)
        self.begin(self.whoever_has(lease), lease, [opening])

    @rule(data=st.data(), shares=st.lists(st.sampled_from(SHARES), min_size=2, max_size=3), one_only=st.booleans())
    def record_progress(self, data: st.DataObject, shares: list[float], one_only: bool) -> None:
        self.have_some_open()
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
        self.have_some_open()
        lease = self.some_lease(data)
        ids = [self.some_attempt(data, lease) for _ in range(num)]
        acceptances = [good(self.oracle.tries[one]) for one in ids if one in self.oracle.tries]
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
        self.have_some_open()
        lease = self.some_lease(data)
        failures = [
            Failure(
                attempt_id=self.some_attempt(data, lease),
                failure_class=failure_class,
                reason=f"fault {self.a_number()}",
                counted=counted,
                retry_in_s=retry_in_s,
                work_s=(None, 0.25)[len(self.done) % 2],
                bought_nothing=len(self.done) % 3 == 0,
            )
            for _ in range(num)
        ]
        self.do("fail", lease, failures)
        for story in self.oracle.stories.values() if then in ("pause", "wait") else ():
            if then == "wait":
                self.wait(story)
            else:
                self.do("pause", story.episode_id)
        if then == "pause_queue":
            self.do("pause_queue")

    @rule(data=st.data(), num_bytes=st.sampled_from((1, 32 * 1024, 32 * 1024 + 1)))
    def record_previews(self, data: st.DataObject, num_bytes: int) -> None:
        self.have_some_open()
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
        self.have_some_open()
        lease = self.some_lease(data)
        self.do("close_cancelled", lease, [self.some_attempt(data, lease) for _ in range(num)])

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """With beats that wait or render, or with none."""
        self.have_some_open()
        for episode_id in sorted(self.oracle.stories):
            self.do("settle", self.some_lease(data), episode_id)

    def _spoilt(self, result: JobResult, fault: str) -> JobResult:
        match fault:
            case "failed":
                return result.model_copy(update={"status": "failed"})
            case "no video":
                return result.model_copy(update={"files": {"poster": a_file(f"poster/{result.job_id}")}})
            case _:
                taken = [a.file for t in self.oracle.tries.values() for a in t.files]
                return result.model_copy(update={"files": {**result.files, "poster": taken[0]}}) if taken else result
