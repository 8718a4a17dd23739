from __future__ import annotations

from episodes.job import JobResult, RuntimeFacts, StoredFile, result_key
from episodes.model import OpenAttempt
from episodes.results import stored_result
from storage.artifacts.memory import MemoryArtifacts

ATTEMPT = OpenAttempt(
    attempt_id="a1",
    episode_id="e1",
    beat_id="b1",
    revision=1,
    number=1,
    num_counted=0,
    backend="animatic",
    renderer="r0",
    node="n1",
    opened_at_s=0.0,
)
KEY = result_key("e1", "b1", "a1")


def a_result(video: StoredFile) -> JobResult:
    return JobResult(
        job_id="a1",
        status="succeeded",
        runtime=RuntimeFacts(backend="animatic", latency_sec=1.0),
        files={"video": video},
        fence=1,
        episode_id="e1",
        beat_id="b1",
    )


def test_a_result_with_its_files_is_found() -> None:
    artifacts = MemoryArtifacts()
    result = a_result(artifacts.put_bytes("clip.mp4", b"clip", "video/mp4"))
    artifacts.put_bytes(KEY, result.model_dump_json().encode(), "application/json")

    assert stored_result(artifacts, ATTEMPT) == result


def test_without_a_result_a_stored_clip_is_nothing() -> None:
    artifacts = MemoryArtifacts()
    artifacts.put_bytes("episodes/e1/beats/b1/video/a1.mp4", b"clip", "video/mp4")

    assert stored_result(artifacts, ATTEMPT) is None


def test_a_result_whose_clip_has_other_bytes_is_nothing() -> None:
    artifacts = MemoryArtifacts()
    told = artifacts.put_bytes("clip.mp4", b"clip", "video/mp4").model_copy(update={"sha256": "0" * 64})
    artifacts.put_bytes(KEY, a_result(told).model_dump_json().encode(), "application/json")

    assert stored_result(artifacts, ATTEMPT) is None


def test_a_result_that_cannot_be_read_is_nothing() -> None:
    artifacts = MemoryArtifacts()
    artifacts.put_bytes(KEY, b"{half", "application/json")

    assert stored_result(artifacts, ATTEMPT) is None
