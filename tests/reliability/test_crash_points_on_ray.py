"""The same on real Ray, for a sample: four processes die in one episode, everybody comes back by itself, and the film is whole."""

from __future__ import annotations

import uuid
from pathlib import Path

import httpx

from actors.parts import open_artifacts
from episodes.audit import audit
from episodes.crash_points import note_of
from settings import Settings
from storage.database import open_database
from storage.episodes_sql import SqlEpisodeStore
from tests.on_ray.system import System, eventually, running_system

POINTS = ("after commit create", "after commit accept", "after put_file video", "before put_bytes result")
"""The API's replica, the coordinator, and the publisher twice: with a clip stored, and with everything but its result."""


def test_whoever_dies_at_a_crash_point_comes_back_and_the_film_is_whole(tmp_path: Path) -> None:
    with running_system(tmp_path, joins_ray=False, STORYWORLD_CRASH_POINTS=";".join(POINTS)) as system:
        episode_id = create_insistently(system)
        system.client.plan(episode_id)
        system.client.execute(episode_id)
        episode = system.wait_for_end(episode_id)

        assert [one["episode_id"] for one in system.client.episodes()["episodes"]] == [episode_id]

    assert episode["state"] == "COMPLETED", episode
    pids = {note_of(point, tmp_path / "run" / "crash-points").read_text().splitlines()[1] for point in POINTS}
    assert len(pids) == len(POINTS)
    attempts = [attempt for beat in episode["beats"] for attempt in beat["attempts"]]
    assert {attempt["failure_class"] for attempt in attempts if attempt["state"] == "FAILED"} <= {"infra"}
    assert not violations(tmp_path)


def create_insistently(system: System) -> str:
    """As a client does whose answer does not come: the same call with the same key."""
    asked = {"world_id": "anime_world", "intent": "Mika looks around", "num_beats": 3, "width": 128, "height": 128, "fps": 12}
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def create() -> str | None:
        try:
            answer = httpx.post(f"{system.client.url}/episodes", json={**asked, "duration_s": 1.0}, headers=key, timeout=10.0)
        except httpx.TransportError:
            return None
        return str(answer.json()["episode_id"]) if answer.is_success else None

    return eventually(create, limit_s=60.0, every_s=0.2)


def violations(home: Path) -> list[str]:
    settings = Settings(storyworld_home=home)
    engine = open_database(settings.absolute_database_url)
    try:
        report = audit(SqlEpisodeStore(engine, settings.cluster_id), open_artifacts(settings), at_rest=True)
    finally:
        engine.dispose()
    return [str(violation) for violation in report.violations]
