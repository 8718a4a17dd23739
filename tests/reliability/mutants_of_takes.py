"""Faults of takes: who begins them, what they leave alone, and which clip a beat has."""

from __future__ import annotations

from dataclasses import replace

from tests.reliability.mutant import Mutant, a_mutant


def _about_takes(file: str, breaks: str, old: str, new: str) -> Mutant:
    return replace(a_mutant(file, breaks, old, new), about="takes")


TAKES = (
    _about_takes(
        "takes.py", "what was selected stays so beside another take", "    connection.execute(_SELECT_NONE, {", "    ({"
    ),
    _about_takes(
        "takes.py", "a beat loses its clip to nobody", '    connection.execute(_SELECT, {"of_attempt": attempt_id})\n', ""
    ),
    _about_takes(
        "accepting.py",
        "a take pushes the beat's clip aside when it is made",
        "        if attempt.take is None:\n            self._supersede(attempt)\n",
        "        self._supersede(attempt)\n",
    ),
    _about_takes(
        "accepting.py",
        "a take is selected when it is made",
        "AttemptState.SELECTED if attempt.take is None else AttemptState.SUPERSEDED",
        "AttemptState.SELECTED",
    ),
    _about_takes(
        "accepting.py",
        "two takes of one call have files of one version",
        "            version = self._versions[of][kind] = self._versions[of].get(kind, 0) + 1\n",
        "            version = self._versions[of].get(kind, 0) + 1\n",
    ),
    _about_takes(
        "accepting.py",
        "a take that is made renders on",
        "            self._connection.execute(ACCEPT_TAKE, self._takes)\n",
        "            pass\n",
    ),
    _about_takes(
        "editing.py",
        "takes of what a beat showed before go on",
        "        cancel_takes(self._connection, self._ledger, self._episode, [*removed, *changed])\n",
        "",
    ),
    _about_takes(
        "people.py",
        "takes of an old plan go on",
        "            cancel_takes(connection, ledger, episode)\n            _replace",
        "            _replace",
    ),
    _about_takes(
        "people.py",
        "takes of a cancelled episode go on",
        "    connection.execute(_CANCEL_BEATS, of_episode)\n    cancel_takes(connection, ledger, episode)\n",
        "    connection.execute(_CANCEL_BEATS, of_episode)\n",
    ),
    _about_takes(
        "held.py",
        "a cancelled take takes what comes late",
        "waits = row.take_state == BeatState.RENDERING\n",
        "waits = True\n",
    ),
    _about_takes(
        "held.py",
        "nobody is told to stop a cancelled take",
        "            and_(ATTEMPTS.c.take.is_not(None), TAKES.c.number.is_(None)),\n",
        "",
    ),
    _about_takes("held.py", "every take is told to stop", "                ATTEMPTS.c.take.is_(None),\n", ""),
    _about_takes(
        "opening.py",
        "a take begins in a paused episode",
        "if episode is None or not episode.state.begins_takes:",
        "if episode is None or not episode.state.allows_takes:",
    ),
    _about_takes(
        "opening.py",
        "a take begins with another seed",
        "(take.revision, take.backend, take.seed) != (opening.revision, opening.backend, opening.seed)",
        "(take.revision, take.backend) != (opening.revision, opening.backend)",
    ),
    _about_takes(
        "opening.py",
        "a take begins with a backend that its beat is not at",
        "(take.revision, take.backend, take.seed) != (opening.revision, opening.backend, opening.seed)",
        "(take.revision, take.seed) != (opening.revision, opening.seed)",
    ),
    _about_takes(
        "opening.py",
        "two takes of one call have one attempt's number",
        "            self._numbers[of_beat] = attempt.number\n",
        "            self._numbers[of_beat] = take.num_attempts\n",
    ),
    _about_takes(
        "takes.py",
        "a failed take is not tried again",
        "    if failure.retry_in_s is None:\n        fail_take",
        "    if True:\n        fail_take",
    ),
    _about_takes(
        "takes.py",
        "what failed of a take is forgotten",
        '        connection.execute(_COUNT, {**of_take, "crashes": int(failure.failure_class is FailureClass.CRASH)})\n',
        "        pass\n",
    ),
    _about_takes("takes.py", "a take does not back off", "        TAKES.c.not_before <= now_s(),\n", ""),
    _about_takes(
        "takes.py",
        "a take that runs is given up",
        "if connection.scalar(_STATE, of_take) == BeatState.PENDING and",
        "if",
    ),
    _about_takes(
        "takes.py",
        "a take is given up in a paused episode",
        " == BeatState.PENDING and episode.state.begins_takes:",
        " == BeatState.PENDING:",
    ),
    _about_takes(
        "taking.py",
        "what starts from the beat keeps the old clip's last frame",
        "cause, starting_from(before, beat_id)",
        "cause, ()",
    ),
    _about_takes("taking.py", "no film is cut with another take", "    go_on(ledger, episode, state)\n", ""),
    _about_takes(
        "taking.py",
        "what an older revision shows is selected",
        "                check_selectable(take, beat_id, revision_in(before, beat_id))\n",
        "",
    ),
    _about_takes("taking.py", "a look selects", "                if dry_run:\n", "                if False:\n"),
    _about_takes(
        "taking.py",
        "takes are asked for of a beat without a clip",
        "            beat_after(beat_id, beat.state, BeatMove.TAKE)\n",
        "",
    ),
    _about_takes(
        "storage/takes.py",
        "two takes show the same",
        "        if seed in taken:\n",
        "        if not seeds and seed is None:\n",
    ),
    _about_takes(
        "storage/takes.py",
        "a beat's own clips are numbered as if nobody had asked for more",
        " + sum(one.revision < clip.revision for one in asked)\n",
        "\n",
    ),
    _about_takes("storage/takes.py", "the plan keeps the seed of the take before", 'update={"seed": take.seed}', "update={}"),
    _about_takes(
        "coordinating.py",
        "nobody looks after takes of an episode that has ended",
        "            if with_takes.difference(row.episode_id for row in rows):\n",
        "            if not rows and not with_takes:\n",
    ),
    _about_takes(
        "coordinating.py",
        "a take is handed out with the beat's seed",
        '{"backend": row.backend, "seed": row.seed}',
        '{"backend": row.backend}',
    ),
    _about_takes(
        "coordinating.py",
        "a preview of a take is the beat's",
        "one.beat_id is not None and one.take is None and one.is_wanted\n",
        "one.beat_id is not None and one.is_wanted\n",
    ),
    _about_takes("paying.py", "a take waits for ever for money", "for table in (BEATS, TAKES)", "for table in (BEATS,)"),
)
