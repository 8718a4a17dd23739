"""Whatever an S3 server and the way to it do: what was rendered is kept and stored, nothing is rendered twice, and the film is right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from structlog.testing import capture_logs

from episodes.audit import audit
from episodes.lifecycle import EpisodeState
from rendering.spool import SEAL
from storage.artifacts import S3Recipe, s3_client
from storage.artifacts.s3 import S3Artifacts
from tests.contract.lossy_line import LossyLine, Refusal
from tests.contract.s3_servers import CREDENTIALS, moto
from tests.reliability.house import House
from tests.reliability.stamped import stamps_in
from tests.reliability.test_house import eventually_sealed

NUM_BEATS = 2


@dataclass(frozen=True, kw_only=True)
class Trouble:
    name: str
    begin: Callable[[LossyLine], None]
    says: str = ""
    """What is in the log while it lasts. Empty: it ends by itself, after some requests."""


def refused(status: int, code: str) -> Trouble:
    refusal = Refusal(status=status, code=code)
    return Trouble(name=code, begin=lambda line: vars(line).update(refusal=refusal), says=str(status))


def some(what: str, method: str, num: int = 3) -> Trouble:
    return Trouble(name=f"{what} {method}", begin=lambda line: getattr(line, what).update({method: num}))


TROUBLES = [
    Trouble(name="down", begin=lambda line: vars(line).update(is_down=True), says="does not answer"),
    refused(500, "InternalError"),
    refused(503, "SlowDown"),
    refused(403, "InvalidAccessKeyId"),
    refused(404, "NoSuchBucket"),
    some("cut_requests", "PUT"),
    some("damaged_requests", "PUT"),
    some("lost_replies", "PUT"),
    some("lost_replies", "HEAD"),
    some("lost_replies", "GET"),
    some("slow_replies", "PUT", 1),
    Trouble(name="cut downloads", begin=lambda line: vars(line).update(cut_replies=3)),
    Trouble(name="damaged downloads", begin=lambda line: vars(line).update(damaged_replies=3)),
]


@dataclass(kw_only=True)
class Place:
    """A house whose store is a server at the end of a line."""

    house: House
    line: LossyLine
    spool: Path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    impatient = s3_client._CONFIG.merge(Config(connect_timeout=1, read_timeout=0.5))
    with pytest.MonkeyPatch.context() as patch, moto() as server, LossyLine(server.endpoint).running() as line:
        patch.setattr(s3_client, "_CONFIG", impatient)
        home = tmp_path_factory.mktemp("house")
        recipe = S3Recipe(bucket=server.fresh_bucket().bucket, endpoint=line.endpoint)
        with House(home, artifacts=S3Artifacts(recipe, CREDENTIALS)) as house:
            yield Place(house=house, line=line, spool=home / "spool")


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_what_was_rendered_is_kept_until_it_is_stored(trouble: Trouble, place: Place) -> None:
    house, line = place.house, place.line
    kept: set[str] = set()
    line.troubled.clear()
    trouble.begin(line)
    with capture_logs() as said:
        episode_id = house.submit(num_beats=NUM_BEATS)
        if trouble.says:
            eventually_sealed(place.spool, num_entries=NUM_BEATS)
            kept = {_sha256(clip.read_bytes()) for clip in place.spool.glob("*/clip.mp4")}
            house.wait_until(episode_id, lambda _: len(_waits(said)) > 2 * NUM_BEATS)
            assert [len(beat.attempts) for beat in house.episodes.episode(episode_id).beats] == [1] * NUM_BEATS
            vars(line).update(is_down=False, refusal=None)
        [episode] = house.wait_for_end(episode_id)

    assert line.troubled
    assert episode.state is EpisodeState.COMPLETED
    assert [len(beat.attempts) for beat in episode.beats] == [1] * NUM_BEATS
    clips = [one.file for beat in episode.beats for one in beat.artifacts if one.artifact_type == "video"]
    stored = [house.artifacts.get_bytes(clip.key) for clip in clips]
    assert [stamps_in(data) for data in stored] == [[beat.attempts[0].attempt_id] for beat in episode.beats]
    assert not kept or kept == {_sha256(data) for data in stored}
    [film] = [one.file for one in episode.artifacts if one.artifact_type == "film"]
    assert _sha256(house.artifacts.get_bytes(film.key)) == film.sha256
    assert all(trouble.says in reason for reason in _waits(said))
    assert not list(place.spool.glob(f"*/{SEAL}"))
    assert audit(house.episodes, house.artifacts).violations == ()


def _waits(said: list[Any]) -> list[str]:
    """What the store was said to have said."""
    return [one["reason"] for one in said if one["event"] == "store.unavailable"]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
