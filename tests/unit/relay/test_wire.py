from __future__ import annotations

import json

import pytest

from episodes.errors import BadInput, FailureClass, RenderFailed
from episodes.keys import attempt_key
from relay.ports import Offer
from relay.wire import Delivery, job_of, offer_of, read_answer
from tests.builders import a_job
from tests.unit.relay.stage import a_result, as_answer

JOB = a_job(episode_id="e1")


def answered(**fields: object) -> bytes:
    """As a worker of the old make says it."""
    runtime = {"backend": "animatediff", "latency_sec": 41.5, "gpu": "RTX 4090", "motion_engine": "sparse"}
    return json.dumps({"job_id": JOB.job_id, "status": "succeeded", "runtime": runtime, "error": None, **fields}).encode()


def test_the_wire_names_what_workers_have_always_been_told() -> None:
    said = json.loads(offer_of(JOB, "animatediff").wire)

    assert (said["job_id"], said["backend"]) == (JOB.job_id, "animatediff")
    assert said["output"] == {"path": f"episodes/e1/beats/b1/delivery/{JOB.job_id}"}
    assert {"prompt", "duration_sec", "motion", "style"} <= said["input"].keys()
    assert said["input"]["motion"]["engine"] == "sparse"
    assert {"reuse_poses", "temporal_smoothing", "strength"} <= said["input"]["motion"]["params"].keys()
    assert {"episode_id", "beat_id", "attempt"} <= said["meta"].keys()


def test_what_is_stored_below_the_path_on_the_wire_belongs_to_the_attempt() -> None:
    said = attempt_key(f"{json.loads(offer_of(JOB, 'svd').wire)['output']['path']}/video")

    assert said is not None
    assert (said.episode_id, said.beat_id, said.attempt_id) == ("e1", "b1", JOB.job_id)


def test_our_own_workers_store_where_our_own_renderers_do() -> None:
    job = job_of(offer_of(JOB, "animatediff"))

    assert (job.video_key, job.poster_key, job.result_key) == (JOB.video_key, JOB.poster_key, JOB.result_key)
    assert job == JOB.model_copy(update={"backend": "animatediff"})


def test_a_job_in_the_words_of_another_version_is_refused() -> None:
    with pytest.raises(BadInput, match=r"The job j1 cannot be read: backend: Field required"):
        job_of(Offer(job_id="j1", wire=b'{"job_id": "j1"}'))


def test_a_result_of_ours_comes_back_as_it_was() -> None:
    result = a_result(JOB)

    assert read_answer(as_answer(result), JOB) == result


@pytest.mark.parametrize(
    "uri",
    [
        "{path}/video",
        "s3://films/{path}/video",
        "https://films.example/{path}/video?signature=abc#t=1",
        "https://r2.example/films/{path}/video/clip%201.mp4",
    ],
)
def test_a_clip_is_found_by_a_key_or_any_uri_that_ends_with_one(uri: str) -> None:
    delivery = read_answer(answered(artifacts={"video": uri.format(path=JOB.delivery_path)}), JOB)

    assert isinstance(delivery, Delivery)
    assert delivery.key in (f"{JOB.delivery_path}/video", f"{JOB.delivery_path}/video/clip 1.mp4")
    assert (delivery.latency_sec, delivery.gpu, delivery.motion_engine) == (41.5, "RTX 4090", "sparse")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "failed", "error": "CUDA out of memory"}, "The worker says: CUDA out of memory"),
        ({"artifacts": {}}, "names no video"),
        ({"artifacts": None, "runtime": None}, "names no video"),
        ({"artifacts": {"video": 7}}, "names no video"),
        ({"artifacts": {"video": "s3://films/episodes/e1/beats/b1/video"}}, "which is no clip below"),
        ({"artifacts": {"video": f"s3://films/{JOB.delivery_path}/"}}, "which is no clip below"),
        ({"artifacts": {"video": "file:///etc/passwd"}}, "which is no clip below"),
    ],
)
def test_an_answer_without_a_clip_of_this_attempt_is_a_failure(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RenderFailed, match=reason) as failed:
        read_answer(answered(**fields), JOB)

    assert failed.value.failure_class is FailureClass.OUTPUT
