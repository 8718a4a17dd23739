"""The render job and its result: what crosses from the coordinator to a renderer and back, here and in any queue.

The shapes are the wire format that workers outside the cluster speak too; unknown further keys of `input` are theirs to ignore.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from episodes.errors import FailureClass
from episodes.nouns import Id, Noun, Prose, Sha256
from episodes.plan import Beat, Format, Motion


class StoredFile(Noun):
    """Bytes that lie in the artifact store for ever."""

    key: str
    uri: str
    """`file:` or `s3:`."""
    size_bytes: int = Field(gt=0)
    sha256: Sha256
    media_type: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    num_frames: int | None = None
    """What the probe found by decoding; None where it makes no sense."""


class StartFrame(Noun):
    """The clip whose last frame a beat starts from."""

    video_key: str
    sha256: Sha256


class RenderInput(Noun):
    prompt: Prose
    negative_prompt: Prose = ""
    duration_sec: float = Field(ge=0.5, le=30)
    motion: Motion = Motion()
    style: Prose = ""
    seed: int
    format: Format
    beat: Beat
    start_frame: StartFrame | None = None
    version: Literal[1] = 1


class RenderOutput(Noun):
    path: str
    """`episodes/{episode_id}/beats/{beat_id}`; the attempt's files lie below it, each in its type's folder."""


class RenderMeta(Noun):
    episode_id: str
    beat_id: Id
    attempt: int = Field(ge=1)
    """The attempt's number within its beat; never restarts."""
    fence: int
    """Of the coordinator that opened the attempt."""
    num_failures: int = Field(default=0, ge=0)
    """Failed attempts at the beat before this one, since somebody planned, revised or retried it. 0: a person asked for this one."""
    take: int | None = None
    """The take that it is an attempt at, which is to be another clip than those before it; None: it is the beat's own turn."""


class RenderJob(Noun):
    """One attempt to render one beat."""

    job_id: str
    """The attempt's UUID."""
    backend: str
    input: RenderInput
    output: RenderOutput
    meta: RenderMeta

    @property
    def num_frames(self) -> int:
        return self.input.beat.num_frames(self.input.format.fps)

    @property
    def video_key(self) -> str:
        return f"{self.output.path}/video/{self.job_id}.mp4"

    @property
    def poster_key(self) -> str:
        return f"{self.output.path}/poster/{self.job_id}.jpg"

    @property
    def result_key(self) -> str:
        return result_key(self.meta.episode_id, self.meta.beat_id, self.job_id)

    @property
    def delivery_path(self) -> str:
        """Workers that know nothing of attempts store below it what they made of this one."""
        return f"{self.output.path}/delivery/{self.job_id}"

    @property
    def order_prefix(self) -> str:
        """What was ever ordered for the beat from servers that sell clips lies below it, by all its attempts."""
        return f"{self.output.path}/order/"


def beat_path(episode_id: str, beat_id: str) -> str:
    return f"episodes/{episode_id}/beats/{beat_id}"


def film_path(episode_id: str) -> str:
    return f"episodes/{episode_id}/film"


def result_key(episode_id: str, beat_id: str | None, attempt_id: str) -> str:
    """Where an attempt's result lies; `beat_id` None: a film's."""
    path = film_path(episode_id) if beat_id is None else beat_path(episode_id, beat_id)
    return f"{path}/result/{attempt_id}.json"


class FilmPart(Noun):
    """One clip of the film, and what is read under it."""

    beat_id: Id
    video: StoredFile
    subtitle: str = ""


class FilmJob(Noun):
    """One attempt to cut an episode's film."""

    job_id: str
    episode_id: str
    format: Format
    parts: tuple[FilmPart, ...] = Field(min_length=1)
    """In story order."""
    attempt: int = Field(ge=1)
    fence: int

    @property
    def result_key(self) -> str:
        return result_key(self.episode_id, None, self.job_id)

    def key(self, suffix: str) -> str:
        """Where this attempt's `.mp4`, `.srt`, `.vtt` or `.jpg` lies."""
        return f"{film_path(self.episode_id)}/{self.job_id}{suffix}"


class RuntimeFacts(Noun):
    """Where and how the time went."""

    backend: str
    latency_sec: float
    """From the renderer's start to the stored result."""
    gpu: str | None = None
    motion_engine: str = ""
    render_s: float = 0.0
    publish_s: float = 0.0
    renderer: str = ""
    node: str = ""
    recipe: dict[str, str] = Field(default_factory=dict)
    """What it takes to make the same frames again."""
    bought_nothing: bool = False
    """Its clip was bought by an earlier attempt, whose order it went on with."""


class JobError(Noun):
    failure_class: FailureClass
    reason: str
    bought_nothing: bool = False
    """Of what is paid by the clip: it has cost nothing, for certain."""


class JobResult(Noun):
    """What came of an attempt: written as its `result/{attempt}.json`, last of all its files."""

    job_id: str
    status: Literal["succeeded", "failed", "cancelled"]
    artifacts: dict[str, str] = Field(default_factory=dict)
    """Type → URI; what other workers read."""
    runtime: RuntimeFacts
    error: JobError | None = None
    files: dict[str, StoredFile] = Field(default_factory=dict)
    """Type → what was stored: `video`, `poster`; for a film `film`, `poster`, `subtitles_srt`, `subtitles_vtt`."""
    fence: int
    episode_id: str
    beat_id: str | None = None
    """None: a film."""

    def is_of(self, attempt_id: str) -> bool:
        """It speaks for this attempt, and names no file but the attempt's own."""
        return self.job_id == attempt_id and all(attempt_id in file.key for file in self.files.values())
