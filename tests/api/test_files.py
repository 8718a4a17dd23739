from __future__ import annotations

import hashlib
from typing import Any

import pytest

from episodes.fleet import Preview
from episodes.ports import Download
from storage.artifacts.memory import MemoryArtifacts
from tests.api.rig import CLIP, Rig, is_problem


class LinkedArtifacts(MemoryArtifacts):
    """Answers a download as S3 does."""

    def download(self, key: str, file_name: str) -> Download:
        self.get_bytes(key)
        return Download(url=f"https://store.example/{key}?signature=short-lived")


@pytest.mark.parametrize(
    "path", ["/film", "/poster", "/subtitles.srt", "/subtitles.vtt", "/beats/b1/video", "/beats/b3/poster"]
)
async def test_every_file_of_a_finished_episode_is_served(rig: Rig, path: str) -> None:
    episode_id = await rig.completed()

    answer = await rig.client.get(f"/episodes/{episode_id}{path}")

    assert answer.status_code == 200
    assert answer.content == (CLIP[:9] if path == "/beats/b3/poster" else CLIP)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert episode_id in answer.headers["content-disposition"]


async def test_every_url_that_an_episode_shows_can_be_fetched(rig: Rig) -> None:
    episode = (await rig.client.get(f"/episodes/{await rig.completed()}")).json()
    shown = [a for beat in episode["beats"] for a in beat["artifacts"]] + episode["artifacts"]
    assert len(shown) == 10
    for artifact in shown:
        answer = await rig.client.get(artifact["url"])
        assert hashlib.sha256(answer.content).hexdigest() == artifact["sha256"]
        assert answer.headers["content-type"].split(";")[0] == artifact["media_type"]


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=2000-", 2000, 2048), ("bytes=-5", 2043, 2048)],
)
async def test_a_player_gets_the_range_that_it_asks_for(rig: Rig, wanted: str, start: int, end: int) -> None:
    path = f"/episodes/{await rig.completed()}/film"

    answer = await rig.client.get(path, headers={"Range": wanted})

    assert answer.status_code == 206
    assert answer.content == CLIP[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CLIP)}"


async def test_a_range_behind_the_end_is_a_problem_that_says_how_long_the_file_is(rig: Rig) -> None:
    path = f"/episodes/{await rig.completed()}/film"
    answer = await rig.client.get(path, headers={"Range": "bytes=9999-"})
    is_problem(answer, 416, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(CLIP)}"


@pytest.mark.parametrize("wanted", ["bytes", "frames=1-2", "bytes=", "bytes=9-3", "bytes=x-y"])
async def test_a_range_that_cannot_be_read_gets_the_whole_file(rig: Rig, wanted: str) -> None:
    answer = await rig.client.get(f"/episodes/{await rig.completed()}/film", headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (200, CLIP)


async def test_a_range_of_another_version_gets_the_whole_file(rig: Rig) -> None:
    path = f"/episodes/{await rig.completed()}/film"
    same = (await rig.client.head(path)).headers["etag"]

    for if_range, status in ((same, 206), ('"another"', 200)):
        answer = await rig.client.get(path, headers={"Range": "bytes=0-9", "If-Range": if_range})
        assert answer.status_code == status


async def test_head_tells_the_size_and_sends_nothing(rig: Rig) -> None:
    answer = await rig.client.head(f"/episodes/{await rig.completed()}/beats/b1/video")
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(len(CLIP))
    assert answer.content == b""


async def test_a_client_that_has_the_file_is_not_sent_it_again(rig: Rig) -> None:
    path = f"/episodes/{await rig.completed()}/film"
    etag = (await rig.client.head(path)).headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        assert (await rig.client.get(path, headers={"If-None-Match": known})).status_code == 304
    assert (await rig.client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_files_that_lie_elsewhere_are_a_redirect_to_a_link(rig: Rig) -> None:
    rig = Rig(artifacts=LinkedArtifacts())
    episode_id = await rig.completed()

    answer = await rig.client.get(f"/episodes/{episode_id}/film")

    assert answer.status_code == 307
    assert answer.headers["location"].startswith(f"https://store.example/episodes/{episode_id}/film/")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "state"), [("/film", "EXECUTING"), ("/subtitles.vtt", "EXECUTING"), ("/beats/b1/video", "PENDING")]
)
async def test_what_is_not_there_yet_says_how_far_it_is(rig: Rig, path: str, state: str) -> None:
    episode_id = await rig.executing()
    problem = is_problem(await rig.client.get(f"/episodes/{episode_id}{path}"), 404, "not-found")
    assert state in problem["hint"]


async def test_an_unknown_beat_has_no_clip(rig: Rig) -> None:
    episode_id = await rig.completed()
    for beat_id in ("b9", "%00", "x" * 200):
        is_problem(await rig.client.get(f"/episodes/{episode_id}/beats/{beat_id}/video"), 404, "not-found")


async def test_a_file_that_the_store_lost_is_not_found(rig: Rig) -> None:
    episode_id = await rig.completed()
    lost: Any = next(key for key in rig.artifacts.keys(f"episodes/{episode_id}/film") if key.endswith(".mp4"))
    rig.artifacts.delete(lost)
    is_problem(await rig.client.get(f"/episodes/{episode_id}/film"), 404, "not-found")


async def test_the_poster_of_a_beat_that_renders_is_how_it_looks_so_far(rig: Rig) -> None:
    episode_id = await rig.executing()
    attempt_id = rig.open(episode_id, "b1")
    url = f"/episodes/{episode_id}/beats/b1/poster"
    is_problem(await rig.client.get(url), 404, "not-found")
    assert (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"][0]["preview_url"] is None

    rig.episodes.record_previews(rig.lease, {attempt_id: Preview(number=1, jpeg=b"so far")})

    beats = (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"]
    assert [beat["preview_url"] for beat in beats] == [url, None, None]
    answer = await rig.client.get(url)
    assert (answer.status_code, answer.content) == (200, b"so far")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")


async def test_a_beat_with_a_clip_shows_its_poster_and_no_preview(rig: Rig) -> None:
    episode_id = await rig.completed()

    beat = (await rig.client.get(f"/episodes/{episode_id}")).json()["beats"][0]

    assert beat["preview_url"] is None
    assert (await rig.client.get(f"/episodes/{episode_id}/beats/b1/poster")).content == CLIP[:9]
