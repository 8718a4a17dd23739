from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from episodes.errors import FailureClass
from episodes.job import FilmJob, FilmPart, JobResult
from episodes.plan import Format
from rendering.film import Cutter
from rendering.spool import Spool
from rendering.uploading import Uploader
from tests.builders import TINY
from tests.clips import FakeControl, FakeSleep, Outage, TroubledStore, a_stored_clip


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", max_bytes=10**6) as spool:
        yield spool


@pytest.fixture
def store() -> TroubledStore:
    return TroubledStore()


@pytest.fixture
def cutter(store: TroubledStore, spool: Spool) -> Cutter:
    sleep = FakeSleep()
    return Cutter(store, spool, node="head", uploader=Uploader(store, patience_s=600, sleep=sleep, now_s=sleep.now_s))


def a_film(store: TroubledStore, tmp_path: Path, *, subtitle: str = "Moment 1") -> FilmJob:
    video = a_stored_clip(store, "clips/1.mp4", tmp_path, num_frames=4)
    store.puts.clear()
    part = FilmPart(beat_id="b1", video=video, subtitle=subtitle)
    return FilmJob(job_id="f1", episode_id="e1", format=TINY, parts=(part,), attempt=1, fence=3)


def test_the_film_is_stored_with_what_belongs_to_it_and_the_result_comes_last(
    cutter: Cutter, store: TroubledStore, spool: Spool, tmp_path: Path
) -> None:
    job, control = a_film(store, tmp_path), FakeControl()

    result = cutter.cut(job, control)

    assert store.puts == [job.key(suffix) for suffix in (".mp4", ".jpg", ".srt", ".vtt")] + [job.result_key]
    assert JobResult.model_validate_json(store.get_bytes(job.result_key)) == result
    assert (result.status, result.beat_id, result.fence) == ("succeeded", None, 3)
    assert set(result.files) == {"film", "poster", "subtitles_srt", "subtitles_vtt"}
    assert result.files["film"].num_frames == 4
    assert spool.used_bytes() == 0
    assert control.shares == sorted(control.shares)


def test_a_film_in_which_nobody_speaks_has_no_subtitles(cutter: Cutter, store: TroubledStore, tmp_path: Path) -> None:
    result = cutter.cut(a_film(store, tmp_path, subtitle=""), FakeControl())

    assert set(result.files) == {"film", "poster"}


def test_a_store_that_comes_back_gets_the_film(cutter: Cutter, store: TroubledStore, tmp_path: Path) -> None:
    job = a_film(store, tmp_path)
    store.before = Outage(num_failures=4)

    assert cutter.cut(job, FakeControl()).status == "succeeded"


@pytest.mark.parametrize("stored", [0, 1, 4])
def test_a_cancelled_film_stores_nothing_more(
    cutter: Cutter, store: TroubledStore, spool: Spool, tmp_path: Path, stored: int
) -> None:
    job, control = a_film(store, tmp_path), FakeControl(stop_at_check=None if stored else 1)
    store.after = lambda key: control.stop() if len(store.puts) == stored else None

    result = cutter.cut(job, control)

    assert result.status == "cancelled"
    assert len(store.puts) == stored
    assert spool.used_bytes() == 0


def test_a_clip_that_is_gone_fails_the_film_and_names_its_beat(cutter: Cutter, store: TroubledStore, tmp_path: Path) -> None:
    job = a_film(store, tmp_path)
    store.delete("clips/1.mp4")

    result = cutter.cut(job, FakeControl())

    assert result.error is not None
    assert "'b1'" in result.error.reason
    assert "There is no artifact" in result.error.reason
    assert JobResult.model_validate_json(store.get_bytes(job.result_key)) == result


def test_a_clip_with_other_bytes_than_were_accepted_fails_the_film(
    cutter: Cutter, store: TroubledStore, tmp_path: Path
) -> None:
    job = a_film(store, tmp_path)
    store.delete("clips/1.mp4")
    a_stored_clip(store, "clips/1.mp4", tmp_path, num_frames=4, film_format=Format(width=66, height=64, fps=8))

    result = cutter.cut(job, FakeControl())

    assert result.error is not None
    assert result.error.failure_class is FailureClass.INFRA
    assert "other bytes" in result.error.reason
