"""Dice: choices that look free and are always the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dice:
    """One seed's choices. Each throw is named, so that adding a throw changes no other; no state, no `random`."""

    seed: str

    def number(self, *name: object) -> int:
        """0 ≤ n < 2**63, the whole range of a beat's seed."""
        named = "\x1f".join([self.seed, *map(str, name)])
        return int.from_bytes(hashlib.sha256(named.encode("utf-8")).digest()[:8], "big") >> 1

    def pick(self, options: Sequence[T], *name: object) -> T:
        return options[self.number(*name) % len(options)]

    def shuffled(self, options: Sequence[T], *name: object) -> list[T]:
        order = sorted(range(len(options)), key=lambda i: self.number(*name, "shuffle", i))
        return [options[i] for i in order]
