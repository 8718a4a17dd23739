"""What the story needs from the world outside: each port is a contract, kept by every implementation and by its suite in tests/contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from episodes.contradictions import Contradiction
from episodes.fleet import FleetReport, Kind
from episodes.job import FilmJob, JobResult, RenderJob, StoredFile
from episodes.plan import Beat, EpisodeRequest, Plan
from episodes.world import Picture, RevisionNote, StoredWorld, UploadedPicture, World, WorldSource
from episodes.world_record import NOTHING_KNOWN, WorldRecord


class Clock(Protocol):
    """Time inside one process, for waiting; times that several processes compare come from the database."""

    def now_s(self) -> float:
        """Seconds, never going back, from an arbitrary start."""

    async def sleep(self, seconds: float) -> None: ...


class Planner(Protocol):
    """Intent → plan, for the length that was asked for, a tenth more or less at most; a screenplay takes as long as it takes.

    The same request and world give the same plan, unless a language model is asked. Safe to call from many threads. Raises
    BadInput when the intent cannot be told, PlannerFailed when nobody could be had to write it.
    """

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan: ...


class ScriptSupervisor(Protocol):
    """Finds where a plan contradicts itself. Pure, and quick enough to be asked before every execution."""

    def contradictions(self, plan: Plan, world: World, kinds: Sequence[Kind]) -> tuple[Contradiction, ...]:
        """In story order of the beats where they show. `world` is how things stand before the first beat; `kinds` can make what they can."""


class Screenplays(Protocol):
    """Screenplays as text, in Fountain."""

    def about(self, text: str) -> str:
        """What it is about, in at most 300 characters. Raises BadInput, which names the line, when it cannot be planned."""

    def write(self, title: str, beats: Sequence[Beat]) -> str:
        """Beats as a screenplay: their places and hours, what is seen, and who says what."""


class WorldStore(Protocol):
    """Keeps every revision of every world, and which pictures were uploaded. Each call is one transaction; safe from many threads."""

    def world(self, world_id: str) -> StoredWorld:
        """The newest revision. Raises NotFound when it was never put."""

    def put(
        self,
        world_id: str,
        world: World,
        source: WorldSource,
        expected_revision: int | None = None,
        *,
        record: WorldRecord = NOTHING_KNOWN,
        what: str = "",
        once: str | None = None,
    ) -> StoredWorld:
        """Store a new revision. `expected_revision` (0: none yet) other than the newest: RevisionConflict.

        World and record equal to the newest are a no-op, whatever revision was expected: a repeated call has had its effect already.
        So has one named `once` that was there before, whatever became of the world since: the newest is what it gets.
        """

    def has_happened(self, once: str) -> bool:
        """A put of this name has had its effect."""

    def worlds(self) -> list[StoredWorld]:
        """The newest revision of each, by id."""

    def revision(self, world_id: str, revision: int) -> StoredWorld:
        """Raises NotFound."""

    def revisions(self, world_id: str, *, before: int | None = None, limit: int = 50) -> list[RevisionNote]:
        """The history, newest first: at most `limit` revisions, all below `before`. Empty when there are none."""

    def add_picture(self, picture: UploadedPicture) -> None:
        """Remember an upload, after its bytes are stored. The same picture twice is one."""

    def pictures(self, world_id: str) -> list[UploadedPicture]:
        """In upload order; empty when there are none."""


class WorldBuilder(Protocol):
    """Worlds as episodes see them. The chain: stored world → extraction from the uploaded pictures → empty world."""

    def load(self, world_id: str) -> StoredWorld:
        """The stored world with every uploaded picture in it (what was missing is extracted and stored now), else the empty world."""

    def exists(self, world_id: str) -> bool:
        """Something of it was ever stored: a world or a picture. The world `empty` always exists."""

    def add_picture(self, world_id: str, file_name: str, data: bytes) -> tuple[StoredWorld, Picture]:
        """Check, store, measure and take in an uploaded picture; a world that was not there begins with it.

        Raises BadInput for bytes that are no whole picture, TooLarge for too many pixels; then nothing is stored.
        """


class ArtifactStore(Protocol):
    """Keeps finished bytes under a key, for ever.

    Safe to call from many threads and processes at once. A key is written once: writing the same bytes again is a no-op,
    writing others raises ArtifactConflict. After a crash a key holds all of its bytes or does not exist. A store that does
    not answer raises Unavailable. Keys are relative, `/`-separated, without `.`, `..` or empty parts; others are BadInput.
    """

    def put_file(self, key: str, path: Path, media_type: str) -> StoredFile:
        """Store the file's bytes. Repeatable. Nobody may write to the file afterwards: a store may keep the very file; its name may go."""

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile: ...

    def get_bytes(self, key: str) -> bytes:
        """Raises NotFound, and Damaged where the store sees itself that other bytes come than were written."""

    def get_file(self, key: str, path: Path) -> None:
        """Copy the bytes to `path`, whole or not at all. Raises NotFound and Damaged likewise."""

    def head(self, key: str) -> StoredFile | None:
        """What lies under the key, with the hash of what was written; None when nothing does."""

    def keys(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Missing is fine. Only the sweep of orphans calls it."""

    def download(self, key: str, file_name: str) -> Download:
        """How a client gets the bytes now. Raises NotFound."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """Exactly one of the two is set."""

    path: Path | None = None
    """A local file to send with ranges."""
    url: str | None = None
    """A link that works for a short while, without further credentials."""


class Fleet(Protocol):
    """The renderers and publishers that are alive now. All calls are for one event loop; none blocks it."""

    def kinds(self) -> tuple[Kind, ...]:
        """What it may be made of, in the order in which one is chosen where none is named."""

    async def survey(self, wanted: Collection[str]) -> FleetReport:
        """Start who is wanted and not there, and ask everybody; an answer within 2 s. Retires who is of an older version.

        The report has everybody who is there, wanted or not, and of those who are not whoever died since the last survey or could not
        start; what keeps somebody from starting is told in it, never raised.
        """

    async def render(self, renderer: str, job: RenderJob, handed_over: Callable[[], None]) -> JobResult:
        """Have a renderer render one beat, and its node's publisher publish it.

        `handed_over` is called once, when the renderer is free again: before the result, at the latest with it. The result may have
        any status. Raises RendererLost when no answer will come, which never means that nothing was stored.
        """

    async def cut(self, job: FilmJob) -> JobResult:
        """Have the head's publisher cut a film. Raises RendererLost likewise."""

    async def cancel(self, attempt_id: str) -> None:
        """Tell whoever has it to stop. Unknown: nothing happens."""

    async def retire(self, renderer: str) -> None:
        """Let go of one that has nothing in hand; who has, stays and goes on. Unknown: nothing happens."""

    async def park(self, renderer: str) -> None:
        """Have one that has nothing in hand give its GPU's memory back, until its next beat. Does not wait for it. Unknown: nothing happens."""

    async def replace(self, name: str) -> None:
        """Kill a renderer or publisher that does not listen; a fresh one takes its name. Unknown: nothing happens."""


class CoordinatorDoor(Protocol):
    """How the API reaches the coordinator, wherever it lives."""

    def wake(self) -> None:
        """There is something to do. Cheap, safe from any thread, never raises, may get lost: the coordinator also looks by itself."""


class Control(Protocol):
    """What a working backend or publisher looks at between two frames."""

    def check(self) -> None:
        """Raises RenderCancelled when the attempt was told to stop."""

    def report(self, share: float) -> None:
        """Share of this stage's work done, 0 to 1."""

    def show(self, jpeg: bytes) -> None:
        """How it looks so far: a picture of at most 24 kB, now and then. The newest replaces those before. Cheap, never raises."""


class Meter(Protocol):
    """Counts what operators watch. Cheap, never raises."""

    def attempt_ended(self, backend: str, outcome: str) -> None:
        """`outcome`: accepted, cancelled, or the class of failure."""

    def queue(self, *, num_rendering: int, num_ready: int, num_episodes: int) -> None:
        """`num_ready`: beats that could start now, as far as they were looked at."""

    def waited(self, backend: str, seconds: float) -> None:
        """A ready beat got its renderer."""

    def worked(self, backend: str, *, render_s: float, publish_s: float) -> None: ...

    def first_beat(self, backend: str, *, ready_s: float, render_s: float) -> None:
        """A renderer made its first beat's keyframes in `render_s`, after it had taken `ready_s` from its start to get ready."""
