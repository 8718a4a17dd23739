from __future__ import annotations

import pytest

from episodes.job import FilmJob, FilmPart, StoredFile
from episodes.keys import AttemptKey, attempt_key, episode_of_key
from tests.builders import TINY, a_beat, a_job


def test_every_key_that_an_attempt_writes_says_whose_it_is() -> None:
    job = a_job(a_beat(1), episode_id="e1")
    for key in (job.video_key, job.poster_key, job.result_key):
        assert attempt_key(key) == AttemptKey(episode_id="e1", beat_id="b2", attempt_id=job.job_id)

    for name in ("1", "12.operation", "1.closed", "doubt"):
        said = attempt_key(f"{job.order_prefix}{job.job_id}.{name}.json")
        assert said == AttemptKey(episode_id="e1", beat_id="b2", attempt_id=job.job_id, is_order=True)

    video = StoredFile(key="k", uri="memory:k", size_bytes=1, sha256="0" * 64, media_type="video/mp4")
    film = FilmJob(job_id="f1", episode_id="e1", format=TINY, parts=(FilmPart(beat_id="b1", video=video),), attempt=1, fence=1)
    for key in (film.result_key, *(film.key(suffix) for suffix in (".mp4", ".jpg", ".srt", ".vtt"))):
        assert attempt_key(key) == AttemptKey(episode_id="e1", beat_id=None, attempt_id="f1")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "episodes/e1",
        "episodes/e1/notes.txt",
        "episodes/e1/film/f1.mkv",
        "episodes/e1/film/.mp4",
        "episodes/e1/film/more/f1.mp4",
        "episodes/e1/beats/b1/f1.mp4",
        "episodes/e1/beats/b1/video/f1.jpg",
        "episodes/e1/beats/b1/video/more/f1.mp4",
        "episodes/e1/beats/b1/result/f1.json.gz",
        "episodes/e1/beats/b1/order/f1.json",
        "episodes/e1/beats/b1/order/f1.1.notes.json",
        "episodes/e1/beats/b1/order/.1.json",
        "other/episodes/e1/film/f1.mp4",
        "worlds/w1/images/f1.mp4",
    ],
)
def test_a_key_of_another_shape_is_nobodys(key: str) -> None:
    assert attempt_key(key) is None


def test_whatever_lies_below_an_episode_is_the_episodes() -> None:
    assert episode_of_key("episodes/e1/notes.txt") == "e1"
    assert episode_of_key("episodes/e1") == "e1"
