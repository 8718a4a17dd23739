"""What a check-up of a running system finds, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and will not in some case that can be named."""
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    name: str
    """Of the check; one check may find several things."""
    verdict: Verdict
    what: str
    remedy: str = ""
    """What to do; empty where all is well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkup:
    code_version: str
    """Of whoever made it."""
    findings: tuple[Finding, ...]


def fine(name: str, what: str) -> Finding:
    return Finding(name=name, verdict=Verdict.OK, what=what)


def warning(name: str, what: str, remedy: str) -> Finding:
    return Finding(name=name, verdict=Verdict.WARNING, what=what, remedy=remedy)


def wrong(name: str, what: str, remedy: str) -> Finding:
    return Finding(name=name, verdict=Verdict.WRONG, what=what, remedy=remedy)


def found(name: str, problems: Iterable[Finding], *, otherwise: str) -> tuple[Finding, ...]:
    """The problems; where there are none, that all is well, in the words of `otherwise`."""
    return tuple(problems) or (fine(name, otherwise),)
