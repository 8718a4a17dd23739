"""Noting: how a contradiction is put down."""

from __future__ import annotations

from episodes.contradictions import Code, Contradiction, Severity
from episodes.plan import Beat


def error(code: Code, beat: Beat | str, other: Beat | str | None, what: str, suggestion: str) -> Contradiction:
    return _noted(Severity.ERROR, code, beat, other, what, suggestion)


def warning(code: Code, beat: Beat | str, other: Beat | str | None, what: str, suggestion: str) -> Contradiction:
    return _noted(Severity.WARNING, code, beat, other, what, suggestion)


def _noted(
    severity: Severity, code: Code, beat: Beat | str, other: Beat | str | None, what: str, suggestion: str
) -> Contradiction:
    beat_id, other_id = _id(beat), _id(other) if other is not None else None
    return Contradiction(
        code=code,
        severity=severity,
        beat_id=beat_id,
        other_beat_id=other_id if other_id != beat_id else None,
        what=what,
        suggestion=suggestion,
    )


def _id(beat: Beat | str) -> str:
    return beat if isinstance(beat, str) else beat.beat_id


def ago(deed: str, beat_id: str | None) -> str:
    """ "died in b2", "was lost before the story"."""
    return f"{deed} in {beat_id}" if beat_id is not None else f"{deed} before the story"


def since(beat_id: str | None) -> str:
    return f"since {beat_id}" if beat_id is not None else "since before the story"
