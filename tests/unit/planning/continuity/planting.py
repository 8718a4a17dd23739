"""Contradictions planted in plans that somebody else wrote: each planter changes two beats or one, and says what must be found."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any, Final

from episodes.contradictions import Code
from episodes.effects import Effect, Happening
from episodes.plan import Beat, CameraMove, Line, Plan, TimeOfDay
from episodes.world import World
from tests.builders import a_place

Planted = tuple[Plan, str]
"""With what is to be found: "code beat other-beat"."""
Planter = Callable[[Plan, World], Planted | None]
"""None: the plan has no room for it."""

_OPPOSITE: Final = {
    TimeOfDay.DAWN: TimeOfDay.DUSK,
    TimeOfDay.DUSK: TimeOfDay.DAWN,
    TimeOfDay.DAY: TimeOfDay.NIGHT,
    TimeOfDay.NIGHT: TimeOfDay.DAY,
}


def dead_speaks(plan: Plan, world: World) -> Planted | None:
    for first, last, who in _both_show(plan):
        speech = Line(character_id=who, text="No!")
        return _told(plan, Code.DEAD_SPEAKS, _with(first, Happening.DIES, who), last.model_copy(update={"dialogue": speech}))
    return None


def dead_acts(plan: Plan, world: World) -> Planted | None:
    for first, last, who in _both_show(plan):
        cast = tuple(
            member.model_copy(update={"action": "dances", "is_target": False})
            if member.character.character_id == who
            else member
            for member in last.cast
        )
        return _told(plan, Code.DEAD_ACTS, _with(first, Happening.DIES, who), last.model_copy(update={"cast": cast}))
    return None


def absent_acts(plan: Plan, world: World) -> Planted | None:
    for first, last, who in _both_show(plan):
        if first.scene_id == last.scene_id and not _arrives(plan, who):
            return _told(plan, Code.ABSENT_ACTS, _with(first, Happening.LEAVES, who), last)
    return None


def absent_speaks(plan: Plan, world: World) -> Planted | None:
    shown = {m.character.character_id for beat in plan.beats for m in beat.cast}
    away = next((c.character_id for c in world.characters if c.character_id not in shown), None)
    if away is None:
        return None
    last = plan.beats[-1].model_copy(update={"dialogue": Line(character_id=away, text="No!")})
    return _told(plan, Code.ABSENT_SPEAKS, None, last)


def prop_not_found(plan: Plan, world: World) -> Planted | None:
    for first, last, who in _both_show(plan):
        if (prop := _free_prop(plan, world)) is not None:
            return _told(
                plan, Code.PROP_NOT_FOUND, _with(first, Happening.LOSES, who, prop), _with(last, Happening.USES, who, prop)
            )
    return None


def prop_not_held(plan: Plan, world: World) -> Planted | None:
    prop = _free_prop(plan, world)
    for first, last in combinations(plan.beats, 2):
        pairs = [(a, b) for a in _ids(first) for b in _ids(last) if a != b]
        if pairs and prop is not None:
            giver, user = pairs[0]
            return _told(
                plan, Code.PROP_NOT_HELD, _with(first, Happening.TAKES, giver, prop), _with(last, Happening.USES, user, prop)
            )
    return None


def time_jumps(plan: Plan, world: World) -> Planted | None:
    for first, last in _neighbours(plan):
        changed = last.model_copy(update={"time_of_day": _OPPOSITE[first.time_of_day]})
        return _told(plan, Code.TIME_JUMPS, first, changed)
    return None


def place_jumps(plan: Plan, world: World) -> Planted | None:
    for first, last in _neighbours(plan):
        return _told(plan, Code.PLACE_JUMPS, first, last.model_copy(update={"place": a_place("Elsewhere")}))
    return None


def clothes_jump(plan: Plan, world: World) -> Planted | None:
    for first, last in _neighbours(plan):
        if set(_ids(first)) & set(_ids(last)):
            cast = tuple(
                m.model_copy(update={"character": m.character.model_copy(update={"description": "in rags"})}) for m in last.cast
            )
            return _told(plan, Code.CLOTHES_JUMP, first, last.model_copy(update={"cast": cast}))
    return None


def unknown_name(plan: Plan, world: World) -> Planted | None:
    last = plan.beats[-1].model_copy(update={"dialogue": Line(character_id="nobody-of-that-name", text="No!")})
    return _told(plan, Code.UNKNOWN_NAME, None, last)


def too_many_words(plan: Plan, world: World) -> Planted | None:
    beat = next((beat for beat in plan.beats if beat.cast), None)
    if beat is None:
        return None
    speech = Line(character_id=_ids(beat)[0], text="and then " * 20)
    return _told(plan, Code.TOO_MANY_WORDS, None, beat.model_copy(update={"dialogue": speech}))


def camera_move(plan: Plan, world: World) -> Planted | None:
    changed = plan.beats[0].model_copy(update={"backend": "svd", "camera_move": CameraMove.PAN_LEFT})
    return _told(plan, Code.CAMERA_MOVE, None, changed)


PLANTERS: Final[tuple[Planter, ...]] = (
    dead_speaks, dead_acts, absent_speaks, absent_acts, prop_not_found, prop_not_held,
    time_jumps, place_jumps, clothes_jump, unknown_name, too_many_words, camera_move,
)  # fmt: skip


def _told(plan: Plan, code: Code, first: Beat | None, last: Beat) -> Planted:
    changed = {beat.beat_id: beat for beat in (first, last) if beat is not None}
    beats = tuple(changed.get(beat.beat_id, beat) for beat in plan.beats)
    return Plan(**{**dict(plan), "beats": beats}), f"{code} {last.beat_id} {first.beat_id if first is not None else '-'}"


def _with(beat: Beat, happens: Happening, who: str, prop: str | None = None) -> Beat:
    return beat.model_copy(update={"effects": (*beat.effects, Effect(happens=happens, character_id=who, prop_id=prop))})


def _both_show(plan: Plan) -> list[tuple[Beat, Beat, str]]:
    """Two beats and a character in both, to whom nothing else happens."""
    touched = {effect.character_id for beat in plan.beats for effect in beat.effects}
    pairs = combinations(plan.beats, 2)
    return [(a, b, who) for a, b in pairs for who in _ids(a) if who in _ids(b) and who not in touched]


def _neighbours(plan: Plan) -> list[tuple[Beat, Beat]]:
    """Two beats of one scene, one right after the other."""
    return [(a, b) for a, b in zip(plan.beats, plan.beats[1:], strict=False) if a.scene_id == b.scene_id]


def _free_prop(plan: Plan, world: World) -> str | None:
    touched = {effect.prop_id for beat in plan.beats for effect in beat.effects}
    return next((prop.prop_id for prop in world.props if prop.prop_id not in touched), None)


def _arrives(plan: Plan, who: str) -> bool:
    return any(e.happens is Happening.ARRIVES and e.character_id == who for beat in plan.beats for e in beat.effects)


def _ids(beat: Beat) -> list[Any]:
    return [member.character.character_id for member in beat.cast]
