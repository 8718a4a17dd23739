"""What only an ArtifactStore in S3 can get wrong, on real servers: lost replies, damage, parts, settings."""

from __future__ import annotations

import hashlib
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from episodes.errors import ArtifactConflict, Damaged, Unavailable
from storage.artifacts import S3Credentials, S3Recipe, open_artifact_store
from storage.artifacts.s3 import PART_BYTES, S3Artifacts
from tests.contract.at_once import at_once
from tests.contract.lossy_line import LossyLine, Refusal
from tests.contract.s3_servers import CREDENTIALS, S3Server, rclone

KEY = "episodes/e1/beats/b1/video/a1.mp4"
CLIP, OTHER_CLIP = b"the clip's bytes", b"the clip's fault"
MIB = 1024 * 1024

T = TypeVar("T")


@pytest.fixture(params=["rclone", "moto"])
def s3_server(request: pytest.FixtureRequest) -> S3Server:
    server: S3Server = request.getfixturevalue(f"{request.param}_server")
    return server


def test_a_signed_link_plays_and_has_a_name(s3_server: S3Server) -> None:
    store = open_artifact_store(s3_server.fresh_bucket(), CREDENTIALS)
    store.put_bytes(KEY, CLIP, "video/mp4")

    link = store.download(KEY, 'the "film" ü.mp4').url

    assert link is not None
    assert CREDENTIALS.secret_key not in link
    request = urllib.request.Request(link, headers={"Range": "bytes=4-7"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Range"] == f"bytes 4-7/{len(CLIP)}"
        assert answer.read() == CLIP[4:8]
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"] == "inline; filename*=UTF-8''the%20%22film%22%20%C3%BC.mp4"


def test_a_stored_put_whose_reply_was_lost_is_adopted(s3_server: S3Server) -> None:
    with _lossy(s3_server) as (line, store):
        line.lost_replies["PUT"] = 1

        stored = store.put_bytes(KEY, CLIP, "video/mp4")

        assert line.lost_replies["PUT"] == 0
        assert store.head(KEY) == stored
        assert store.get_bytes(KEY) == CLIP


def test_a_put_whose_replies_were_all_lost_can_be_repeated(s3_server: S3Server) -> None:
    with _lossy(s3_server) as (line, store):
        line.lost_replies["PUT"] = 2
        with pytest.raises(Unavailable, match="does not answer"):
            store.put_bytes(KEY, CLIP, "video/mp4")

        assert store.put_bytes(KEY, CLIP, "video/mp4") == store.head(KEY)
        with pytest.raises(ArtifactConflict):
            store.put_bytes(KEY, OTHER_CLIP, "video/mp4")


def test_a_download_that_breaks_off_leaves_no_file(s3_server: S3Server, tmp_path: Path) -> None:
    with _lossy(s3_server) as (line, store):
        store.put_bytes(KEY, CLIP * 100_000, "video/mp4")
        line.cut_replies = 2

        with pytest.raises(Unavailable, match="does not answer"):
            store.get_file(KEY, tmp_path / "clip.mp4")
        with pytest.raises(Unavailable, match="does not answer"):
            store.get_bytes(KEY)
        assert list(tmp_path.iterdir()) == []
        assert store.get_bytes(KEY) == CLIP * 100_000


def test_damaged_bytes_are_not_accepted(s3_server: S3Server, tmp_path: Path) -> None:
    recipe = s3_server.fresh_bucket()
    store = open_artifact_store(recipe, CREDENTIALS)
    recorded = {"sha256": hashlib.sha256(CLIP).hexdigest()}
    s3_server.raw.put_object(Bucket=recipe.bucket, Key=KEY, Body=OTHER_CLIP, Metadata=recorded)

    with pytest.raises(Damaged, match="not the bytes that were written"):
        store.get_bytes(KEY)
    with pytest.raises(Damaged, match="not the bytes that were written"):
        store.get_file(KEY, tmp_path / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_were_damaged_on_the_way_up_are_never_taken_for_stored(s3_server: S3Server) -> None:
    """rclone refuses them; moto stores them, and the store sees that by what the server says it has."""
    with _lossy(s3_server) as (line, store):
        line.damaged_requests["PUT"] = 1

        stored = until_it_works(lambda: store.put_bytes(KEY, CLIP, "video/mp4"))

        assert line.troubled["PUT"] == 1
        assert store.head(KEY) == stored
        assert store.get_bytes(KEY) == CLIP


def test_damage_on_every_way_up_is_said_and_mended_when_it_ends(moto_server: S3Server) -> None:
    with _lossy(moto_server) as (line, store):
        line.damaged_requests["PUT"] = 2
        with pytest.raises(Unavailable, match="not the bytes that were sent"):
            store.put_bytes(KEY, CLIP, "video/mp4")
        with pytest.raises(Damaged, match="not the bytes that were written"):
            store.get_bytes(KEY)

        assert store.put_bytes(KEY, CLIP, "video/mp4") == store.head(KEY)
        assert store.get_bytes(KEY) == CLIP


def test_a_damaged_put_whose_reply_was_lost_is_not_adopted(moto_server: S3Server) -> None:
    with _lossy(moto_server) as (line, store):
        line.damaged_requests["PUT"] = line.lost_replies["PUT"] = 1

        store.put_bytes(KEY, CLIP, "video/mp4")

        assert line.troubled["PUT"] == 2
        assert store.get_bytes(KEY) == CLIP


def test_a_damaged_part_is_seen(s3_server: S3Server) -> None:
    film = CLIP * (6 * MIB // len(CLIP))
    with _lossy(s3_server, part_bytes=5 * MIB) as (line, store):
        line.damaged_requests["PUT"] = 1

        until_it_works(lambda: store.put_bytes(KEY, film, "video/mp4"))

        assert line.troubled["PUT"] == 1
        assert store.get_bytes(KEY) == film


def test_damage_on_the_way_down_is_said_and_the_next_call_works(s3_server: S3Server, tmp_path: Path) -> None:
    with _lossy(s3_server) as (line, store):
        store.put_bytes(KEY, CLIP, "video/mp4")
        line.damaged_replies = 2

        with pytest.raises(Damaged, match="not the bytes that were written"):
            store.get_bytes(KEY)
        with pytest.raises(Damaged, match="not the bytes that were written"):
            store.get_file(KEY, tmp_path / "clip.mp4")
        assert list(tmp_path.iterdir()) == []
        assert store.get_bytes(KEY) == CLIP


@pytest.mark.parametrize("num_parts", [1, 2])
def test_an_upload_that_breaks_off_can_be_repeated(s3_server: S3Server, num_parts: int) -> None:
    film = CLIP * (6 * MIB // len(CLIP))
    with _lossy(s3_server, part_bytes=(32 if num_parts == 1 else 5) * MIB) as (line, store):
        line.cut_requests["PUT"] = 2
        with pytest.raises(Unavailable, match="does not answer"):
            store.put_bytes(KEY, film, "video/mp4")
        assert store.head(KEY) is None

        store.put_bytes(KEY, film, "video/mp4")

        assert store.get_bytes(KEY) == film


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(status=500, code="InternalError"),
        Refusal(status=503, code="SlowDown"),
        Refusal(status=403, code="AccessDenied"),
        Refusal(status=404, code="NoSuchBucket"),
    ],
    ids=lambda r: r.code,
)
def test_a_refusal_is_said_and_the_same_call_works_when_it_ends(s3_server: S3Server, refusal: Refusal) -> None:
    with _lossy(s3_server) as (line, store):
        line.refusal = refusal
        with pytest.raises(Unavailable, match=str(refusal.status)):
            store.put_bytes(KEY, CLIP, "video/mp4")
        with pytest.raises(Unavailable, match=refusal.code):
            store.get_bytes(KEY)

        line.refusal = None

        store.put_bytes(KEY, CLIP, "video/mp4")
        assert store.get_bytes(KEY) == CLIP


def until_it_works(call: Callable[[], T]) -> T:
    """As an Uploader would: a call that may be refused once."""
    try:
        return call()
    except Unavailable:
        return call()


def test_a_file_from_another_worker_is_read_for_its_hash(s3_server: S3Server) -> None:
    recipe = s3_server.fresh_bucket()
    store = open_artifact_store(recipe, CREDENTIALS)
    s3_server.raw.put_object(Bucket=recipe.bucket, Key=KEY, Body=CLIP, ContentType="video/mp4")

    found = store.head(KEY)

    assert found is not None
    assert (found.size_bytes, found.sha256) == (len(CLIP), hashlib.sha256(CLIP).hexdigest())
    assert store.put_bytes(KEY, CLIP, "video/mp4") == found


def test_a_big_file_goes_up_in_parts_and_is_written_once(s3_server: S3Server, tmp_path: Path) -> None:
    recipe = s3_server.fresh_bucket()
    store = S3Artifacts(recipe, CREDENTIALS, part_bytes=5 * MIB)
    film = b"0123456789abcdef" * (11 * MIB // 16)
    (tmp_path / "film.mp4").write_bytes(film)

    stored = store.put_file(KEY, tmp_path / "film.mp4", "video/mp4")

    assert store.head(KEY) == stored == store.put_file(KEY, tmp_path / "film.mp4", "video/mp4")
    assert store.get_bytes(KEY) == film
    with pytest.raises(ArtifactConflict):
        store.put_bytes(KEY, film[:-1] + b"!", "video/mp4")


def test_of_two_big_files_that_go_up_at_once_the_first_one_wins(moto_server: S3Server) -> None:
    recipe = moto_server.fresh_bucket()
    store = S3Artifacts(recipe, CREDENTIALS, part_bytes=5 * MIB)

    outcomes = at_once([partial(store.put_bytes, KEY, fill * (6 * MIB), "video/mp4") for fill in (b"a", b"b")])

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ArtifactConflict", "StoredFile"]
    assert moto_server.raw.head_object(Bucket=recipe.bucket, Key=KEY)["ETag"].endswith('-2"')  # S3's mark of two parts
    assert "Uploads" not in moto_server.raw.list_multipart_uploads(Bucket=recipe.bucket)


def test_a_big_file_whose_last_reply_was_lost_is_adopted(s3_server: S3Server) -> None:
    film = CLIP * (6 * MIB // len(CLIP))
    with _lossy(s3_server, part_bytes=5 * MIB) as (line, store):
        line.lost_replies["POST completing"] = 1

        stored = store.put_bytes(KEY, film, "video/mp4")

        assert line.lost_replies["POST completing"] == 0
        assert store.head(KEY) == stored
        assert store.get_bytes(KEY) == film


def test_more_keys_than_one_page_are_all_listed(tmp_path: Path) -> None:
    expected = [f"episodes/e{number:04}/film" for number in range(1001)]  # a page has 1,000
    for key in expected:
        (tmp_path / "films" / key).parent.mkdir(parents=True)
        (tmp_path / "films" / key).write_bytes(CLIP)

    with rclone(tmp_path) as server:
        assert (
            open_artifact_store(S3Recipe(bucket="films", endpoint=server.endpoint), CREDENTIALS).keys("episodes/") == expected
        )


def test_other_tools_folder_marks_are_no_keys(moto_server: S3Server) -> None:
    recipe = moto_server.fresh_bucket()
    moto_server.raw.put_object(Bucket=recipe.bucket, Key="episodes/", Body=b"")

    assert open_artifact_store(recipe, CREDENTIALS).keys("") == []


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens here, and nobody else can
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        store = open_artifact_store(S3Recipe(bucket="films", endpoint=endpoint), CREDENTIALS)
        calls: list[Callable[[], object]] = [
            lambda: store.put_bytes(KEY, CLIP, "video/mp4"),
            lambda: store.get_bytes(KEY),
            lambda: store.get_file(KEY, tmp_path / "clip.mp4"),
            lambda: store.head(KEY),
            lambda: store.keys(""),
            lambda: store.delete(KEY),
            lambda: store.download(KEY, "clip.mp4"),
        ]
        for call in calls:
            with pytest.raises(Unavailable, match=f"{endpoint} does not answer.*S3_ENDPOINT"):
                call()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bucket_is_named_with_its_setting(s3_server: S3Server) -> None:
    store = open_artifact_store(S3Recipe(bucket="no-such-films", endpoint=s3_server.endpoint), CREDENTIALS)

    for call in (lambda: store.put_bytes(KEY, CLIP, "video/mp4"), lambda: store.get_bytes(KEY), lambda: store.keys("")):
        with pytest.raises(Unavailable, match=r"'no-such-films'.*NoSuchBucket.*S3_BUCKET"):
            call()


def test_wrong_credentials_are_named_with_their_setting_and_stay_secret(rclone_server: S3Server) -> None:
    recipe = rclone_server.fresh_bucket()
    forged = S3Credentials(access_key=CREDENTIALS.access_key, secret_key="WRONGSECRET")
    stranger = S3Credentials(access_key="NOBODYKNOWS", secret_key="WRONGSECRET")

    for credentials, setting in ((forged, "S3_SECRET_KEY"), (stranger, "S3_ACCESS_KEY")):
        store = open_artifact_store(recipe, credentials)
        with pytest.raises(Unavailable, match=setting):
            store.get_bytes(KEY)
        with pytest.raises(Unavailable, match=setting) as refused:
            store.put_bytes(KEY, CLIP, "video/mp4")
        assert "WRONGSECRET" not in repr(refused.value)


@contextmanager
def _lossy(server: S3Server, part_bytes: int = PART_BYTES) -> Iterator[tuple[LossyLine, S3Artifacts]]:
    line = LossyLine(server.endpoint)
    bucket = server.fresh_bucket().bucket
    with line.running():
        yield line, S3Artifacts(S3Recipe(bucket=bucket, endpoint=line.endpoint), CREDENTIALS, part_bytes)
