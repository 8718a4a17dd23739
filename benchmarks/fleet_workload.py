"""What a simulated fleet is made of and asked for: kinds of renderers, users of very different sizes, and what breaks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from episodes.fleet import Kind
from episodes.plan import Beat, Plan, StoryTurn
from episodes.world import Place

RENDERERS_A_NODE = 8
CRASHES_AN_HOUR = 0.5
"""Of one renderer: far more than a healthy fleet has, so that a short run sees hundreds."""
NODE_LOSSES_AN_HOUR = 0.1
"""Of one node, with all of its renderers: pods that can be interrupted live for hours."""
PUBLISH_S = 2.0
"""From the hand-over to the stored clip."""

SMALL_SHARE = 0.4
"""Of the fleet's time that small users ask for. Large ones ask for more than the rest, so that there is always a queue."""
SMALL_BEATS = 3
LARGE_BEATS = 10_000
LARGE_SHARES = (0.8, 0.5, 0.3)
"""Beats of the further large users, as shares of all that the fleet renders in the span; none runs out of beats before its end."""
LARGE_HAVE_COME = 0.15
"""Share of the span after which all large users are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A kind of renderer, as far as time is concerned."""

    name: str
    share: float
    """Of the renderers that there may be."""
    seconds_a_second: float
    """Of rendering, for a second of clip."""
    load_s: float
    """Until a renderer that was started, or had another model, is warm."""
    chance: float
    """That a small user asks for it."""
    chance_large: float
    """Share of a large user's beats that ask for it; they are an episode of their own, as are those for another."""
    is_always_there: bool = True


# clips last 2 to 8 s: 30, 60 and 120 s of rendering on average. Chances fit the shares; `master` is in demand half of the time.
MODELS = (
    Model(name="draft", share=0.4, seconds_a_second=6.0, load_s=15.0, chance=0.55, chance_large=0.615),
    Model(name="standard", share=0.5, seconds_a_second=12.0, load_s=30.0, chance=0.40, chance_large=0.385),
    Model(name="master", share=0.1, seconds_a_second=24.0, load_s=60.0, chance=0.05, chance_large=0.0, is_always_there=False),
)
MODEL_OF = {model.name: model for model in MODELS}
MEAN_RENDER_S = 45.0
RETIRE_AFTER_S = 60.0

_BEAT = Beat(
    beat_id="b0",
    index=0,
    turn=StoryTurn.SETUP,
    description="A moment.",
    place=Place(place_id="roof", name="Roof"),
    seed=1,
    prompt="a moment",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """An episode that somebody asks for."""

    user: str
    at_s: float
    is_large: bool
    beats: tuple[Beat, ...]

    def plan(self) -> Plan:
        return Plan(beats=self.beats)


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """The same for everybody that it is given to."""

    num_renderers: int
    span_s: float
    seed: int
    wishes: tuple[Wish, ...]
    """In the order of their coming."""

    @property
    def num_nodes(self) -> int:
        return -(-self.num_renderers // RENDERERS_A_NODE)

    @property
    def large_have_come_s(self) -> float:
        return self.span_s * LARGE_HAVE_COME

    def kinds(self) -> tuple[Kind, ...]:
        return tuple(_kind(model, round(model.share * self.num_renderers)) for model in MODELS)


def render_s(beat: Beat) -> float:
    return beat.duration_s * MODEL_OF[beat.backend].seconds_a_second


def workload(*, num_renderers: int, span_s: float, large_beats: int = LARGE_BEATS, seed: int = 1) -> Workload:
    """`large_beats`: what the largest user asks for, and no other more than that."""
    random = Random(seed)
    capacity = num_renderers * span_s / MEAN_RENDER_S
    wishes = sorted(
        [*_large(random, capacity, span_s, large_beats), *_small(random, capacity, span_s)], key=lambda wish: wish.at_s
    )
    return Workload(num_renderers=num_renderers, span_s=span_s, seed=seed, wishes=tuple(wishes))


def small_plan(num_beats: int) -> Plan:
    """Beats of the first kind, for whoever needs any."""
    return Plan(beats=_beats(Random(1), [MODELS[0].name] * num_beats))


def _kind(model: Model, count: int) -> Kind:
    names = tuple(f"renderer:{model.name}:{i}" for i in range(max(1, count)))
    at_least = len(names) if model.is_always_there else 0
    return Kind(name=model.name, renderers=names, min_count=at_least, retire_after_s=RETIRE_AFTER_S)


def _large(random: Random, capacity: float, span_s: float, most_beats: int) -> Iterator[Wish]:
    names, chances = [m.name for m in MODELS], [m.chance_large for m in MODELS]
    sizes = (most_beats, *(min(most_beats, 1 + round(share * capacity)) for share in LARGE_SHARES))
    for number, num_beats in enumerate(sizes):
        at_s = span_s * LARGE_HAVE_COME * number / len(sizes)
        for name, chance in zip(names, chances, strict=True):
            if chance:
                beats = _beats(random, [name] * (1 + round(chance * num_beats)))
                yield Wish(user=f"large{number}", at_s=at_s, is_large=True, beats=beats)


def _small(random: Random, capacity: float, span_s: float) -> Iterator[Wish]:
    names, chances = [m.name for m in MODELS], [m.chance for m in MODELS]
    for number in range(max(1, round(SMALL_SHARE * capacity / SMALL_BEATS))):
        backend = random.choices(names, chances)[0]
        yield Wish(
            user=f"small{number}",
            at_s=random.uniform(0.0, span_s),
            is_large=False,
            beats=_beats(random, [backend] * SMALL_BEATS),
        )


def _beats(random: Random, backends: list[str]) -> tuple[Beat, ...]:
    return tuple(
        _BEAT.model_copy(
            update={"beat_id": f"b{i}", "index": i, "backend": backend, "duration_s": random.uniform(2.0, 8.0), "seed": i}
        )
        for i, backend in enumerate(backends)
    )
