"""The house that the reliability proofs live in works like the system that it stands for."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from episodes.errors import FailureClass, Unavailable
from episodes.job import StoredFile
from episodes.lifecycle import EpisodeState
from episodes.model import EpisodeView
from rendering.spool import SEAL
from tests.clips import TroubledStore
from tests.reliability.acts import fails, hangs, is_deaf, kills_its_renderer, lasts
from tests.reliability.house import House
from tests.reliability.stamped import stamps_in


def states(episode: EpisodeView) -> list[list[str]]:
    """Of each beat's attempts: how it ended, by its class of failure where it has one."""
    return [[a.failure_class or a.state.value for a in beat.attempts] for beat in episode.beats]


def test_an_episode_becomes_a_film_of_clips_that_name_their_attempts(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        [episode] = house.wait_for_end(house.submit())

        assert episode.state is EpisodeState.COMPLETED
        files = {one.artifact_type: one.file for one in episode.artifacts}
        assert set(files) == {"film", "poster", "subtitles_srt", "subtitles_vtt"}
        clips = [beat.attempts[0].attempt_id for beat in episode.beats]
        assert stamps_in(house.artifacts.get_bytes(files["film"].key)) == [episode.film_attempts[0].attempt_id, *clips]


def test_beats_fail_and_renderers_die_as_a_test_tells_them_to(tmp_path: Path) -> None:
    acts = {
        "b1": fails(FailureClass.OUTPUT, 1),
        "b2": kills_its_renderer(1),
        "b3": fails(FailureClass.CONTENT),
        "b4": lasts(0.05),
    }
    with House(tmp_path, acts=acts) as house:
        [episode] = house.wait_for_end(house.submit(num_beats=4))

    assert episode.state is EpisodeState.PARTIALLY_COMPLETED
    assert states(episode) == [["output", "SELECTED"], ["crash", "SELECTED"], ["content"], ["SELECTED"]]


def test_a_cancel_reaches_renders_that_listen_and_those_that_do_not(tmp_path: Path) -> None:
    with House(tmp_path, acts={"b1": hangs(), "b2": is_deaf()}) as house:
        episode_id = house.submit(num_beats=2)
        house.wait_until(episode_id, lambda e: all(beat.attempts for beat in e.beats))
        house.insist("POST", f"/episodes/{episode_id}/cancel")
        [episode] = house.wait_for_end(episode_id)

    assert states(episode) == [["CANCELLED"], ["CANCELLED"]]


def test_another_coordinator_adopts_what_a_killed_one_began(tmp_path: Path) -> None:
    with House(tmp_path, acts={"b1": lasts(0.1)}) as house:
        episode_id = house.submit(num_beats=1)
        house.wait_until(episode_id, lambda e: bool(e.beats[0].attempts))
        house.kill_coordinator()
        house.start_coordinator()
        [episode] = house.wait_for_end(episode_id)

    assert states(episode) == [["SELECTED"]]


def test_another_house_stores_the_clips_that_were_left_in_the_spool(tmp_path: Path) -> None:
    def is_down(key: str) -> None:
        raise Unavailable("The store is down.")

    with House(tmp_path, wrap_artifacts=lambda _: TroubledStore(before=is_down)) as house:
        episode_id = house.submit(num_beats=1)
        eventually_sealed(tmp_path / "spool")

    with House(tmp_path) as house:
        [episode] = house.wait_for_end(episode_id)

    assert episode.state is EpisodeState.COMPLETED
    assert states(episode) == [["SELECTED"]]


def test_parts_use_what_is_put_between_them_and_their_stores(tmp_path: Path) -> None:
    seen: list[str] = []

    class Listening(TroubledStore):
        def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredFile:
            seen.append(key)
            return super().put_bytes(key, data, media_type)

    with House(tmp_path, wrap_artifacts=lambda _: Listening()) as house:
        [episode] = house.wait_for_end(house.submit(num_beats=1))

    assert set(seen) >= {one.file.key for one in (*episode.artifacts, *episode.beats[0].artifacts)}


def test_nothing_is_left_over_when_it_stops(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with House(tmp_path, acts={"b1": hangs(), "b2": is_deaf()}) as house:
        episode_id = house.submit(num_beats=2)
        house.wait_until(episode_id, lambda e: all(beat.attempts for beat in e.beats))

    assert set(threading.enumerate()) == before


def eventually_sealed(spool: Path, num_entries: int = 1) -> None:
    deadline_s = time.monotonic() + 20
    while len(list(spool.glob(f"*/{SEAL}"))) < num_entries:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)
