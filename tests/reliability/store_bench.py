"""One step of the model test: a call is made on every store and on the oracle, and afterwards all show the same in everything."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.strategies._internal.featureflags import FeatureFlags

from episodes.errors import StoryWorldError
from episodes.model import EpisodeView, Lease
from tests.reliability.oracle import Oracle
from tests.reliability.oracle_rows import Refused, Tried
from tests.reliability.store_invariants import check_audit, check_view
from tests.reliability.store_looks import Look, looks, new_events, oldest_first, plain, rarer_looks
from tests.reliability.store_subjects import Subject

THOROUGH = 1
"""Every so many calls all looks are taken, and after four times as many the rarer ones. Between these only the looks where the oracle
shows something new, as the stores should too."""


@dataclass
class Tally:
    """What a run has done."""

    num_examples: int = 0
    num_looks: int = 0
    """Things that a store and the oracle were both asked to show."""
    calls: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """By error."""

    @property
    def num_calls(self) -> int:
        return sum(self.calls.values())


class Noticed(BaseException):
    """A step and what was wrong with it. No Exception, for those Hypothesis keeps, to run the example again."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(step, error)
        self.step = step
        self.error = error


class Enough(BaseException):
    """As many calls were made as were wanted, to the end of an example."""


@dataclass(frozen=True)
class Refusal:
    kind: str
    state: str = ""


@dataclass(kw_only=True)
class Coordinator:
    """What a coordinator remembers; a crash takes it all."""

    holder: str
    lease: Lease | None = None
    knows: list[str] = field(default_factory=list)
    """Attempts that it has opened or adopted."""


class _EveryRule(FeatureFlags):
    """In the place of Hypothesis's flags."""

    def is_enabled(self, name: Any) -> bool:  # Any: as it is there
        return True


class Bench(RuleBasedStateMachine):
    """What all rules stand on."""

    subjects: ClassVar[Sequence[Subject]] = ()
    tally: ClassVar[Tally] = Tally()
    thorough: ClassVar[int] = THOROUGH
    has_swarms: ClassVar[bool] = True
    """Each example has only some of the rules, as Hypothesis does it by itself: finds more in the long run, but later."""
    stop_at_once: ClassVar[bool] = False
    """Whatever differs first ends the whole run: enough to know that a mutant is noticed."""
    enough: ClassVar[float] = math.inf
    """Calls after which no further example begins."""

    def __init__(self) -> None:
        super().__init__()
        if not self.has_swarms:
            self._rules_strategy.enabled_rules_strategy = st.just(_EveryRule())
        self.oracle = Oracle()
        self.coordinators = [Coordinator(holder="A"), Coordinator(holder="B")]
        self.old_leases: list[Lease] = []
        self.done: list[tuple[str, tuple[Any, ...], str | None]] = []
        """All calls, with their arguments and names."""
        self.tally.num_examples += 1
        self._numbers = count(1)
        self._seen: Counter[tuple[str, str]] = Counter()
        self._before: dict[tuple[str, str], EpisodeView] = {}
        self._shown: dict[str, object] = {}
        self._num_looks = 0
        self._has_noticed = False
        for subject in self.subjects:
            subject.empty()

    def teardown(self) -> None:
        if not self._has_noticed:
            with self._noticing("the end"):
                self._look_at([*self.looks_now(), *rarer_looks(self.oracle.stories)])
        super().teardown()
        if self.tally.num_calls >= self.enough:
            raise Enough

    def a_number(self) -> int:
        """Another one each time, the same ones in each run."""
        return next(self._numbers)

    def do(self, call: str, *args: Any, once: str | None = None, **how: Any) -> Any:  # Any: calls of all kinds
        """Make the call everywhere. What it must return; None where it must be refused. `once` is its name, if it has one."""
        self.tally.calls[call] += 1
        self.done.append((call, args, once))
        named = how if once is None else {**how, "once": once}
        asked = getattr(self.oracle, call) if once is None else partial(self.oracle.do_once, once, call)
        arranged = oldest_first if call == "unclosed_attempts" else plain
        expected = _outcome(partial(asked, *args, **how), arranged)
        with self._noticing(call):
            for subject in self.subjects:
                subject.set_clock(self.oracle.now_s)
                found = _outcome(partial(getattr(subject.store, call), *args, **named), arranged)
                assert found == expected, f"{subject.name}: {call}{args}\n  gave         {found}\n  but should   {expected}"
        self.look(f"what is shown after {call}")
        if isinstance(expected, Refusal):
            self.tally.refused[expected.kind] += 1
            return None
        return expected

    def begin_anew(self, episode_id: str, beat_id: str) -> None:
        """The beat, as it is."""
        beats = tuple(part.beat for part in self.oracle.stories[episode_id].parts.values())
        self.do("edit_plan", episode_id, beats, anew=(beat_id,))

    def looks_now(self) -> Iterable[Look]:
        """Everything that can change with every call."""
        return looks(self.oracle.stories, self.oracle.lease)

    def look(self, step: str) -> None:
        self._num_looks += 1
        now = list(self.looks_now())
        if self._num_looks % self.thorough != 0:
            now = [look for look in now if self._is_new(look)]
        if self._num_looks % (4 * self.thorough) == 0:
            now += rarer_looks(self.oracle.stories)
        with self._noticing(step):
            self._look_at(now)
            for subject in self.subjects:
                self._compare_new_events(subject)

    def look_at_all(self) -> None:
        """Whether the oracle shows something new or not."""
        with self._noticing("what is shown after trouble"):
            self._look_at(list(self.looks_now()))

    @contextmanager
    def _noticing(self, step: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._has_noticed = True
            if self.stop_at_once:
                raise Noticed(step, error) from error
            raise

    def _look_at(self, now: Sequence[Look]) -> None:
        for subject in self.subjects:
            for look in now:
                self._check(subject, look[0], self._compare(subject, look))

    def _is_new(self, look: Look) -> bool:
        name, ask = look
        shown = ask(self.oracle)
        is_new = name not in self._shown or self._shown[name] != shown
        self._shown[name] = shown
        return is_new

    def open_tries(self) -> list[Tried]:
        return [t for t in self.oracle.tries.values() if t.ended_at is None]

    def _compare(self, subject: Subject, look: Look) -> object:
        name, ask = look
        self.tally.num_looks += 1
        found, expected = plain(ask(subject.store)), plain(ask(self.oracle))
        assert found == expected, f"{subject.name}: {name}\n  is           {found}\n  but should   {expected}"
        return found

    def _check(self, subject: Subject, name: str, found: object) -> None:
        if isinstance(found, EpisodeView):
            unwanted = {t.attempt_id for t in self.open_tries() if not self.oracle.stories[t.episode_id].wants(t)}
            check_view(found, self._before.get((subject.name, name)), unwanted)
            self._before[subject.name, name] = found
        elif name == "audit" and isinstance(found, list):
            for one in found:
                check_audit(one)

    def _compare_new_events(self, subject: Subject) -> None:
        for one in self.oracle.stories:
            seen, told = self._seen[subject.name, one], len(self.oracle.stories[one].told)
            if told == seen:
                continue
            self._compare(subject, new_events(one, seen))
            self._seen[subject.name, one] = told


def _outcome(call: Callable[[], Any], arranged: Callable[[Any], object]) -> object:  # Any: of all kinds
    """What it returned, or how it was refused; any other error is a fault."""
    try:
        return arranged(call())
    except Refused as refused:
        return Refusal(refused.kind.__name__, refused.state)
    except StoryWorldError as error:
        return Refusal(type(error).__name__, str(getattr(error, "state", "")))
