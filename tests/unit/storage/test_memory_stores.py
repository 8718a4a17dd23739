"""What only the in-memory stores promise: a clock of the test's own, and beats that are found without a scan."""

from __future__ import annotations

from datetime import UTC, datetime

from episodes.episode_store import EpisodeStore
from episodes.lifecycle import BeatState
from episodes.ports import WorldStore
from episodes.world import WorldSource
from storage.memory import MemoryEpisodeStore, MemoryWorldStore
from tests.builders import a_plan, a_request, a_world


def test_times_come_from_the_tests_clock() -> None:
    now_s = 100.0
    episodes: EpisodeStore = MemoryEpisodeStore(now_s=lambda: now_s)
    worlds: WorldStore = MemoryWorldStore(now_s=lambda: now_s)

    assert episodes.create(a_request()).created_at == datetime.fromtimestamp(100.0, UTC)
    assert worlds.put("anime", a_world(), WorldSource.STORED).updated_at == datetime.fromtimestamp(100.0, UTC)
    assert episodes.acquire_lease("a", 5.0) is not None
    now_s = 104.9
    assert episodes.acquire_lease("b", 5.0) is None
    now_s = 105.0
    assert episodes.acquire_lease("b", 5.0) is not None


def test_the_startable_beats_follow_every_move() -> None:
    store = MemoryEpisodeStore()
    episode_id = store.create(a_request()).episode_id
    store.save_plan(episode_id, a_plan(5), 1)
    row = store._episodes[episode_id]
    beats = list(row.beats.values())

    row.move(beats[2], BeatState.RENDERING)
    row.move(beats[0], BeatState.CANCELLED)
    assert row.startable == [1, 3, 4]
    row.move(beats[2], BeatState.PENDING)
    assert row.startable == [1, 2, 3, 4]
    assert row.num_in[BeatState.PENDING] == 4
