"""A head's Ray dies while a worker renders: what StoryWorld makes of it."""

from __future__ import annotations

from collections.abc import Callable

from tests.runpod.village import PUBLISHER, RENDERER, Village, eventually


def what_renders_outlives_the_head(village: Village, kill: Callable[[str], None]) -> None:
    """Serve is back by itself, no beat is begun twice, no pod bought, and the renderer is the same process all along.

    `kill` is told which pod is the head's. Ends when the worker that rendered has gone, because nobody needs it any more.
    """
    episode_id = village.submit(num_beats=2, duration_s=10.0, width=256, height=256)
    worker = village.rendering(episode_id)
    (warm,) = village.actors(RENDERER)
    eventually(lambda: village.actors(PUBLISHER))  # without one its beat would be given back
    num_orders = village.desk.num_asked("POST")
    seen: set[int] = set()

    def is_completed() -> bool:
        seen.update(village.actors(RENDERER))  # now, because an idle renderer goes
        return village.client.is_ready() and village.client.episode(episode_id)["state"] == "COMPLETED"

    kill(village.head_id)
    eventually(lambda: not village.client.is_ready())
    eventually(is_completed)

    assert seen == {warm}, "all is rendered by the process that was warm"
    attempts = [attempt for beat in village.client.episode(episode_id)["beats"] for attempt in beat["attempts"]]
    tries = [(attempt["number"], attempt["failure_class"]) for attempt in attempts]
    assert tries == [(1, None)] * 2, f"a beat was begun twice: {attempts}"
    eventually(lambda: village.workers() == [])
    eventually(lambda: village.machines.pids_of(worker.id) == [])
    assert village.desk.num_asked("POST") == num_orders, "another pod was ordered"
