"""Faults of how plans are changed beat by beat, and of how clips are used again."""

from __future__ import annotations

from dataclasses import replace

from tests.reliability.mutant import Mutant, a_mutant


def _of_a_plan(file: str, breaks: str, old: str, new: str) -> Mutant:
    return replace(a_mutant(file, breaks, old, new), about="plans")


EDITING = (
    _of_a_plan("editing.py", "a film of the old content is still wanted", "(*removed, *changed, None)", "(*removed, *changed)"),
    _of_a_plan("editing.py", "a revised beat still wants its attempt", "(*removed, *changed, None)", "(*removed, None)"),
    _of_a_plan("editing.py", "a revised beat still says why it fell back", '        fallback_reason="",\n', ""),
    _of_a_plan(
        "editing.py",
        "a revised beat still counts as met",
        "accepted = {one for one, view in kept.items()",
        "accepted = {one for one, view in self._had.items()",
    ),
    _of_a_plan(
        "editing.py", "a revision has the old one's number", '"to_revision": old.revision + 1', '"to_revision": old.revision'
    ),
    _of_a_plan(
        "editing.py",
        "seconds done are kept from the old content",
        "view.beat.duration_s for view in kept.values()",
        "view.beat.duration_s for view in self._had.values()",
    ),
    _of_a_plan(
        "editing.py",
        "the episode's length stays",
        "        self._episode.total_s = sum(beat.duration_s for beat in beats)\n",
        "",
    ),
    _of_a_plan(
        "editing.py",
        "a plan that somebody changed meanwhile is overwritten",
        "                check_plan_version(episode_id, how.expected, episode.plan_version)\n",
        "",
    ),
    _of_a_plan(
        "editing.py",
        "a plan is changed while its episode is cancelled",
        "state = state_with_beats_opened(episode_id, episode.state, EpisodeMove.REVISE)",
        "state = episode.state",
    ),
    _of_a_plan("editing.py", "a look changes the plan", "                if how.dry_run:\n", "                if not how:\n"),
    _of_a_plan(
        "editing.py", "a repeated call changes the plan again", "if is_repeated(connection, how.once):", "if not episode_id:"
    ),
    _of_a_plan("editing.py", "an ended episode stays so", "                    go_on(ledger, episode, state)\n", ""),
    _of_a_plan("editing.py", "what is left out still wants its attempt", "(*removed, *changed, None)", "(*changed, None)"),
    _of_a_plan(
        "editing.py",
        "what shows the same is rendered anew",
        " for beat in there if beat.beat_id in changed]",
        " for beat in there]",
    ),
    _of_a_plan(
        "editing.py",
        "an id that comes back is taken for what it was",
        "            self._episode.revision += 1  # above",
        "            # above",
    ),
    _of_a_plan("editing.py", "an id that comes back counts its attempts anew", "numbers.get(beat.beat_id, 0)", "0"),
    _of_a_plan(
        "editing.py", "a new beat waits for what is accepted", '{**row, "num_unmet": unmet[str(row["beat_id"])]}', "{**row}"
    ),
    _of_a_plan("editing.py", "beats keep their old places", 'position=bindparam("at"), ', ""),
    _of_a_plan("editing.py", "what a beat waited for is waited for", ', num_unmet=bindparam("unmet"), beat=', ", beat="),
    _of_a_plan(
        "editing.py",
        "what was needed is needed for ever",
        "        self._connection.execute(_FORGET_NEEDS, self._of_episode)\n",
        "",
    ),
    _of_a_plan(
        "editing.py",
        "what ended with a beat that is gone stays ended",
        "        reopen(self._connection, self._ledger, self._episode, opened_by_edit(new, now.values()))\n",
        "",
    ),
    _of_a_plan("editing.py", "nobody is told what was left out", "removed=list(removed)", "removed=[]"),
    _of_a_plan(
        "editing.py",
        "nobody is told that a beat begins anew",
        "is_old in told.items() if is_old)",
        "_ in told.items() if not one)",
    ),
)

VERSIONS = (
    _of_a_plan(
        "editing.py",
        "a changed plan is no version",
        "        keep_version(self._connection, self._ledger, self._episode, plan, world_revision, cause)\n",
        "",
    ),
    _of_a_plan(
        "people.py",
        "a new plan is no version",
        "            keep_version(connection, ledger, episode, plan, world_revision, cause)\n",
        "",
    ),
    _of_a_plan("editing.py", "a version has the number of another", "        self._episode.plan_version += 1\n", ""),
    _of_a_plan(
        "versions.py",
        "the first of all comes back, whichever was asked for",
        'PLAN_VERSIONS.c.version == bindparam("of_version")',
        'PLAN_VERSIONS.c.version <= bindparam("of_version")',
    ),
    _of_a_plan(
        "versions.py", "a plan comes back without its scenes", '"told": plan.treatment.model_dump_json()', '"told": "{}"'
    ),
    _of_a_plan("versions.py", "the version of the last page comes again", "version < before", "version <= before"),
    _of_a_plan("editing.py", "nobody is told what came back", "cause=restored(version)", 'cause="edited"'),
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
