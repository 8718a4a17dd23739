"""Films from real clips: what joins, what is converted, and what a reader of the subtitles sees."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pysubs2
import pytest
from PIL import Image
from structlog.testing import capture_logs
from structlog.typing import EventDict

from episodes.job import FilmJob, FilmPart, StoredFile
from episodes.plan import Format
from rendering.backend import Frames
from rendering.film import Cutter
from rendering.spool import Spool
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import TINY
from tests.clips import FakeControl, a_stored_clip, decoded, foreign_clip

FILM = Format(width=128, height=96, fps=24)


@pytest.fixture
def store() -> MemoryArtifacts:
    return MemoryArtifacts()


@pytest.fixture
def cutter(store: MemoryArtifacts, tmp_path: Path) -> Iterator[Cutter]:
    with Spool(tmp_path / "spool", max_bytes=10**8) as spool:
        yield Cutter(store, spool, node="head")


def a_film(videos: list[StoredFile], film_format: Format = FILM) -> FilmJob:
    parts = tuple(FilmPart(beat_id=f"b{i}", video=v, subtitle=f"Moment {i}" if i != 2 else "") for i, v in enumerate(videos, 1))
    return FilmJob(job_id="f1", episode_id="e1", format=film_format, parts=parts, attempt=1, fence=1)


def a_foreign(
    store: MemoryArtifacts, tmp_path: Path, name: str, *, size: str, fps: int, seconds: float, options: list[str]
) -> StoredFile:
    foreign_clip(tmp_path / name, size=size, fps=fps, seconds=seconds, options=options)
    return store.put_file(f"clips/{name}", tmp_path / name, "video/mp4")


def cut_and_watch(cutter: Cutter, store: MemoryArtifacts, job: FilmJob, tmp_path: Path) -> Frames:
    result = cutter.cut(job, FakeControl())
    assert result.status == "succeeded", result.error
    store.get_file(job.key(".mp4"), tmp_path / "watched.mp4")
    return decoded(tmp_path / "watched.mp4", job.format)


def reencoded(events: list[EventDict]) -> list[str]:
    return [event["beat"] for event in events if event["event"] == "film.clip_reencoded"]


def test_a_film_of_clips_that_agree_has_their_very_frames_in_story_order(
    cutter: Cutter, store: MemoryArtifacts, tmp_path: Path
) -> None:
    lengths = [12, 13, 1, 49]
    videos = [a_stored_clip(store, f"clips/{i}.mp4", tmp_path, num_frames=n, film_format=FILM) for i, n in enumerate(lengths)]
    clips = []
    for video in videos:
        store.get_file(video.key, tmp_path / "clip.mp4")
        clips.append(decoded(tmp_path / "clip.mp4", FILM))

    with capture_logs() as events:
        film = cut_and_watch(cutter, store, a_film(videos), tmp_path)

    assert np.array_equal(film, np.concatenate(clips))
    assert reencoded(events) == []  # encoding the same frames again may give the same bits, so equal frames prove too little


def test_the_film_is_as_long_as_its_clips_and_starts_fast(cutter: Cutter, store: MemoryArtifacts, tmp_path: Path) -> None:
    videos = [a_stored_clip(store, f"clips/{n}.mp4", tmp_path, num_frames=n, film_format=FILM) for n in (12, 13, 24)]

    result = cutter.cut(a_film(videos), FakeControl())

    film = result.files["film"]
    assert (film.num_frames, film.fps, film.duration_s) == (49, 24.0, 49 / 24)
    assert (film.width, film.height) == (128, 96)
    data = store.get_bytes(film.key)
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_many_short_clips_still_run_at_exactly_one_rate(cutter: Cutter, store: MemoryArtifacts, tmp_path: Path) -> None:
    swift = Format(width=64, height=64, fps=60)  # a frame is no whole number of microseconds, in which ffmpeg counts clips
    clip = a_stored_clip(store, "clips/1.mp4", tmp_path, num_frames=1, film_format=swift)

    result = cutter.cut(a_film([clip] * 60, swift), FakeControl())

    assert result.status == "succeeded", result.error
    assert result.files["film"].duration_s == 1.0


def test_subtitles_stand_where_their_clips_do(cutter: Cutter, store: MemoryArtifacts, tmp_path: Path) -> None:
    videos = [a_stored_clip(store, f"clips/{n}.mp4", tmp_path, num_frames=n, film_format=FILM) for n in (12, 13, 24)]
    job = a_film(videos)
    cutter.cut(job, FakeControl())

    for suffix in (".srt", ".vtt"):
        read = pysubs2.SSAFile.from_string(store.get_bytes(job.key(suffix)).decode(), format_=suffix[1:])
        assert [(e.start, e.end, e.plaintext) for e in read] == [(0, 500, "Moment 1"), (1042, 2042, "Moment 3")]


def test_clips_of_another_size_rate_or_encoder_are_brought_to_the_episodes_format(
    cutter: Cutter, store: MemoryArtifacts, tmp_path: Path
) -> None:
    own = a_stored_clip(store, "clips/own.mp4", tmp_path, num_frames=24, film_format=FILM)
    wide = a_foreign(store, tmp_path, "wide.mp4", size="256x96", fps=24, seconds=1, options=[])
    slow = a_foreign(store, tmp_path, "slow.mp4", size="128x96", fps=8, seconds=1, options=["-bf", "2"])

    with capture_logs() as events:
        film = cut_and_watch(cutter, store, a_film([own, wide, slow]), tmp_path)

    assert reencoded(events) == ["b2", "b3"]
    assert len(film) == 24 + 24 + 24
    red = np.array([254, 0, 0])
    assert np.abs(film[60].astype(int) - red).max() <= 4  # fills the frame
    assert np.abs(film[30, 48].astype(int) - red).max() <= 4  # the wide one: between black bars
    assert film[30, 4].max() <= 4
    assert film[30, 92].max() <= 4


def test_a_clip_with_sound_loses_it_instead_of_breaking_the_film(
    cutter: Cutter, store: MemoryArtifacts, tmp_path: Path
) -> None:
    own = a_stored_clip(store, "clips/own.mp4", tmp_path, num_frames=8)
    loud = a_foreign(store, tmp_path, "loud.mp4", size="64x64", fps=8, seconds=1, options=["-f", "lavfi", "-i", "sine=d=1"])

    film = cut_and_watch(cutter, store, a_film([own, loud, own], TINY), tmp_path)

    assert len(film) == 24


def test_the_poster_shows_the_middle_of_the_middle_clip(cutter: Cutter, store: MemoryArtifacts, tmp_path: Path) -> None:
    own = a_stored_clip(store, "clips/own.mp4", tmp_path, num_frames=48, film_format=FILM)
    red = a_foreign(store, tmp_path, "red.mp4", size="128x96", fps=24, seconds=0.5, options=[])
    job = a_film([own, red])
    cutter.cut(job, FakeControl())

    red_level, green, blue = np.asarray(Image.open(io.BytesIO(store.get_bytes(job.key(".jpg")))))[48, 64]

    assert red_level > 240
    assert max(blue, green) < 20


def test_a_clip_that_does_not_decode_fails_the_film(cutter: Cutter, store: MemoryArtifacts, tmp_path: Path) -> None:
    own = a_stored_clip(store, "clips/own.mp4", tmp_path, num_frames=12, film_format=FILM)
    data = bytearray(store.get_bytes("clips/own.mp4"))
    start = data.index(b"mdat") + 8
    data[start : start + 60] = b"\xff" * 60
    broken = store.put_bytes("clips/broken.mp4", bytes(data), "video/mp4")

    result = cutter.cut(a_film([own, broken]), FakeControl())

    assert result.status == "failed"
    assert "e1/film" not in " ".join(store.keys("episodes/e1/film/f1."))
