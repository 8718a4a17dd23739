"""What an audit found: each check with its name, how much it looked at, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Violation:
    check: str
    where: str
    """`episode 0199…, beat b2`, or a key."""
    what: str
    """What is wrong there, in a sentence."""

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: {self.what}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    name: str
    """Stable: tests and scripts may rely on it."""
    promise: str
    """What holds when nothing is wrong, in a sentence."""
    num_looked_at: int
    violations: tuple[Violation, ...] = ()
    notes: tuple[str, ...] = ()
    """Worth knowing, and nothing wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditReport:
    checks: tuple[Check, ...]

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Empty when all is well."""
        return tuple(violation for check in self.checks for violation in check.violations)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        width = max(len(check.name) for check in self.checks)
        for check in self.checks:
            verdict = "WRONG" if check.violations else "ok"
            yield f"{verdict:<5}  {check.name:<{width}}  {check.num_looked_at:>7}  {check.promise}"
            yield from (f"         {violation.where}: {violation.what}" for violation in check.violations)
            yield from (f"         {note}" for note in check.notes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One thing that a check looked at."""

    where: str
    wrong: str = ""
    """What is wrong with it, in a sentence; empty: nothing."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """One check while it is being made."""

    name: str
    promise: str
    num_looked_at: int = 0
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, looks: Iterable[Look]) -> None:
        for look in looks:
            self.num_looked_at += 1
            if look.wrong:
                self.violations.append(Violation(check=self.name, where=look.where, what=look.wrong))

    def check(self) -> Check:
        return Check(
            name=self.name,
            promise=self.promise,
            num_looked_at=self.num_looked_at,
            violations=tuple(self.violations),
            notes=tuple(self.notes),
        )
