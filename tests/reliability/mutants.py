"""Faults that could be made in the store of episodes: each is one small change of its source, and the model test must notice every one."""

from __future__ import annotations

from dataclasses import dataclass

_SQL = "storage/episodes_sql"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    breaks: str
    """What goes wrong with it, in a few words."""
    file: str
    old: str
    """Stands exactly once in the file."""
    new: str


def _mutant(file: str, breaks: str, old: str, new: str) -> Mutant:
    return Mutant(breaks=breaks, file=file if "/" in file else f"{_SQL}/{file}", old=old, new=new)


LEASES = (
    _mutant(
        "claim.py",
        "an older fence is good enough to write",
        'LEASE.c.fence == bindparam("fence")',
        'LEASE.c.fence >= bindparam("fence")',
    ),
    _mutant(
        "claim.py",
        "the fence alone leads, whoever holds it",
        'LEASE.c.holder == bindparam("holder"), ',
        "",
    ),
    _mutant(
        "leasing.py",
        "a lease goes on at the moment of its end",
        "LEASE.c.expires_at <= now_s()",
        "LEASE.c.expires_at < now_s()",
    ),
    _mutant("leasing.py", "a lease is taken while it runs", "LEASE.c.expires_at <= now_s()", "LEASE.c.expires_at > 0"),
    _mutant("leasing.py", "the fence does not rise", "fence=LEASE.c.fence + 1", "fence=LEASE.c.fence"),
    _mutant("leasing.py", "a holder cannot take its own lease again", 'LEASE.c.holder == bindparam("who"), ', ""),
    _mutant(
        "leasing.py",
        "whoever held it once can renew it",
        '(LEASE.c.holder == bindparam("who")) & (LEASE.c.fence == bindparam("with_fence"))',
        '(LEASE.c.holder == bindparam("who"))',
    ),
    _mutant("leasing.py", "a renewal that came too late is not told", "if renewed.rowcount == 0:", "if renewed.rowcount < 0:"),
    _mutant(
        "leasing.py", "releasing moves the end of a lease that has ended", "_IS_HELD, LEASE.c.expires_at > now_s()", "_IS_HELD"
    ),
    _mutant(
        "claim.py",
        "settling asks for no lease",
        "with self._leading(story, lease) as connection, _ledger",
        "with self._writing(story) as connection, _ledger",
    ),
    _mutant("ending.py", "failing asks for no lease", '_leading("fail", lease)', '_writing("fail")'),
    _mutant("coordinating.py", "beginning asks for no lease", '_leading("open_attempts", lease)', '_writing("open_attempts")'),
    _mutant(
        "coordinating.py",
        "progress asks for no lease",
        '_leading("record_progress", lease)',
        '_writing("record_progress")',
    ),
)

BEGINNING = (
    _mutant(
        "coordinating.py",
        "a back-off goes on at the moment of its end",
        "BEATS.c.not_before <= now_s()",
        "BEATS.c.not_before < now_s()",
    ),
    _mutant("coordinating.py", "a beat is ready before what it needs", "        BEATS.c.num_unmet == 0,\n", ""),
    _mutant(
        "coordinating.py",
        "beats are ready while the queue is paused",
        "state != EpisodeState.EXECUTING or queue_is_paused(connection)",
        "state != EpisodeState.EXECUTING",
    ),
    _mutant("coordinating.py", "a paused queue has a next moment", "None if queue_is_paused(connection) else ", ""),
    _mutant(
        "coordinating.py",
        "a paused episode has a next moment",
        "BEATS.c.not_before > _ZERO, EPISODES.c.state == EpisodeState.EXECUTING.value",
        "BEATS.c.not_before > _ZERO",
    ),
    _mutant(
        "coordinating.py", "an old revision's clip is in the film", "            ATTEMPTS.c.revision == BEATS.c.revision,\n", ""
    ),
    _mutant("opening.py", "a beat begins before what it needs", "    BEATS.c.num_unmet == 0,\n", ""),
    _mutant("opening.py", "a beat begins that renders already", "    BEATS.c.state == BeatState.PENDING.value,\n", ""),
    _mutant("opening.py", "a beat begins at any revision", "beat is None or beat.revision != opening.revision", "beat is None"),
    _mutant("opening.py", "numbers are one too low", "beat.num_attempts + 1", "beat.num_attempts"),
    _mutant(
        "opening.py",
        "a closed attempt is handed out again",
        "open_attempt(row) if row.state == AttemptState.OPEN else None",
        "open_attempt(row)",
    ),
    _mutant("opening.py", "a paused queue begins", "elif self._is_paused:", "elif False:"),
    _mutant(
        "opening.py",
        "a beat begins in an episode that does not execute",
        "episode is None or episode.state is not EpisodeState.EXECUTING",
        "episode is None",
    ),
    _mutant("opening.py", "two films are cut at once", " or opening.episode_id in being_cut", ""),
    _mutant(
        "opening.py",
        "a film waits at the moment of its back-off's end",
        "film_not_before > self._ledger.now_s",
        "film_not_before >= self._ledger.now_s",
    ),
    _mutant("opening.py", "a film's back-off is ignored", "film_not_before > self._ledger.now_s", "film_not_before < 0"),
    _mutant("opening.py", "an unwanted film is in the way of the next", "    ~ATTEMPTS.c.unwanted,\n", ""),
    _mutant("opening.py", "the attempt forgets who fenced it", '"fence": self._lease.fence', '"fence": 1'),
)

ENDING = (
    _mutant(
        "held.py", "an attempt that was disowned is wanted again", "is_wanted=waits and not row.unwanted", "is_wanted=waits"
    ),
    _mutant("held.py", "a film is accepted after a cancel", "waits = episode.state is EpisodeState.CUTTING", "waits = True"),
    _mutant("held.py", "who is disowned is not told to stop", "            ATTEMPTS.c.unwanted,\n", ""),
    _mutant(
        "held.py",
        "a film that nobody waits for is not told to stop",
        "and_(ATTEMPTS.c.beat_id.is_(None), EPISODES.c.state != EpisodeState.CUTTING.value)",
        "and_(ATTEMPTS.c.beat_id.is_(None), False)",
    ),
    _mutant("accepting.py", "two clips are selected", "        self._connection.execute(_SUPERSEDE, same)\n", ""),
    _mutant("accepting.py", "versions restart", "versions.get(kind, 0) + 1", "1"),
    _mutant(
        "accepting.py", "dependents are not freed", "            self._connection.execute(_FREE_DEPENDENTS, self._beats)\n", ""
    ),
    _mutant(
        "accepting.py",
        "a result counts twice",
        "self._held.pop(acceptance.attempt_id, None)",
        "self._held.get(acceptance.attempt_id)",
    ),
    _mutant(
        "accepting.py",
        "progress before the clip counts twice",
        "(1.0 - attempt.beat_progress) * attempt.duration_s",
        "attempt.duration_s",
    ),
    _mutant(
        "accepting.py",
        "a late attempt stays open",
        "            self._close(attempt, AttemptState.CANCELLED, CAME_TOO_LATE)\n",
        "",
    ),
    _mutant("accepting.py", "whatever comes is accepted", "if not attempt.is_wanted:", "if False:"),
    _mutant(
        "failing.py", "a late failure takes the beat from who renders it", "    if not attempt.is_wanted:\n        return\n", ""
    ),
    _mutant("failing.py", "every counted failure is a crash", "int(failure.failure_class is FailureClass.CRASH)", "1"),
    _mutant(
        "failing.py",
        "failures of beats are not counted",
        "num_counted=BEATS.c.num_counted + 1",
        "num_counted=BEATS.c.num_counted",
    ),
    _mutant(
        "failing.py",
        "what renders fails with what it needed",
        ", BEATS.c.state == BeatState.PENDING.value)\n)\n_FIRST",
        ")\n)\n_FIRST",
    ),
    _mutant(
        "failing.py", "a beat does not back off", "ready_at = ledger.now_s + failure.retry_in_s", "ready_at = ledger.now_s"
    ),
    _mutant(
        "failing.py",
        "a film does not back off",
        "episode.film_not_before = ledger.now_s + failure.retry_in_s",
        "episode.film_not_before = 0.0",
    ),
    _mutant(
        "failing.py",
        "nobody is told of beats that fail with another",
        "    for one, why, _ in ended:\n",
        "    for one, why, _ in ended[:1]:\n",
    ),
    _mutant(
        "failing.py",
        "beats forget that they failed with another",
        'failed_with_another=bindparam("with_another"),',
        "failed_with_another=False,",
    ),
    _mutant(
        "failing.py",
        "trouble begins anew with each failure",
        'func.coalesce(BEATS.c.troubled_since, bindparam("since"))',
        'bindparam("since")',
    ),
    _mutant(
        "failing.py", "failures of films are not counted", "episode.film_num_counted += 1", "episode.film_num_counted += 0"
    ),
    _mutant(
        "failing.py",
        "a beat that falls back keeps its failures",
        'fallback_reason=bindparam("because"),\n        **FORGIVEN,\n',
        'fallback_reason=bindparam("because"),\n',
    ),
    _mutant(
        "failing.py",
        "a beat forgets its first choice when it falls back again",
        "first_backend=FIRST_BACKEND,",
        "first_backend=BEATS.c.backend,",
    ),
    _mutant("failing.py", "a beat fails that could fall back", "    if not left:\n", "    if True:\n"),
    _mutant("failing.py", "a beat leaves out a fallback", '"to": left[0], "because"', '"to": left[-1], "because"'),
    _mutant(
        "failing.py",
        "a beat that falls back still renders",
        '        state=BeatState.PENDING.value,\n        reason=bindparam("why"),\n        not_before=0.0,\n',
        '        reason=bindparam("why"),\n        not_before=0.0,\n',
    ),
    _mutant(
        "failing.py",
        "nobody is told that a beat fell back",
        '    ledger.tell(episode, "beat.fell_back", beat_id=beat_id, **{"from": at.backend, "to": left[0], "reason": reason})\n',
        "",
    ),
    _mutant("opening.py", "a beat begins with a backend that it is not at", " or beat.backend != opening.backend", ""),
    _mutant(
        "coordinating.py",
        "a beat that fell back is handed out with its first choice",
        '.model_copy(update={"backend": row.backend})',
        "",
    ),
    _mutant("ending.py", "a cancelled episode ends while a render runs", " and not _has_open(connection, episode)", ""),
    _mutant("ending.py", "what is wanted is closed as cancelled", "                if not one.is_wanted\n", ""),
    _mutant("ending.py", "a film is cut while a beat renders", "BeatState.PENDING, BeatState.RENDERING)", "BeatState.PENDING)"),
    _mutant("ending.py", "a beat is given up in a paused episode", " and episode.state is EpisodeState.EXECUTING:", ":"),
)

PEOPLE = (
    _mutant(
        "people.py",
        "an id stands for another request",
        "                check_same_request(episode_id, request, there.request)\n",
        "",
    ),
    _mutant(
        "people.py",
        "a later answer takes the place of the first",
        "            connection.execute(keep)\n",
        "            connection.execute(delete(ANSWERS))\n            connection.execute(keep)\n",
    ),
    _mutant(
        "claim.py",
        "a call with a name has its effect again",
        "return connection.execute(mark.returning(ANSWERS.c.key)).first() is None",
        "return connection.execute(mark.returning(ANSWERS.c.key)).first() == ()",
    ),
    _mutant("people.py", "a new plan keeps the revision", "            episode.revision += 1\n", ""),
    _mutant("people.py", "a new plan keeps how the old one ended", "            begin_anew(episode)\n", ""),
    _mutant("people.py", "a new plan wants what the old one began", "            disown_all(connection, episode_id)\n", ""),
    _mutant("people.py", "numbers restart with a new plan", "numbers.get(beat.beat_id, 0)", "0"),
    _mutant("people.py", "seconds done are kept from the old plan", "            episode.done_s = 0.0\n", ""),
    _mutant("people.py", "the order of execution is lost", "                episode.executed_at = ledger.now_s\n", ""),
    _mutant("people.py", "when it was cancelled is lost", "            episode.cancelled_at = ledger.now_s\n", ""),
    _mutant(
        "people.py",
        "what runs is forgotten by a cancel",
        'if connection.scalar(_HAS_OPEN, {"of_episode": episode_id}):',
        "if False:",
    ),
    _mutant(
        "people.py",
        "a cancel leaves alone what renders",
        "_NOT_ENDED = [BeatState.PENDING.value, BeatState.RENDERING.value]",
        "_NOT_ENDED = [BeatState.PENDING.value]",
    ),
    _mutant(
        "changing.py", "a cancelled beat still wants its attempt", "            disown(connection, episode_id, beat_id)\n", ""
    ),
    _mutant("changing.py", "a retry forgives nothing", ", not_before=0.0, **FORGIVEN)", ", not_before=0.0)"),
    _mutant(
        "changing.py",
        "a retry goes on with what a beat fell back to",
        "backend=FIRST_BACKEND, first_backend=None",
        "first_backend=None",
    ),
    _mutant("changing.py", "a retried beat still says why it fell back", ', fallback_reason="")', ")"),
    _mutant("revising.py", "a revised beat still says why it fell back", '        fallback_reason="",\n', ""),
    _mutant("changing.py", "an episode that opens again keeps how it ended", "        begin_anew(episode)\n", ""),
    _mutant(
        "changing.py",
        "what is behind a cancelled beat waits for ever",
        "dependents = pending_dependents(connection, episode_id, beat_id)",
        "dependents: Sequence[str] = []",
    ),
    _mutant(
        "revising.py", "a film of the old content is still wanted", "    disown(connection, episode.episode_id, None)\n", ""
    ),
    _mutant(
        "revising.py",
        "a revised beat still wants its attempt",
        "    disown(connection, episode.episode_id, beat.beat_id)\n",
        "",
    ),
    _mutant(
        "revising.py",
        "a revised beat still counts as met",
        "        connection.execute(_MISS_ONE, of_beat)\n",
        "        pass\n",
    ),
    _mutant("revising.py", "a revision has the old one's number", "revision = old.revision + 1", "revision = old.revision"),
    _mutant(
        "revising.py", "seconds done are kept from the old content", "    episode.done_s -= old.progress * old.duration_s\n", ""
    ),
    _mutant("revising.py", "the episode's length stays", "    episode.total_s += beat.duration_s - old.duration_s\n", ""),
    _mutant(
        "revising.py",
        "what is accepted counts as unmet",
        "return len(needs) - connection",
        "return len(needs) - 0 * connection",
    ),
)

SHOWING = (
    _mutant(
        "coordinating.py", "previews ask for no lease", '_leading("record_previews", lease)', '_writing("record_previews")'
    ),
    _mutant(
        "coordinating.py", "what nobody wants is shown", "                if one.beat_id is not None and one.is_wanted\n", ""
    ),
    _mutant("accepting.py", "an accepted attempt still has its preview", ", preview=None)", ")"),
    _mutant("failing.py", "a failed attempt still has its preview", "        preview=None,\n", ""),
    _mutant(
        "reading.py",
        "a preview is shown of what nobody wants",
        "is_in(AttemptState.OPEN), ~ATTEMPTS.c.unwanted",
        "is_in(AttemptState.OPEN)",
    ),
    _mutant("storage/rules.py", "a preview may be of any size", "> MAX_PREVIEW_BYTES:", "> 10**9:"),
    _mutant("coordinating.py", "progress falls", "share > one.beat_progress", "share != one.beat_progress"),
    _mutant("coordinating.py", "progress of what nobody wants is shown", "one.is_wanted and share", "share"),
    _mutant(
        "coordinating.py", "progress counts twice", "(share - one.beat_progress) * one.duration_s", "share * one.duration_s"
    ),
    _mutant(
        "ledger.py",
        "an episode's progress falls",
        "self.progress = max(self.progress, episode_progress(self.done_s, self.total_s))",
        "self.progress = episode_progress(self.done_s, self.total_s)",
    ),
    _mutant("ledger.py", "an old reason stays", "        episode.reason = reason\n", ""),
    _mutant(
        "ledger.py",
        "nobody is told that an episode goes on",
        '        self.tell(episode, "episode.resumed")\n',
        "        self.touch(episode)\n",
    ),
    _mutant(
        "reading.py",
        "a beat waits at the moment of its back-off's end",
        "BEATS.c.not_before > now_s()",
        "BEATS.c.not_before >= now_s()",
    ),
    _mutant("reading.py", "the last event comes again", "EVENTS.c.number > bindparam", "EVENTS.c.number >= bindparam"),
    _mutant("storage/rules.py", "a beat is done before its clip", "BEAT_CEILING = 0.99", "BEAT_CEILING = 1.0"),
    _mutant("storage/rules.py", "an episode is done before its film", "EPISODE_CEILING = 0.98", "EPISODE_CEILING = 1.0"),
    _mutant(
        "storage/rules.py",
        "a beat opens behind one that stays ended",
        "            if not any(in_the_way):\n",
        "            if True:\n",
    ),
    _mutant(
        "storage/rules.py",
        "a retried beat waits for ever",
        "opened.update(d for d in one.depends_on if _is_ended_without_clip(standings[d]))",
        "opened.update(())",
    ),
    _mutant(
        "storage/rules.py",
        "what was cancelled with another is never cancelled for itself",
        "beat.state is BeatState.CANCELLED and not beat.failed_with_another",
        "beat.state is BeatState.CANCELLED",
    ),
    _mutant("storage/rules.py", "a film without a beat is complete", "num_accepted < num_beats else", "num_accepted < 1 else"),
    _mutant(
        "storage/rules.py",
        "the renderer that failed first is spared longest",
        "tuple(reversed(dict.fromkeys(reversed(list(renderers)))))",
        "tuple(dict.fromkeys(renderers))",
    ),
)

MUTANTS: tuple[Mutant, ...] = (*LEASES, *BEGINNING, *ENDING, *PEOPLE, *SHOWING)
