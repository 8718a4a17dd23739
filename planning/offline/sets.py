"""Sets: which moments make one scene - one place at one hour, as long as it lasts - and who is there in what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from episodes.effects import Happening
from episodes.plan import Scene, TimeOfDay, Wardrobe
from episodes.world import Character, World
from planning.offline.story import Moment
from planning.offline.wardrobe import clothes_in

_MOST_PEOPLE = 32
_MOST_CLOTHES = 300  # characters, as Wardrobe has it


def scenes_told(moments: Sequence[Moment], world: World) -> list[Scene]:
    """Each moment's scene; those that follow each other in one place at one hour share it. Clothes that are changed stay changed."""
    scenes: list[Scene] = []
    changed: dict[str | None, str] = {}
    for number, (_, group) in enumerate(groupby(moments, key=_where_and_when), start=1):
        told = list(group)
        scenes.extend([_scene(f"s{number}", told, changed, world)] * len(told))
        effects = (effect for moment in told for effect in moment.effects)
        changed.update({e.character_id: e.detail for e in effects if e.happens is Happening.CHANGES_CLOTHES})
    return scenes


def _where_and_when(moment: Moment) -> tuple[str, TimeOfDay]:
    return moment.scene.place.place_id, moment.scene.time_of_day


def _scene(scene_id: str, told: Sequence[Moment], changed: Mapping[str | None, str], world: World) -> Scene:
    there = {p.character.character_id: p.character for moment in told for players in moment.in_picture for p in players}
    dressed = (
        Wardrobe(character_id=name, clothes=changed.get(name) or _worn(character, world)) for name, character in there.items()
    )
    return Scene(
        scene_id=scene_id,
        place=told[0].scene.place,
        time_of_day=told[0].scene.time_of_day,
        weather=next((moment.scene.clause.weather for moment in told if moment.scene.clause.weather), world.state.weather),
        mood="lively" if any(moment.family.is_lively for moment in told) else "calm",
        wardrobe=tuple(dressed)[:_MOST_PEOPLE],
    )


def _worn(character: Character, world: World) -> str:
    """Clothes and, as they are seen wherever it goes, injuries; whole ones, as many as fit."""
    worn = world.clothes_of(character) or clothes_in(character.description)
    for injury in world.state_of(character.character_id).injuries:
        longer = f"{worn}, {injury}" if worn else injury
        worn = longer if len(longer) <= _MOST_CLOTHES else worn
    return worn
