from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from episodes.errors import Conflict, FailureClass, RenderFailed
from episodes.job import JobResult, RenderJob
from episodes.plan import Format, Transition
from rendering.probe import VideoFacts
from rendering.publishing import Publisher, finished_frames
from rendering.spool import ClipFacts, Entry, Spool
from rendering.uploading import Uploader
from tests.builders import a_beat, a_job
from tests.clips import RUNTIME, SLATE, FakeControl, FakeSleep, Outage, TroubledStore, keyframes_for


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", max_bytes=10**6) as spool:
        yield spool


@pytest.fixture
def store() -> TroubledStore:
    return TroubledStore()


@pytest.fixture
def sleep() -> FakeSleep:
    return FakeSleep()


@pytest.fixture
def publisher(spool: Spool, store: TroubledStore, sleep: FakeSleep) -> Publisher:
    uploader = Uploader(store, patience_s=600, sleep=sleep, now_s=sleep.now_s)
    return Publisher(store, spool, node="n1", uploader=uploader)


def published(publisher: Publisher, job: RenderJob, control: FakeControl | None = None) -> JobResult:
    return publisher.publish(job, keyframes_for(job), RUNTIME, control or FakeControl())


def a_finished_clip(spool: Spool) -> Entry:
    """What the making of a clip leaves in the spool, without the making."""
    entry = spool.begin(a_job())
    entry.clip.write_bytes(b"clip")
    entry.poster.write_bytes(b"poster")
    video = VideoFacts(width=64, height=64, fps=8, num_frames=8, duration_s=1.0)
    entry.seal(ClipFacts(runtime=RUNTIME, video=video, began_at_s=1000.0))
    return entry


@pytest.mark.slow
def test_a_clip_is_stored_with_its_poster_and_its_result_comes_last(publisher: Publisher, store: TroubledStore) -> None:
    job = a_job()

    result = published(publisher, job)

    assert result.status == "succeeded"
    assert store.puts == [job.video_key, job.poster_key, job.result_key]
    assert JobResult.model_validate_json(store.get_bytes(job.result_key)) == result
    assert (result.runtime.recipe, result.runtime.motion_engine) == ({"seed": "7"}, "sparse")


def test_the_result_tells_what_was_found_and_how_it_was_made(publisher: Publisher, store: TroubledStore, spool: Spool) -> None:
    entry = a_finished_clip(spool)
    job = entry.job

    result = publisher.finish(entry, FakeControl())

    video, poster = result.files["video"], result.files["poster"]
    assert (video.width, video.height, video.fps, video.num_frames, video.duration_s) == (64, 64, 8.0, 8, 1.0)
    assert store.head(job.video_key) == video.model_copy(
        update=dict.fromkeys(("width", "height", "fps", "num_frames", "duration_s"))
    )
    assert (poster.width, poster.height, poster.media_type) == (64, 64, "image/jpeg")
    assert result.artifacts == {"video": video.uri, "poster": poster.uri}
    assert (result.runtime.node, result.runtime.renderer) == ("n1", RUNTIME.renderer)
    assert result.runtime.latency_sec == RUNTIME.render_s + result.runtime.publish_s


@pytest.mark.slow
def test_a_backend_that_draws_every_frame_needs_no_motion(publisher: Publisher) -> None:
    job = a_job()

    result = publisher.publish(job, keyframes_for(job, num_keyframes=8), RUNTIME, FakeControl())

    assert result.runtime.motion_engine == ""


@pytest.mark.slow
def test_the_poster_is_the_middle_keyframe_as_a_viewer_sees_it(publisher: Publisher, store: TroubledStore) -> None:
    job = a_job()
    keyframes = replace(keyframes_for(job, num_keyframes=3), burn_in=SLATE)

    publisher.publish(job, keyframes, RUNTIME, FakeControl())

    poster = np.asarray(Image.open(io.BytesIO(store.get_bytes(job.poster_key))))
    assert abs(poster[24:32].mean() - 120) < 3
    assert poster[:8].mean() < 100  # the slate


@pytest.mark.slow
def test_the_spool_is_empty_afterwards_and_the_share_was_that_of_frames(publisher: Publisher, spool: Spool) -> None:
    control = FakeControl()

    published(publisher, a_job(), control)

    assert control.shares == [i / 8 for i in range(1, 9)]
    assert spool.resume() == []


def test_a_fade_comes_in_from_black_over_half_a_second_and_leaves_the_burn_in_bright() -> None:
    job = a_job(a_beat(transition=Transition.FADE, duration_s=2.0))
    keyframes = replace(keyframes_for(job), frames_THWC=np.full((2, 64, 64, 3), 200, np.uint8))

    plain = [int(f[32, 32, 0]) for f in finished_frames(job, keyframes, FakeControl())]
    labelled = next(iter(finished_frames(job, replace(keyframes, burn_in=SLATE), FakeControl())))

    assert plain == [0, 50, 100, 150] + [200] * 12
    assert labelled.max() > 200


def test_a_cut_begins_at_full_brightness() -> None:
    job = a_job(a_beat(transition=Transition.CUT))

    assert next(iter(finished_frames(job, keyframes_for(job), FakeControl()))).mean() == 40


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 5 / 8, 1.0])
def test_a_cancel_while_frames_are_made_stores_nothing(
    publisher: Publisher, store: TroubledStore, spool: Spool, share: float
) -> None:
    control = FakeControl(stop_at_share=share) if share else FakeControl(stop_at_check=1)

    result = published(publisher, a_job(), control)

    assert (result.status, result.error) == ("cancelled", None)
    assert store.puts == []
    assert spool.resume() == []


@pytest.mark.parametrize("last_stored", ["video", "poster"])
def test_a_cancel_between_two_uploads_stores_nothing_more(
    publisher: Publisher, store: TroubledStore, spool: Spool, last_stored: str
) -> None:
    entry, control = a_finished_clip(spool), FakeControl()
    store.after = lambda key: control.stop() if f"/{last_stored}/" in key else None

    result = publisher.finish(entry, control)

    assert result.status == "cancelled"
    assert f"/{last_stored}/" in store.puts[-1]
    assert entry.job.result_key not in store.puts
    assert spool.resume() == []


@pytest.mark.slow
def test_a_store_that_comes_back_gets_the_clip_once_without_a_new_encoding(
    publisher: Publisher, store: TroubledStore, sleep: FakeSleep
) -> None:
    store.before = Outage(num_failures=5)
    job, control = a_job(), FakeControl()

    result = published(publisher, job, control)

    assert result.status == "succeeded"
    assert store.puts == [job.video_key, job.poster_key, job.result_key]
    assert len(control.shares) == 8
    assert sleep.now > 0


def test_a_put_whose_answer_got_lost_is_repeated_harmlessly(publisher: Publisher, store: TroubledStore, spool: Spool) -> None:
    store.after = Outage(num_failures=1)
    entry = a_finished_clip(spool)

    assert publisher.finish(entry, FakeControl()).status == "succeeded"
    job = entry.job
    assert store.puts == [job.video_key, job.video_key, job.poster_key, job.result_key]


@pytest.mark.slow
def test_patience_with_the_store_ends_as_an_infra_failure_and_frees_the_spool(
    publisher: Publisher, store: TroubledStore, spool: Spool, sleep: FakeSleep
) -> None:
    store.before = Outage(num_failures=10_000)

    result = publisher.finish(a_finished_clip(spool), FakeControl())

    assert result.error is not None
    assert result.error.failure_class is FailureClass.INFRA
    assert 500 < sleep.now <= 600
    assert spool.resume() == []


def test_a_cancel_is_heard_while_waiting_for_the_store(
    publisher: Publisher, store: TroubledStore, spool: Spool, sleep: FakeSleep
) -> None:
    store.before = Outage(num_failures=10_000)

    result = publisher.finish(a_finished_clip(spool), FakeControl(stop_at_check=200))

    assert result.status == "cancelled"
    assert sleep.now < 600


def test_a_result_that_was_stored_just_before_the_end_stands(publisher: Publisher, store: TroubledStore, spool: Spool) -> None:
    entry = a_finished_clip(spool)
    first = publisher.finish(
        replace(entry, folder=shutil.copytree(entry.folder, entry.folder.with_name("copy"))), FakeControl()
    )
    num_puts = len(store.puts)

    second = publisher.finish(entry, FakeControl())

    assert second == first
    assert len(store.puts) == num_puts


@pytest.mark.slow
def test_waiting_for_the_store_holds_no_slot(spool: Spool) -> None:
    slots = threading.BoundedSemaphore(1)
    free_while_storing: list[bool] = []

    def look(key: str) -> None:
        free_while_storing.append(slots.acquire(blocking=False))
        slots.release()

    published(Publisher(TroubledStore(before=look), spool, node="n1", slots=slots), a_job())

    assert free_while_storing == [True] * 3


def test_keyframes_of_the_wrong_size_fail_the_attempt_and_the_reason_is_stored(
    publisher: Publisher, store: TroubledStore, spool: Spool
) -> None:
    job = a_job()
    other = a_job(film_format=Format(width=66, height=64, fps=8))

    result = publisher.publish(job, keyframes_for(other), RUNTIME, FakeControl())

    assert result.status == "failed"
    assert result.error is not None
    assert result.error.failure_class is FailureClass.OUTPUT
    assert JobResult.model_validate_json(store.get_bytes(job.result_key)) == result
    assert spool.resume() == []


def test_a_job_id_that_is_no_folder_name_fails_as_content(publisher: Publisher) -> None:
    result = published(publisher, a_job(job_id="../x"))

    assert result.error is not None
    assert result.error.failure_class is FailureClass.CONTENT


def test_an_attempt_that_is_being_published_is_not_disturbed(publisher: Publisher, spool: Spool, store: TroubledStore) -> None:
    job = a_job()
    entry = spool.begin(job)

    with pytest.raises(Conflict):
        published(publisher, job)

    assert entry.folder.exists()
    assert store.puts == []


def test_a_failure_before_publishing_is_stored_as_a_result(publisher: Publisher, store: TroubledStore) -> None:
    job = a_job()

    result = publisher.publish_failure(job, RenderFailed("CUDA out of memory", FailureClass.RESOURCE), RUNTIME)

    assert result.status == "failed"
    assert JobResult.model_validate_json(store.get_bytes(job.result_key)) == result


def test_a_failure_that_cannot_be_stored_is_still_answered(publisher: Publisher, store: TroubledStore) -> None:
    store.before = Outage(num_failures=1)

    result = publisher.publish_failure(a_job(), RenderFailed("no", FailureClass.CONTENT), RUNTIME)

    assert result.status == "failed"
