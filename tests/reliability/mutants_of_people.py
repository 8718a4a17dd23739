"""Faults of what the store does for people, and of what it shows them."""

from __future__ import annotations

from tests.reliability.mutant import a_mutant

PEOPLE = (
    a_mutant(
        "people.py",
        "an id stands for another request",
        "                check_same_request(episode_id, request, there.request)\n",
        "",
    ),
    a_mutant(
        "people.py",
        "a later answer takes the place of the first",
        "            connection.execute(keep)\n",
        "            connection.execute(delete(ANSWERS))\n            connection.execute(keep)\n",
    ),
    a_mutant(
        "claim.py",
        "a call with a name has its effect again",
        "return connection.execute(mark.returning(ANSWERS.c.key)).first() is None",
        "return connection.execute(mark.returning(ANSWERS.c.key)).first() == ()",
    ),
    a_mutant("people.py", "a new plan keeps the revision", "            episode.revision += 1\n", ""),
    a_mutant("people.py", "a new plan keeps how the old one ended", "            begin_anew(episode)\n", ""),
    a_mutant("people.py", "a new plan wants what the old one began", "            disown_all(connection, episode_id)\n", ""),
    a_mutant("people.py", "numbers restart with a new plan", "numbers.get(beat.beat_id, 0)", "0"),
    a_mutant("people.py", "seconds done are kept from the old plan", "            episode.done_s = 0.0\n", ""),
    a_mutant("people.py", "the order of execution is lost", "                episode.executed_at = ledger.now_s\n", ""),
    a_mutant("people.py", "when it was cancelled is lost", "            episode.cancelled_at = ledger.now_s\n", ""),
    a_mutant(
        "people.py",
        "what runs is forgotten by a cancel",
        'if connection.scalar(_HAS_OPEN, {"of_episode": episode_id}):',
        "if False:",
    ),
    a_mutant(
        "people.py",
        "a cancel leaves alone what renders",
        "_NOT_ENDED = [BeatState.PENDING.value, BeatState.RENDERING.value]",
        "_NOT_ENDED = [BeatState.PENDING.value]",
    ),
    a_mutant(
        "changing.py", "a cancelled beat still wants its attempt", "            disown(connection, episode_id, beat_id)\n", ""
    ),
    a_mutant("changing.py", "a retry forgives nothing", ", not_before=0.0, **FORGIVEN)", ", not_before=0.0)"),
    a_mutant(
        "changing.py",
        "a retry goes on with what a beat fell back to",
        "backend=FIRST_BACKEND, first_backend=None",
        "first_backend=None",
    ),
    a_mutant("changing.py", "a retried beat still says why it fell back", ', fallback_reason="")', ")"),
    a_mutant("changing.py", "an episode that opens again keeps how it ended", "        begin_anew(episode)\n", ""),
    a_mutant(
        "changing.py",
        "what is behind a cancelled beat waits for ever",
        "dependents = pending_dependents(connection, episode_id, beat_id)",
        "dependents: Sequence[str] = []",
    ),
)

SHOWING = (
    a_mutant(
        "coordinating.py", "previews ask for no lease", '_leading("record_previews", lease)', '_writing("record_previews")'
    ),
    a_mutant(
        "coordinating.py",
        "what nobody wants is shown",
        "if one.beat_id is not None and one.take is None and one.is_wanted",
        "if one.take is None",
    ),
    a_mutant("accepting.py", "an accepted attempt still has its preview", ", preview=None)", ")"),
    a_mutant("failing.py", "a failed attempt still has its preview", "        preview=None,\n", ""),
    a_mutant(
        "reading.py",
        "a preview is shown of what nobody wants",
        "is_in(AttemptState.OPEN), ~ATTEMPTS.c.unwanted",
        "is_in(AttemptState.OPEN)",
    ),
    a_mutant("storage/rules.py", "a preview may be of any size", "> MAX_PREVIEW_BYTES:", "> 10**9:"),
    a_mutant("coordinating.py", "progress falls", "share > one.beat_progress", "share != one.beat_progress"),
    a_mutant("coordinating.py", "progress of what nobody wants is shown", "one.is_wanted and share", "share"),
    a_mutant(
        "coordinating.py", "progress counts twice", "(share - one.beat_progress) * one.duration_s", "share * one.duration_s"
    ),
    a_mutant(
        "ledger.py",
        "an episode's progress falls",
        "self.progress = max(self.progress, episode_progress(self.done_s, self.total_s))",
        "self.progress = episode_progress(self.done_s, self.total_s)",
    ),
    a_mutant("ledger.py", "an old reason stays", "        episode.reason = reason\n", ""),
    a_mutant(
        "ledger.py",
        "nobody is told that an episode goes on",
        '        self.tell(episode, "episode.resumed")\n',
        "        self.touch(episode)\n",
    ),
    a_mutant(
        "reading.py",
        "a beat waits at the moment of its back-off's end",
        "BEATS.c.not_before > now_s()",
        "BEATS.c.not_before >= now_s()",
    ),
    a_mutant("reading.py", "the last event comes again", "EVENTS.c.number > bindparam", "EVENTS.c.number >= bindparam"),
    a_mutant("storage/rules.py", "a beat is done before its clip", "BEAT_CEILING = 0.99", "BEAT_CEILING = 1.0"),
    a_mutant("storage/rules.py", "an episode is done before its film", "EPISODE_CEILING = 0.98", "EPISODE_CEILING = 1.0"),
    a_mutant(
        "storage/rules.py",
        "a beat opens behind one that stays ended",
        "            if not any(in_the_way):\n",
        "            if True:\n",
    ),
    a_mutant(
        "storage/rules.py",
        "a retried beat waits for ever",
        "opened.update(d for d in one.depends_on if _is_ended_without_clip(standings[d]))",
        "opened.update(())",
    ),
    a_mutant(
        "storage/rules.py",
        "what was cancelled with another is never cancelled for itself",
        "beat.state is BeatState.CANCELLED and not beat.failed_with_another",
        "beat.state is BeatState.CANCELLED",
    ),
    a_mutant("storage/rules.py", "a film without a beat is complete", "num_accepted < num_beats else", "num_accepted < 1 else"),
    a_mutant(
        "storage/rules.py",
        "the renderer that failed first is spared longest",
        "tuple(reversed(dict.fromkeys(reversed(list(renderers)))))",
        "tuple(dict.fromkeys(renderers))",
    ),
)
