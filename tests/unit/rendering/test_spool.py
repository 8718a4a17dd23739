from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from episodes.errors import BadInput, Conflict
from rendering.probe import VideoFacts
from rendering.spool import SEAL, ClipFacts, Entry, Spool
from tests.builders import a_job
from tests.clips import RUNTIME

FACTS = ClipFacts(
    runtime=RUNTIME, video=VideoFacts(width=64, height=64, fps=8, num_frames=8, duration_s=1.0), began_at_s=1000.0
)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path, max_bytes=1000) as spool:
        yield spool


def filled(spool: Spool, num_bytes: int = 10) -> Entry:
    entry = spool.begin(a_job())
    entry.clip.write_bytes(b"c" * num_bytes)
    entry.poster.write_bytes(b"p")
    return entry


def test_a_sealed_entry_is_found_again_with_everything_in_it(spool: Spool) -> None:
    entry = filled(spool)
    entry.seal(FACTS)

    (again,) = spool.resume()

    assert again == entry
    assert again.facts == FACTS
    assert again.clip.read_bytes() == b"c" * 10


@pytest.mark.slow
def test_entries_are_resumed_oldest_first(spool: Spool) -> None:
    entries = [filled(spool) for _ in range(3)]
    for entry in entries:
        entry.seal(FACTS)

    assert spool.resume() == entries


def test_unfinished_work_is_deleted(spool: Spool, tmp_path: Path) -> None:
    filled(spool)
    (tmp_path / "scratch-left").mkdir()

    assert spool.resume() == []
    assert [f.name for f in tmp_path.iterdir() if f.is_dir()] == []


def test_what_another_version_wrote_is_dropped_and_does_not_stop_the_publisher(spool: Spool) -> None:
    old, sound = filled(spool), filled(spool)
    for entry in (old, sound):
        entry.seal(FACTS)
    (old.folder / SEAL).write_text('{"from": "long ago"}')

    assert spool.resume() == [sound]
    assert not old.folder.exists()


def test_a_discarded_entry_is_gone_and_discarding_it_again_is_fine(spool: Spool) -> None:
    entry = filled(spool)
    entry.seal(FACTS)

    entry.discard()
    entry.discard()

    assert spool.resume() == []
    assert spool.used_bytes() < 10


def test_a_crash_while_discarding_leaves_garbage_and_never_half_an_entry(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = filled(spool)
    entry.seal(FACTS)

    def dies(folder: Path, *, ignore_errors: bool) -> None:
        entry.clip.unlink()  # it got so far

    with monkeypatch.context() as dying:
        dying.setattr("rendering.spool.shutil.rmtree", dies)
        entry.discard()

    assert spool.resume() == []


def test_a_full_spool_has_no_room_until_something_is_discarded(spool: Spool) -> None:
    assert spool.has_room()
    entry = filled(spool, num_bytes=1000)
    assert not spool.has_room()

    entry.discard()

    assert spool.has_room()


def test_two_publishers_cannot_have_one_spool(spool: Spool, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="Another publisher"):
        Spool(tmp_path, max_bytes=1000, patience_s=0)

    spool.close()
    Spool(tmp_path, max_bytes=1000, patience_s=0).close()


def test_an_attempt_cannot_be_published_twice_at_once(spool: Spool) -> None:
    job = a_job()
    spool.begin(job)

    with pytest.raises(Conflict, match="already being published"):
        spool.begin(job)


@pytest.mark.parametrize("job_id", ["../elsewhere", "", "a/b", ".", "a" * 65])
def test_an_id_that_is_no_folder_name_is_refused(spool: Spool, tmp_path: Path, job_id: str) -> None:
    with pytest.raises(BadInput, match="job_id"):
        spool.begin(a_job(job_id=job_id))


def test_a_scratch_folder_goes_when_its_work_is_done(spool: Spool) -> None:
    with spool.scratch() as folder:
        (folder / "film.mp4").write_bytes(b"f")

    assert not folder.exists()
