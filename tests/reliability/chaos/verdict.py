"""What must hold when all faults are over: each check with what it counted and what it found wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from api.client import FINAL_STATES, Client
from tests.contract.s3_servers import S3Server
from tests.reliability.chaos.calls import Caller
from tests.reliability.chaos.clients import Story
from tests.reliability.chaos.records import Records
from tests.reliability.stamped import stamps_in

UNSTAMPED = frozenset({".srt", ".vtt"})
"""Subtitles say what is said, and not who cut the film."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    name: str
    count: int
    """Of what was looked at."""
    violations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {self.count} looked at, {len(self.violations)} wrong"


def check_episodes(stories: Iterable[Story], caller: Caller) -> Iterator[Check]:
    """Nothing acknowledged is lost, and what was acknowledged last is what became of it."""
    stories = list(stories)
    found = {s.episode_id: caller.get(f"/episodes/{s.episode_id}") for s in stories}
    yield Check(
        name="acknowledged episodes are there",
        count=len(stories),
        violations=tuple(s.episode_id for s in stories if found[s.episode_id].get("intent") != s.intent),
    )
    executed = [s for s in stories if "execute" in s.moves]
    yield Check(
        name="executed episodes ended",
        count=len(executed),
        violations=tuple(
            f"{s.episode_id} is {found[s.episode_id]['state']} after {s.moves}"
            for s in executed
            if found[s.episode_id]["state"] not in FINAL_STATES
        ),
    )
    cancelled = [s for s in stories if s.must_be_cancelled]
    yield Check(
        name="cancelled episodes are cancelled",
        count=len(cancelled),
        violations=tuple(
            f"{s.episode_id} is {found[s.episode_id]['state']} after {s.moves}"
            for s in cancelled
            if found[s.episode_id]["state"] != "CANCELLED"
        ),
    )
    yield Check(
        name="a create that is repeated gets its first answer",
        count=len(stories),
        violations=tuple(s.episode_id for s in stories if caller.repeat(s.created).json() != s.created.answer),
    )


def check_records(records: Records) -> Iterator[Check]:
    """One winner per beat, and nothing made twice."""
    intents = Counter(request for (request,) in records.rows("SELECT request FROM episodes"))
    yield Check(
        name="no create made two episodes",
        count=len(intents),
        violations=tuple(i for i, number in intents.items() if number > 1),
    )
    attempts = records.attempts()
    won = [a for a in attempts if a.state in ("SELECTED", "SUPERSEDED") and a.beat_id is not None]
    winners = Counter((a.episode_id, a.beat_id, a.revision) for a in won)
    yield Check(
        name="beats were accepted once",
        count=len(winners),
        violations=tuple(f"{beat}: {number} times" for beat, number in winners.items() if number > 1),
    )
    events = Counter(records.rows("SELECT episode_id, data FROM events WHERE event_type = 'beat.accepted'"))
    yield Check(
        name="acceptances were told once",
        count=len(events),
        violations=tuple(f"{event}: {number} times" for event, number in events.items() if number > 1),
    )
    open_now = [a.attempt_id for a in attempts if a.state == "OPEN"]
    yield Check(name="no attempt is still open", count=len(attempts), violations=tuple(open_now))
    strange = [a for a in attempts if a.failure_class not in (None, "infra", "crash")]
    yield Check(
        name="attempts failed only by faults",
        count=len(attempts),
        violations=tuple(f"{a.attempt_id}: {a.failure_class}: {a.reason}" for a in strange),
    )


def check_store(records: Records, s3: S3Server, bucket: str) -> Iterator[Check]:
    """Under each key lie the bytes of the attempt in its name, or of the one whose clip it took a copy of, and of no other."""
    makers = records.makers()
    objects = {key: _read(s3, bucket, key) for key in _keys(s3, bucket)}
    yield Check(
        name="keys hold their own attempt's bytes",
        count=len(objects),
        violations=tuple(key for key, data in objects.items() if not _is_own(key, data, makers)),
    )
    hashes = records.hashes()
    yield Check(
        name="artifacts are stored with their hashes",
        count=len(hashes),
        violations=tuple(key for key, told in hashes.items() if hashlib.sha256(objects.get(key, b"")).hexdigest() != told),
    )
    selected = {of: makers.get(attempt_id, attempt_id) for of, attempt_id in records.selected().items()}
    films = {key: data for key, data in objects.items() if key.endswith(".mp4") and "/film/" in key}
    shown = {episode_id: attempt_id for (episode_id, beat_id), attempt_id in selected.items() if beat_id is None}
    yield Check(
        name="films show the clips that won",
        count=len(shown),
        violations=tuple(
            episode_id
            for episode_id, attempt_id in shown.items()
            if not _shows_winners(films.get(f"episodes/{episode_id}/film/{attempt_id}.mp4", b""), episode_id, selected)
        ),
    )


def check_audit(client: Client) -> Iterator[Check]:
    """StoryWorld's own audit, asked of the running system. Stamps are no videos: nothing is decoded."""
    for check in client.audit(decode=False, at_rest=True).checks:
        wrong = tuple(f"{violation.where}: {violation.what}" for violation in check.violations)
        yield Check(name=f"audit: {check.name}", count=check.num_looked_at, violations=wrong)


def _shows_winners(film: bytes, episode_id: str, selected: dict[tuple[str, str | None], str]) -> bool:
    winners = {attempt_id for (of, beat_id), attempt_id in selected.items() if of == episode_id and beat_id is not None}
    return bool(film) and set(stamps_in(film)[1:]) == winners


def _is_own(key: str, data: bytes, makers: Mapping[str, str]) -> bool:
    path = PurePosixPath(key)
    if path.suffix in UNSTAMPED:
        return True
    if path.suffix == ".json":
        return f'"job_id":"{path.stem}"' in data.decode().replace('": "', '":"')
    return stamps_in(data)[:1] == [makers.get(path.stem, path.stem)]


def _keys(s3: S3Server, bucket: str) -> list[str]:
    pages = s3.raw.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="episodes/")
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def _read(s3: S3Server, bucket: str, key: str) -> bytes:
    return s3.raw.get_object(Bucket=bucket, Key=key)["Body"].read()
