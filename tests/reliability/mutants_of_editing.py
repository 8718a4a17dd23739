"""Faults of how clips are used again."""

from __future__ import annotations

from tests.reliability.mutant import a_mutant

REUSING = (
    a_mutant(
        "coordinating.py",
        "the clip of an attempt that nobody accepted is used again",
        ", text(\"attempts.state IN ('SELECTED', 'SUPERSEDED')\"))",
        ")",
    ),
    a_mutant(
        "coordinating.py",
        "a clip that was superseded is not used again",
        "IN ('SELECTED', 'SUPERSEDED')",
        "IN ('SELECTED')",
    ),
    a_mutant(
        "coordinating.py",
        "an older clip is used again",
        ".order_by(ATTEMPTS.c.opened_at, ATTEMPTS.c.attempt_id)",
        ".order_by(ATTEMPTS.c.opened_at.desc(), ATTEMPTS.c.attempt_id.desc())",
    ),
    a_mutant("opening.py", "nobody knows what a clip depends on", "opening.content_key or None", "None"),
    a_mutant(
        "changing.py",
        "who asked for a new clip is forgotten by a retry",
        'or_(BEATS.c.is_fresh, bindparam("freshly"))',
        'bindparam("freshly")',
    ),
    a_mutant("changing.py", "a retry never asks for a new clip", '"freshly": fresh}', '"freshly": False}'),
    a_mutant(
        "people.py",
        "an execution never asks for new clips",
        "                if fresh:\n",
        "                if not episode_id:\n",
    ),
    a_mutant("revising.py", "a revised beat has to be rendered", "        is_fresh=False,\n", ""),
)
