"""choose_starts takes no detours, so that it can serve ten thousand renderers; here the rule stands as it reads, and both agree."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from episodes.dispatch import Candidate, choose_starts
from episodes.fleet import RendererReport, RendererState
from episodes.model import ReadyBeat
from tests.builders import a_beat

BACKENDS = ("animatic", "veo")
NAMES = tuple(f"r{i}" for i in range(6))
BEATS = {(index, backend): a_beat(index, backend=backend) for index in range(4) for backend in BACKENDS}


def starts_by_the_rule(
    candidates: Sequence[Candidate], fleet: Sequence[RendererReport], idle: Sequence[str]
) -> list[tuple[str, str, str]]:
    """(episode, beat, renderer): each start chosen afresh, by looking at everything."""
    queues = {c.episode_id: list(c.ready) for c in candidates}
    shares = {c.episode_id: (c.num_rendering, c.last_start) for c in candidates}
    free = [r for r in fleet if r.name in idle]
    turn = max((c.last_start for c in candidates), default=0)
    starts = []
    while match := _first_match(queues, shares, fleet, free):
        ready, renderer = match
        starts.append((ready.episode_id, ready.beat.beat_id, renderer.name))
        turn += 1
        queues[ready.episode_id].remove(ready)
        shares[ready.episode_id] = (shares[ready.episode_id][0] + 1, turn)
        free.remove(renderer)
    return starts


def _first_match(
    queues: dict[str, list[ReadyBeat]],
    shares: dict[str, tuple[int, int]],
    fleet: Sequence[RendererReport],
    free: Sequence[RendererReport],
) -> tuple[ReadyBeat, RendererReport] | None:
    for episode_id in sorted(queues, key=lambda e: shares[e]):
        for ready in queues[episode_id]:
            renderer = _who_may(ready, fleet, free)
            if renderer is not None:
                return ready, renderer
    return None


def _who_may(ready: ReadyBeat, fleet: Sequence[RendererReport], free: Sequence[RendererReport]) -> RendererReport | None:
    of_kind = sorted((r for r in free if r.backend == ready.beat.backend), key=lambda r: r.is_parked)
    fresh = [r for r in of_kind if r.name not in ready.avoid_renderers]
    if fresh or not of_kind:
        return fresh[0] if fresh else None
    if ready.num_counted == 0:
        return of_kind[0]
    coming = (RendererState.BUSY, RendererState.STARTING, RendererState.IDLE)
    if any(r.backend == ready.beat.backend and r.name not in ready.avoid_renderers and r.state in coming for r in fleet):
        return None
    return min(of_kind, key=lambda r: ready.avoid_renderers.index(r.name))


def a_fleet(random: Random) -> list[RendererReport]:
    return [
        RendererReport(
            name=name,
            backend=random.choice(BACKENDS),
            state=random.choice(list(RendererState)),
            is_parked=random.random() < 0.5,
        )
        for name in random.sample(NAMES, random.randint(0, len(NAMES)))
    ]


def a_candidate(random: Random, episode_id: str) -> Candidate:
    ready = [
        ReadyBeat(
            episode_id=episode_id,
            beat=BEATS[index, random.choice(BACKENDS)],
            revision=1,
            num_attempts=0,
            num_counted=random.randint(0, 1),
            avoid_renderers=tuple(random.sample(NAMES, random.choice((0, 0, 1, 3, 6)))),
            start_frame=None,
        )
        for index in range(random.randint(0, 4))
    ]
    return Candidate(episode_id=episode_id, num_rendering=random.randint(0, 2), last_start=random.randint(0, 3), ready=ready)


@pytest.mark.parametrize("seed", range(10))
def test_the_starts_are_those_of_the_rule_as_it_reads(seed: int) -> None:
    random, num_starts = Random(seed), 0
    for _ in range(50):
        episodes = [a_candidate(random, f"e{i}") for i in range(random.randint(0, 4))]
        fleet, idle = a_fleet(random), random.sample(NAMES, random.randint(0, len(NAMES)))

        starts = [(s.ready.episode_id, s.ready.beat.beat_id, s.renderer) for s in choose_starts(episodes, fleet, idle)]

        assert starts == starts_by_the_rule(episodes, fleet, idle)
        num_starts += len(starts)
    assert num_starts > 20
