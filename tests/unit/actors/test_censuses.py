from __future__ import annotations

from pathlib import Path

from actors.home_census import HomeCensus
from actors.ray_census import things_among
from rendering.spool import Spool
from storage.artifacts.folder import FolderArtifacts
from tests.builders import a_job


def test_a_home_at_rest_has_nothing_lying_about(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool" / "publisher-0", max_bytes=1):
        FolderArtifacts(tmp_path / "outputs").put_bytes("episodes/e1/film/f1.mp4", b"film", "video/mp4")
        (tmp_path / "spool" / "pictures").mkdir()
        (tmp_path / "spool" / "pictures" / "a.png").write_bytes(b"kept for the next beat")

        assert list(HomeCensus(spool=tmp_path / "spool", outputs=tmp_path / "outputs").things()) == []
    assert list(HomeCensus(spool=tmp_path / "nowhere", outputs=None).things()) == []


def test_clips_that_were_not_stored_and_files_that_are_not_whole_are_seen(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    FolderArtifacts(outputs).put_bytes("episodes/e1/film/f1.mp4", b"film", "video/mp4")
    (outputs / ".incoming" / "half").write_bytes(b"fi")
    (outputs / ".abc.arriving").write_bytes(b"fi")
    with Spool(tmp_path / "spool" / "publisher-0", max_bytes=1) as spool, spool.scratch() as scratch:
        job = a_job()
        spool.begin(job)

        things = list(HomeCensus(spool=tmp_path / "spool", outputs=outputs).things())

        assert {thing.where for thing in things} == {
            f"spool/publisher-0/{job.job_id}",
            f"spool/publisher-0/{scratch.name}",
            "outputs/half",
            "outputs/.abc.arriving",
        }
        assert all(thing.is_passing and thing.wrong for thing in things)


def test_an_actor_that_nobody_planned_is_seen() -> None:
    alive = ["renderer:animatic:1", "coordinator", "publisher:12345678"]

    things = list(things_among(alive, planned={"coordinator", "renderer:animatic:0", "publisher:12345678"}))

    assert [(t.where, bool(t.wrong), t.is_passing) for t in things] == [
        ("actor coordinator", False, False),
        ("actor publisher:12345678", False, False),
        ("actor renderer:animatic:1", True, False),
    ]
