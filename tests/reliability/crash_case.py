"""One case: a chapter is played in a process that dies at a crash point, then in another one to its end; then everything is looked at.

Everything here happens in children of the crash server, each with engines and threads of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

import psycopg

from episodes.audit import audit
from episodes.audited import ArtifactAudit
from episodes.crash_points import arm, watch
from episodes.errors import FailureClass, RenderFailed
from episodes.job import JobResult
from episodes.lifecycle import AttemptState
from episodes.model import Attempt, EpisodeView
from episodes.sweep import sweep
from rendering.spool import SEAL
from storage.artifacts.folder import FolderArtifacts
from storage.artifacts.keys import INCOMING
from storage.database import open_database, upgrade
from storage.episodes_sql import SqlEpisodeStore
from storage.tables import METADATA
from tests.reliability.crash_chapters import CHAPTERS, Chapter
from tests.reliability.crash_sabotage import SABOTAGE
from tests.reliability.crash_stage import Stage
from tests.reliability.stamped import stamps_in

ROOT = Path(__file__).resolve().parents[2]
UPGRADE = "commit upgrade"


@dataclass(frozen=True, kw_only=True)
class Case:
    chapter: str
    points: tuple[str, ...]
    """Where the first process dies, then the second, …; the last one lives."""
    in_order: bool = True
    """Else each dies at whichever is left and comes first: threads of one process reach theirs in no order."""
    sabotage: str = ""
    """What is broken in all of them, as crash_sabotage.py has it."""

    def __str__(self) -> str:
        return f"{self.chapter}: {(', then ' if self.in_order else ', ').join(self.points)}"

    def armed(self, life: int) -> tuple[str, ...]:
        """Where this process may die; where an earlier one has died already, none does again."""
        return self.points[life : life + 1] if self.in_order else self.points


@dataclass(kw_only=True)
class Outcome:
    died: list[str] = field(default_factory=list)
    """The points at which somebody died."""
    finished: list[str] = field(default_factory=list)
    """Attempts whose clip was made before the last death: sealed in the spool, or stored with their result."""
    problems: list[str] = field(default_factory=list)


def reset(folder: Path, database_url: str, template: Path, case: Case) -> None:
    """An empty folder and database, at the newest schema; without any tables where the upgrade itself is what dies."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    has_tables = not any(UPGRADE in point for point in case.points)
    if database_url.startswith("sqlite"):
        if has_tables:
            shutil.copy(template, folder / "local.db")
        return
    with psycopg.connect(database_url, autocommit=True) as connection:
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        connection.execute(f"TRUNCATE {names}" if has_tables else "DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def migrate(database_url: str) -> None:
    engine = open_database(database_url)
    upgrade(engine)
    engine.dispose()


def play(folder: Path, database_url: str, case: Case, life: int, notes: Path) -> None:
    if case.sabotage:
        SABOTAGE[case.sabotage]()
    arm(case.armed(life), notes)
    CHAPTERS[case.chapter].play(Stage(folder=folder, database_url=database_url))


def record(folder: Path, database_url: str, chapter: str, told: Path) -> None:
    """Play a chapter and write down every point that it reaches, in order, and the lines of our code that stood above each."""
    reached: list[str] = []
    lines: dict[str, set[str]] = {}

    def listen(point: str) -> None:
        reached.append(point)
        if " commit " not in point:
            lines.setdefault(point.split()[1], set()).update(_lines_above(sys._getframe()))

    watch(listen)
    CHAPTERS[chapter].play(Stage(folder=folder, database_url=database_url))
    told.write_text(json.dumps({"reached": reached, "lines": {call: sorted(found) for call, found in lines.items()}}))


def _lines_above(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "tests"):
            yield f"{path.relative_to(ROOT)}:{frame.f_lineno}"
        frame = frame.f_back


def finished_attempts(folder: Path) -> list[str]:
    """Whose clip or film is made, for good: it must never be made again."""
    stored = [JobResult.model_validate_json(path.read_bytes()) for path in (folder / "outputs").rglob("result/*.json")]
    return [r.job_id for r in stored if r.status == "succeeded"] + [p.parent.name for p in (folder / "spool").glob(f"*/{SEAL}")]


def look_over(folder: Path, database_url: str, chapter: str, finished: Sequence[str]) -> list[str]:
    """What is wrong after a chapter's end."""
    engine = open_database(database_url)
    try:
        store, artifacts = SqlEpisodeStore(engine, "house"), FolderArtifacts(folder / "outputs")
        [summary] = store.episodes().episodes
        episode = store.episode(summary.episode_id)
        report = audit(store, artifacts, decode=partial(_check_stamp, _makers(episode)), at_rest=True)
        problems = [str(violation) for violation in report.violations]
        problems += [f"{key} belongs to nobody." for key in sweep(store, artifacts, dry_run=True).strangers]
        told = [event.event_type for event in store.events(summary.episode_id)]
        problems += _wrong_end(CHAPTERS[chapter], episode, told)
        problems += _made_again(episode, finished)
        problems += _left_over(folder)
    except Exception:
        return [traceback.format_exc()]
    finally:
        engine.dispose()
    return problems


def _makers(episode: EpisodeView) -> dict[str, str]:
    """Attempt that took a copy → attempt that made the clip."""
    attempts = (attempt for beat in episode.beats for attempt in beat.attempts)
    return {attempt.attempt_id: attempt.reused_from.attempt_id for attempt in attempts if attempt.reused_from is not None}


def _check_stamp(makers: Mapping[str, str], path: Path, artifact: ArtifactAudit) -> None:
    """A Decoder: the bytes are the attempt's own, or those of the clip that it took a copy of."""
    stamps = stamps_in(path.read_bytes())
    if stamps[:1] != [makers.get(artifact.attempt_id, artifact.attempt_id)]:
        raise RenderFailed(f"It is stamped {stamps[:1]}.", FailureClass.OUTPUT)


def _wrong_end(chapter: Chapter, episode: EpisodeView, told: Sequence[str]) -> Iterator[str]:
    state, beats = chapter.states
    ended = (episode.state, {view.beat.beat_id: view.state for view in episode.beats})
    if ended != (state, beats):
        yield f"It ended as {ended}."
    for event in chapter.events:
        if event not in told:
            yield f"Something acknowledged did not happen: there is no event {event!r} in {told}."
    if told.count("episode.created") != 1:
        yield "It was not created once."


def _made_again(episode: EpisodeView, finished: Sequence[str]) -> Iterator[str]:
    """Of every finished attempt: it counts, and nothing came after it in its revision, or at its take; what nobody wanted any more does not count."""
    for attempts in (*(view.attempts for view in episode.beats), episode.film_attempts):
        for attempt in attempts:
            if attempt.attempt_id not in finished:
                continue
            if attempt.state is AttemptState.FAILED:
                yield f"{_named(attempt)} was finished and counts as failed: {attempt.reason}"
            of_same = (a for a in attempts if (a.revision, a.take) == (attempt.revision, attempt.take))
            later = [a for a in of_same if a.number > attempt.number]
            has_its_clip = attempt.state is AttemptState.SUPERSEDED and attempt.beat_id is not None
            if (attempt.state is AttemptState.SELECTED or has_its_clip) and later:
                yield f"{_named(attempt)} was finished, and after it began {_named(later[0])}."


def _named(attempt: Attempt) -> str:
    return f"attempt {attempt.number} of {attempt.beat_id or 'the film'}, {attempt.state} at revision {attempt.revision},"


def _left_over(folder: Path) -> Iterator[str]:
    """Temporary files of killed writers went when the store was opened; a spool holds nothing when everything is stored."""
    left = [*(folder / "outputs" / INCOMING).rglob("*"), *(folder / "outputs").rglob("*.arriving")]
    left += [path for path in (folder / "spool").iterdir() if path.name != ".lock"]
    yield from (f"{path.relative_to(folder)} is left over." for path in left)


def as_line(outcome: Outcome) -> str:
    return json.dumps(asdict(outcome))
