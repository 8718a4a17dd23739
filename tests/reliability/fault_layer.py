"""A layer between the parts and their stores that fails now and then: before a call, or after it, when nobody can tell whether it happened.

The faulty stores are made from the ports themselves, so that a new method of a port has its faults too.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar, cast

from episodes.episode_store import EpisodeStore
from episodes.errors import Unavailable
from episodes.ports import ArtifactStore, WorldStore

P = TypeVar("P")
T = TypeVar("T")

PORTS: tuple[type, ...] = (EpisodeStore, WorldStore, ArtifactStore)


class Faults:
    """Which calls fail, by a seed: the nth call of a method has its fate, whatever is called beside it. Safe from many threads.

    With `before` as probability a call fails and does nothing; with `after` it is done, and fails all the same.
    """

    def __init__(self, seed: int, *, before: float, after: float) -> None:
        self._seed = seed
        self._before = before
        self._after = after
        self._lock = threading.Lock()
        self._is_over = False
        self.slowness_s = 0.0
        """Every call takes so much longer."""
        self.num_calls: Counter[str] = Counter()
        self.num_before: Counter[str] = Counter()
        self.num_after: Counter[str] = Counter()
        """Method → how many calls failed after they had been done."""

    @property
    def are_none(self) -> bool:
        return self._before == self._after == 0.0

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        self.slowness_s = seconds
        try:
            yield
        finally:
            self.slowness_s = 0.0

    def around(self, method: str, call: Callable[[], T]) -> T:
        with self._lock:
            self.num_calls[method] += 1
            fate = Random(f"{self._seed} {method} {self.num_calls[method]}").random()
            if fate < self._before:
                self.num_before[method] += 1
            elif fate < self._before + self._after:
                self.num_after[method] += 1
        if self.slowness_s:
            time.sleep(self.slowness_s)
        if fate < self._before:
            raise Unavailable(f"Injected before {method}.", retry_after_s=1)
        answer = call()
        if fate < self._before + self._after:
            raise Unavailable(f"Injected after {method}: it is done.", retry_after_s=1)
        return answer


def methods_of(port: type) -> list[str]:
    return [name for name, member in vars(port).items() if not name.startswith("_") and callable(member)]


def faulty(port: type, store: P, faults: Faults) -> P:
    """The store behind a port, as somebody sees it whose calls fail as `faults` say."""

    def failing(name: str) -> Callable[..., object]:
        def call(_: object, *args: Any, **kwargs: Any) -> object:  # Any: whatever the port's method takes
            return faults.around(f"{port.__name__}.{name}", lambda: getattr(store, name)(*args, **kwargs))

        return call

    kind = type(f"Faulty{port.__name__}", (), {name: failing(name) for name in methods_of(port)})
    return cast(P, kind())
