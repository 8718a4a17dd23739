"""Script: a plan as continuity reads it - who is called what, which beats make a scene, what is found only later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from episodes.effects import Happening
from episodes.plan import Beat, CameraMove, Plan, Scene, Transition
from episodes.world import World

Moves = Mapping[str, Collection[CameraMove] | None]
"""Kind of renderer → the camera moves that it can make; None, or a kind that is not there: all of them."""

_PLACING = frozenset([Happening.TAKES, Happening.GIVES, Happening.DROPS, Happening.LOSES, Happening.FINDS])


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    plan: Plan
    moves: Moves
    characters: dict[str, str]
    """Id → name: the world's, and whoever plays in some beat."""
    props: dict[str, str]
    scene_keys: dict[str, str]
    """Beat → its scene. Plans without scenes: beats in a row at one place and hour, up to a fade."""
    scenes: dict[str, Scene]
    around: dict[str, frozenset[str]]
    """Scene → the characters that some beat of it shows, or its wardrobe dresses."""
    found_in: dict[str, str]
    """Prop → the beat that finds it, where nothing before says where it is: until then it is missing."""

    def scene_of(self, beat: Beat) -> Scene | None:
        return self.scenes.get(beat.scene_id) if beat.scene_id is not None else None

    def key(self, beat: Beat) -> str:
        return self.scene_keys[beat.beat_id]

    def name(self, character_id: str) -> str:
        return self.characters.get(character_id, character_id)

    def prop(self, prop_id: str) -> str:
        """ "the kite"."""
        return f"the {self.props.get(prop_id, prop_id)}"


def script_of(plan: Plan, world: World, moves: Moves) -> Script:
    cast = {m.character.character_id: m.character.name for beat in plan.beats for m in beat.cast}
    keys = dict(_scene_keys(plan.beats))
    return Script(
        plan=plan,
        moves=moves,
        characters={**cast, **{c.character_id: c.name for c in world.characters}},
        props={p.prop_id: p.name for p in world.props},
        scene_keys=keys,
        scenes={scene.scene_id: scene for scene in plan.scenes},
        around=_who_is_around(plan, keys),
        found_in=dict(_found_first(plan.beats)),
    )


def _scene_keys(beats: tuple[Beat, ...]) -> Iterator[tuple[str, str]]:
    run, before = 0, None
    for beat in beats:
        if before is not None and not _goes_on(before, beat):
            run += 1
        # no scene_id has a space in it
        yield beat.beat_id, beat.scene_id if beat.scene_id is not None else f"run {run}"
        before = beat


def _goes_on(before: Beat, beat: Beat) -> bool:
    same = before.place.place_id == beat.place.place_id and before.time_of_day is beat.time_of_day
    return same and beat.transition is not Transition.FADE


def _who_is_around(plan: Plan, keys: Mapping[str, str]) -> dict[str, frozenset[str]]:
    around = {scene.scene_id: {one.character_id for one in scene.wardrobe} for scene in plan.scenes}
    for beat in plan.beats:
        around.setdefault(keys[beat.beat_id], set()).update(m.character.character_id for m in beat.cast)
    return {key: frozenset(who) for key, who in around.items()}


def _found_first(beats: tuple[Beat, ...]) -> Iterator[tuple[str, str]]:
    placed: set[str] = set()
    for beat in beats:
        for effect in beat.effects:
            if effect.prop_id is None or effect.happens not in _PLACING or effect.prop_id in placed:
                continue
            placed.add(effect.prop_id)
            if effect.happens is Happening.FINDS:
                yield effect.prop_id, beat.beat_id
