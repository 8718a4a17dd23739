"""Faults that could be made in the store of episodes, and the model test must notice every one; those of what people do stand in
mutants_of_people.py, those of changed plans and of clips that are used again in mutants_of_editing.py.
"""

from __future__ import annotations

from tests.reliability.mutant import Mutant, a_mutant
from tests.reliability.mutants_of_editing import EDITING, REUSING, VERSIONS
from tests.reliability.mutants_of_money import MONEY
from tests.reliability.mutants_of_people import PEOPLE, SHOWING
from tests.reliability.mutants_of_takes import TAKES

LEASES = (
    a_mutant(
        "claim.py",
        "an older fence is good enough to write",
        'LEASE.c.fence == bindparam("fence")',
        'LEASE.c.fence >= bindparam("fence")',
    ),
    a_mutant(
        "claim.py",
        "the fence alone leads, whoever holds it",
        'LEASE.c.holder == bindparam("holder"), ',
        "",
    ),
    a_mutant(
        "leasing.py",
        "a lease goes on at the moment of its end",
        "LEASE.c.expires_at <= now_s()",
        "LEASE.c.expires_at < now_s()",
    ),
    a_mutant("leasing.py", "a lease is taken while it runs", "LEASE.c.expires_at <= now_s()", "LEASE.c.expires_at > 0"),
    a_mutant("leasing.py", "the fence does not rise", "fence=LEASE.c.fence + 1", "fence=LEASE.c.fence"),
    a_mutant("leasing.py", "a holder cannot take its own lease again", 'LEASE.c.holder == bindparam("who"), ', ""),
    a_mutant(
        "leasing.py",
        "whoever held it once can renew it",
        '(LEASE.c.holder == bindparam("who")) & (LEASE.c.fence == bindparam("with_fence"))',
        '(LEASE.c.holder == bindparam("who"))',
    ),
    a_mutant("leasing.py", "a renewal that came too late is not told", "if renewed.rowcount == 0:", "if renewed.rowcount < 0:"),
    a_mutant(
        "leasing.py", "releasing moves the end of a lease that has ended", "_IS_HELD, LEASE.c.expires_at > now_s()", "_IS_HELD"
    ),
    a_mutant(
        "claim.py",
        "settling asks for no lease",
        "with self._leading(story, lease) as connection, _ledger",
        "with self._writing(story) as connection, _ledger",
    ),
    a_mutant("ending.py", "failing asks for no lease", '_leading("fail", lease)', '_writing("fail")'),
    a_mutant(
        "claim.py",
        "beginning asks for no lease",
        "_check_lease(connection, lease, _LEADS_ON if self._budget_total_micros is None else _LEADS_ALONE)",
        "queue_is_paused(connection)",
    ),
    a_mutant(
        "coordinating.py",
        "progress asks for no lease",
        '_leading("record_progress", lease)',
        '_writing("record_progress")',
    ),
)

BEGINNING = (
    a_mutant(
        "coordinating.py",
        "a back-off goes on at the moment of its end",
        "BEATS.c.not_before <= now_s()",
        "BEATS.c.not_before < now_s()",
    ),
    a_mutant("coordinating.py", "a beat is ready before what it needs", "        BEATS.c.num_unmet == 0,\n", ""),
    a_mutant(
        "coordinating.py",
        "beats are ready while the queue is paused",
        "state != EpisodeState.EXECUTING or is_paused",
        "state != EpisodeState.EXECUTING",
    ),
    a_mutant("coordinating.py", "a paused queue has a next moment", "None if is_paused else ", ""),
    a_mutant(
        "coordinating.py",
        "a paused episode has a next moment",
        "BEATS.c.not_before > _ZERO, EPISODES.c.state == EpisodeState.EXECUTING.value",
        "BEATS.c.not_before > _ZERO",
    ),
    a_mutant(
        "coordinating.py", "an old revision's clip is in the film", "            ATTEMPTS.c.revision == BEATS.c.revision,\n", ""
    ),
    a_mutant("opening.py", "a beat begins before what it needs", "    BEATS.c.num_unmet == 0,\n", ""),
    a_mutant("opening.py", "a beat begins that renders already", "    BEATS.c.state == BeatState.PENDING.value,\n", ""),
    a_mutant(
        "opening.py", "a beat begins at any revision", "beat is None or beat.revision != opening.revision", "beat is None"
    ),
    a_mutant("opening.py", "numbers are one too low", "beat.num_attempts + 1", "beat.num_attempts"),
    a_mutant(
        "opening.py",
        "a closed attempt is handed out again",
        "open_attempt(row) if row.state == AttemptState.OPEN else None",
        "open_attempt(row)",
    ),
    a_mutant("opening.py", "a paused queue begins", "elif self._is_paused:", "elif False:"),
    a_mutant(
        "opening.py",
        "a beat begins in an episode that does not execute",
        "episode is None or episode.state is not EpisodeState.EXECUTING",
        "episode is None",
    ),
    a_mutant("opening.py", "two films are cut at once", " or opening.episode_id in being_cut", ""),
    a_mutant(
        "opening.py",
        "a film waits at the moment of its back-off's end",
        "film_not_before > self._ledger.now_s",
        "film_not_before >= self._ledger.now_s",
    ),
    a_mutant("opening.py", "a film's back-off is ignored", "film_not_before > self._ledger.now_s", "film_not_before < 0"),
    a_mutant("opening.py", "an unwanted film is in the way of the next", "    ~ATTEMPTS.c.unwanted,\n", ""),
    a_mutant("opening.py", "the attempt forgets who fenced it", '"fence": self._lease.fence', '"fence": 1'),
)

ENDING = (
    a_mutant(
        "held.py", "an attempt that was disowned is wanted again", "is_wanted=waits and not row.unwanted", "is_wanted=waits"
    ),
    a_mutant("held.py", "a film is accepted after a cancel", "waits = episode.state is EpisodeState.CUTTING", "waits = True"),
    a_mutant("held.py", "who is disowned is not told to stop", "            ATTEMPTS.c.unwanted,\n", ""),
    a_mutant(
        "held.py",
        "a film that nobody waits for is not told to stop",
        "and_(ATTEMPTS.c.beat_id.is_(None), EPISODES.c.state != EpisodeState.CUTTING.value)",
        "and_(ATTEMPTS.c.beat_id.is_(None), False)",
    ),
    a_mutant("accepting.py", "two clips are selected", "        self._connection.execute(_SUPERSEDE, same)\n", ""),
    a_mutant("accepting.py", "versions restart", "self._versions[of].get(kind, 0) + 1", "1"),
    a_mutant(
        "accepting.py", "dependents are not freed", "            self._connection.execute(_FREE_DEPENDENTS, self._beats)\n", ""
    ),
    a_mutant(
        "accepting.py",
        "a result counts twice",
        "self._held.pop(acceptance.attempt_id, None)",
        "self._held.get(acceptance.attempt_id)",
    ),
    a_mutant(
        "accepting.py",
        "progress before the clip counts twice",
        "(1.0 - attempt.beat_progress) * attempt.duration_s",
        "attempt.duration_s",
    ),
    a_mutant(
        "accepting.py",
        "a late attempt stays open",
        "            self._close(attempt, acceptance.result, AttemptState.CANCELLED, CAME_TOO_LATE)\n",
        "",
    ),
    a_mutant("accepting.py", "whatever comes is accepted", "if not attempt.is_wanted:", "if False:"),
    a_mutant(
        "failing.py", "a late failure takes the beat from who renders it", "    if not attempt.is_wanted:\n        return\n", ""
    ),
    a_mutant("failing.py", "every counted failure is a crash", "int(failure.failure_class is FailureClass.CRASH)", "1"),
    a_mutant(
        "failing.py",
        "failures of beats are not counted",
        "num_counted=BEATS.c.num_counted + 1",
        "num_counted=BEATS.c.num_counted",
    ),
    a_mutant(
        "failing.py",
        "what renders fails with what it needed",
        ", BEATS.c.state == BeatState.PENDING.value)\n)\n_FIRST",
        ")\n)\n_FIRST",
    ),
    a_mutant(
        "failing.py", "a beat does not back off", "ready_at = ledger.now_s + failure.retry_in_s", "ready_at = ledger.now_s"
    ),
    a_mutant(
        "failing.py",
        "a film does not back off",
        "episode.film_not_before = ledger.now_s + failure.retry_in_s",
        "episode.film_not_before = 0.0",
    ),
    a_mutant(
        "failing.py",
        "nobody is told of beats that fail with another",
        "    for one, why, _ in ended:\n",
        "    for one, why, _ in ended[:1]:\n",
    ),
    a_mutant(
        "failing.py",
        "beats forget that they failed with another",
        'failed_with_another=bindparam("with_another"),',
        "failed_with_another=False,",
    ),
    a_mutant(
        "failing.py",
        "trouble begins anew with each failure",
        'func.coalesce(BEATS.c.troubled_since, bindparam("since"))',
        'bindparam("since")',
    ),
    a_mutant(
        "failing.py", "failures of films are not counted", "episode.film_num_counted += 1", "episode.film_num_counted += 0"
    ),
    a_mutant(
        "failing.py",
        "a beat that falls back keeps its failures",
        'fallback_reason=bindparam("because"),\n        **FORGIVEN,\n',
        'fallback_reason=bindparam("because"),\n',
    ),
    a_mutant(
        "failing.py",
        "a beat forgets its first choice when it falls back again",
        "first_backend=FIRST_BACKEND,",
        "first_backend=BEATS.c.backend,",
    ),
    a_mutant("failing.py", "a beat fails that could fall back", "    if not left:\n", "    if True:\n"),
    a_mutant("failing.py", "a beat leaves out a fallback", '"to": left[0], "because"', '"to": left[-1], "because"'),
    a_mutant(
        "failing.py",
        "a beat that falls back still renders",
        '        state=BeatState.PENDING.value,\n        reason=bindparam("why"),\n        not_before=0.0,\n',
        '        reason=bindparam("why"),\n        not_before=0.0,\n',
    ),
    a_mutant(
        "failing.py",
        "nobody is told that a beat fell back",
        '    ledger.tell(episode, "beat.fell_back", beat_id=beat_id, **{"from": at.backend, "to": left[0], "reason": reason})\n',
        "",
    ),
    a_mutant("opening.py", "a beat begins with a backend that it is not at", " or beat.backend != opening.backend", ""),
    a_mutant(
        "coordinating.py",
        "a beat that fell back is handed out with its first choice",
        '.model_copy(update={"backend": row.backend})',
        "",
    ),
    a_mutant("ending.py", "a cancelled episode ends while a render runs", " and not _has_open(connection, episode)", ""),
    a_mutant("ending.py", "what is wanted is closed as cancelled", " if not one.is_wanted]", "]"),
    a_mutant(
        "ending.py", "a film is cut while a beat renders", "BeatState.PENDING, BeatState.RENDERING)", "BeatState.PENDING)"
    ),
    a_mutant("ending.py", "a beat is given up in a paused episode", " and episode.state is EpisodeState.EXECUTING:", ":"),
)

MUTANTS: tuple[Mutant, ...] = (*LEASES, *BEGINNING, *ENDING, *PEOPLE, *EDITING, *VERSIONS, *REUSING, *SHOWING, *MONEY, *TAKES)
