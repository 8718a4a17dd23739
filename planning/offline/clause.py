"""Clause: one thing that happens, as it was read."""

from __future__ import annotations

from dataclasses import dataclass

from episodes.plan import TimeOfDay
from planning.offline.complements import Part, Role
from planning.offline.families import Family
from planning.offline.mentions import Mention
from planning.offline.verbgroup import VerbGroup
from planning.offline.words import word_set

_MINOR = word_set("turn stop go come start begin stand wake rise move step get continue")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One thing that happens."""

    subjects: tuple[Mention, ...]
    group: VerbGroup | None
    family: Family
    parts: tuple[Part, ...]
    """What follows the verb."""
    place: Part | None
    time_of_day: TimeOfDay | None
    weather: str
    text: str
    """As it was written."""
    lead: str = ""
    """A small move before it: "turns"."""
    quote: str = ""
    """What is said in it, word for word."""

    @property
    def is_plural(self) -> bool:
        return len(self.subjects) > 1 or any(m.is_plural for m in self.subjects)

    @property
    def targets(self) -> tuple[Mention, ...]:
        """Beings that it is done to."""
        return tuple(p.mention for p in self.parts if p.role is Role.TARGET and p.mention)

    @property
    def things(self) -> tuple[Mention, ...]:
        """What it is about, beings or not."""
        return tuple(p.mention for p in self.parts if p.role in (Role.OBJECT, Role.TARGET) and p.mention)

    @property
    def companions(self) -> tuple[Mention, ...]:
        return tuple(p.mention for p in self.parts if p.role is Role.COMPANION and p.mention)

    @property
    def foes(self) -> tuple[Mention, ...]:
        """From whom somebody is saved."""
        return tuple(p.mention for p in self.parts if p.role is Role.FOE and p.mention)

    @property
    def is_minor(self) -> bool:
        """Only leads up to the next one: "turns and fights"."""
        return (
            self.group is not None
            and self.group.lemma in _MINOR
            and not self.group.is_negated
            and not self.things
            and self.place is None
        )
