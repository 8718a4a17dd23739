"""Contradictions: where a plan cannot be true, found before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Stable: scripts may rely on it."""

    DEAD_SPEAKS = "dead-speaks"
    DEAD_ACTS = "dead-acts"
    ABSENT_SPEAKS = "absent-speaks"
    ABSENT_ACTS = "absent-acts"
    NOT_INJURED = "not-injured"
    PROP_NOT_FOUND = "prop-not-found"
    """Somebody has it before it is found, or after it was lost."""
    PROP_NOT_HELD = "prop-not-held"
    """Somebody else has it, or nobody took it up."""
    TIME_JUMPS = "time-jumps"
    PLACE_JUMPS = "place-jumps"
    WEATHER_JUMPS = "weather-jumps"
    CLOTHES_JUMP = "clothes-jump"
    UNKNOWN_NAME = "unknown-name"
    ONE_ID_TWO_NAMES = "one-id-two-names"
    TOO_MANY_WORDS = "too-many-words"
    CAMERA_MOVE = "camera-move"


class Severity(StrEnum):
    ERROR = "error"
    """It cannot be so; the plan is not rendered unless somebody says that it shall be."""
    WARNING = "warning"
    """It can be meant like that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    code: Code
    severity: Severity
    beat_id: str
    """Where it shows."""
    other_beat_id: str | None
    """The beat that says otherwise; None: it is this beat's own, or the world's."""
    what: str
    """In a sentence that names both beats."""
    suggestion: str


def errors_among(contradictions: tuple[Contradiction, ...]) -> tuple[Contradiction, ...]:
    return tuple(one for one in contradictions if one.severity is Severity.ERROR)
