"""What workers deliver, as ffmpeg finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderFailed, Unavailable
from episodes.job import JobResult
from rendering.publishing import Publisher
from rendering.reception import Reception
from rendering.spool import Spool
from rendering.uploading import Uploader
from storage.artifacts.memory import MemoryArtifacts
from tests.builders import TINY, a_beat, a_job
from tests.clips import RUNTIME, FakeControl, FakeSleep, decoded, foreign_clip
from tests.unit.relay.stage import a_result

JOB = a_job(a_beat(duration_s=2.0))
KEY = f"{JOB.delivery_path}/video"


def received(artifacts: MemoryArtifacts, key: str = KEY) -> RenderFailed:
    with pytest.raises(RenderFailed) as failed:
        Reception(artifacts).keyframes(key, JOB, FakeControl())
    return failed.value


def test_a_clip_of_another_size_and_rate_becomes_the_attempts_own(tmp_path: Path) -> None:
    artifacts = MemoryArtifacts()
    foreign_clip(tmp_path / "clip.mp4", size="96x64", fps=12, seconds=2.0)
    artifacts.put_file(KEY, tmp_path / "clip.mp4", "video/mp4")

    keyframes = Reception(artifacts).keyframes(KEY, JOB, FakeControl())
    publisher = Publisher(artifacts, Spool(tmp_path / "spool", max_bytes=10**9), node="head")
    result = publisher.publish(JOB, keyframes, RUNTIME, FakeControl())

    assert result.status == "succeeded", result
    assert result.runtime.recipe["delivered"] == KEY
    artifacts.get_file(JOB.video_key, tmp_path / "stored.mp4")
    frames_THWC = decoded(tmp_path / "stored.mp4", TINY)
    assert len(frames_THWC) == JOB.num_frames
    red, green, blue = frames_THWC.reshape(-1, 3).mean(axis=0)
    assert red > 200
    assert max(green, blue) < 60


def test_what_is_no_video_is_refused() -> None:
    artifacts = MemoryArtifacts()
    artifacts.put_bytes(KEY, b"<html>Not found</html>", "video/mp4")

    assert received(artifacts).failure_class is FailureClass.OUTPUT


@pytest.mark.parametrize("key", [KEY, f"{JOB.delivery_path}/../video"], ids=["nothing", "above"])
def test_a_clip_that_is_not_there_is_refused(key: str) -> None:
    assert received(MemoryArtifacts(), key).failure_class is FailureClass.OUTPUT


def a_stored_result(artifacts: MemoryArtifacts) -> JobResult:
    video = artifacts.put_bytes(JOB.video_key, b"a clip", "video/mp4")
    result = a_result(JOB, files={"video": video})
    artifacts.put_bytes(JOB.result_key, result.model_dump_json().encode(), "application/json")
    return result


def test_a_result_counts_when_its_files_are_there() -> None:
    artifacts = MemoryArtifacts()
    result = a_stored_result(artifacts)

    assert Reception(artifacts).checked(result, JOB, FakeControl()) == result
    assert Reception(artifacts).stored(JOB, FakeControl()) == result
    with pytest.raises(RenderFailed, match="no such file") as failed:
        Reception(MemoryArtifacts()).checked(result, JOB, FakeControl())
    assert failed.value.failure_class is FailureClass.OUTPUT


def test_a_failure_is_passed_on_and_can_be_kept_for_whoever_was_away() -> None:
    artifacts, failure = MemoryArtifacts(), a_result(JOB, "failed")
    reception = Reception(artifacts)
    assert reception.checked(failure, JOB, FakeControl()) == failure
    assert reception.stored(JOB, FakeControl()) is None

    reception.keep_failure(failure, JOB)

    assert reception.stored(JOB, FakeControl()) == failure


def test_a_store_that_does_not_answer_is_waited_for_but_not_for_ever() -> None:
    class Away(MemoryArtifacts):
        def get_bytes(self, key: str) -> bytes:
            raise Unavailable("away")

    sleep = FakeSleep()
    uploader = Uploader(Away(), patience_s=60, sleep=sleep, now_s=sleep.now_s)

    with pytest.raises(RenderFailed) as failed:
        Reception(Away(), uploader).keyframes(KEY, JOB, FakeControl())

    assert failed.value.failure_class is FailureClass.INFRA
    assert sleep.now > 20
