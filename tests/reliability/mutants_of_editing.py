"""Faults of how plans are changed beat by beat, and of how clips are used again."""

from __future__ import annotations

from tests.reliability.mutant import a_mutant

EDITING = (
    a_mutant("editing.py", "a film of the old content is still wanted", "(*removed, *changed, None)", "(*removed, *changed)"),
    a_mutant("editing.py", "a revised beat still wants its attempt", "(*removed, *changed, None)", "(*removed, None)"),
    a_mutant("editing.py", "a revised beat still says why it fell back", '        fallback_reason="",\n', ""),
    a_mutant(
        "editing.py",
        "a revised beat still counts as met",
        "accepted = {one for one, view in kept.items()",
        "accepted = {one for one, view in self._had.items()",
    ),
    a_mutant("editing.py", "what is accepted counts as unmet", "unmet_in(beat, accepted)", "unmet_in(beat, ())"),
    a_mutant(
        "editing.py", "a revision has the old one's number", '"to_revision": old.revision + 1', '"to_revision": old.revision'
    ),
    a_mutant(
        "editing.py",
        "seconds done are kept from the old content",
        "view.beat.duration_s for view in kept.values()",
        "view.beat.duration_s for view in self._had.values()",
    ),
    a_mutant(
        "editing.py",
        "the episode's length stays",
        "        self._episode.total_s = sum(beat.duration_s for beat in beats)\n",
        "",
    ),
)

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
    a_mutant("editing.py", "a revised beat has to be rendered", "        is_fresh=False,\n", ""),
)
