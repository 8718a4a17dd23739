"""From a draft that has no mistakes to a plan: ids, seeds, prompts and looks are given by code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from episodes.plan import Beat, CastMember, EpisodeRequest, Plan, Scene, StoryTurn, Wardrobe
from episodes.world import Character, Place, World
from episodes.writing import Writing
from planning.offline.casting import natural_height
from planning.offline.dice import Dice
from planning.prompts import as_dressed, style_of, with_prompts
from planning.writer.draft import Draft, DraftBeat, DraftMember, DraftScene

DEFAULT_BACKEND: Final = "animatic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """Who and what may appear: the world's, and what the draft brought in."""

    characters: Mapping[str, Character]
    places: Mapping[str, Place]
    heights: Mapping[str, float]
    """Relative to a grown person."""


def plan_of(draft: Draft, request: EpisodeRequest, world: World, writing: Writing) -> Plan:
    company = _company(draft, world)
    scenes = [_scene(f"s{number}", scene, company, world) for number, scene in enumerate(draft.scenes, start=1)]
    dice = Dice(seed=f"{request.seed}\x1f{request.intent}\x1f{request.world_id}")
    beats: list[Beat] = []
    for scene, told in zip(scenes, draft.scenes, strict=True):
        for one in told.beats:
            beats.append(_beat(one, scene, beats, company, request, world, dice))
    return Plan(
        beats=tuple(beats),
        logline=draft.logline,
        tone=draft.tone,
        style=style_of(world.style.description, request.style),
        scenes=tuple(scenes),
        writing=writing,
    )


def _company(draft: Draft, world: World) -> Company:
    newcomers = [
        Character(character_id=c.character_id, name=c.name, description=c.description, palette=c.palette)
        for c in draft.new_characters
    ]
    new_places = [Place(**dict(one)) for one in draft.new_places]
    told = {c.character_id: c.height for c in draft.new_characters}
    return Company(
        characters={c.character_id: c for c in (*world.characters, *newcomers)},
        places={p.place_id: p for p in (*world.places, *new_places)},
        heights={**{c.character_id: natural_height(c) for c in world.characters}, **told},
    )


def _scene(scene_id: str, scene: DraftScene, company: Company, world: World) -> Scene:
    dressed = {one.character_id: one.clothes for one in scene.wardrobe}
    there = dict.fromkeys([*dressed, *(m.character_id for beat in scene.beats for m in beat.cast)])
    return Scene(
        scene_id=scene_id,
        place=company.places[scene.place_id],
        time_of_day=scene.time_of_day,
        weather=scene.weather,
        mood=scene.mood,
        wardrobe=tuple(
            Wardrobe(character_id=one, clothes=dressed.get(one) or world.clothes_of(company.characters[one])) for one in there
        ),
    )


def _beat(
    told: DraftBeat, scene: Scene, before: Sequence[Beat], company: Company, request: EpisodeRequest, world: World, dice: Dice
) -> Beat:
    index = len(before)
    previous = before[-1].beat_id if told.continues else None
    same = (
        "description", "shot_size", "angle", "camera_move", "first_frame", "last_frame", "movement", "duration_s", "transition",
        "dialogue", "sound", "keyframe_density", "effects",
    )  # fmt: skip
    beat = Beat(
        beat_id=f"b{index + 1}",
        index=index,
        scene_id=scene.scene_id,
        turn=_turn(index, request.num_beats),
        cast=tuple(_member(one, company) for one in told.cast),
        place=scene.place,
        time_of_day=scene.time_of_day,
        caption=told.narration,
        seed=dice.number("beat", index),
        depends_on=(previous,) if previous else (),
        starts_from=previous,
        style=style_of(world.style.description, request.style),
        backend=request.backend or DEFAULT_BACKEND,
        **{name: getattr(told, name) for name in same},
    )
    props = [prop for prop in world.props if prop.name.casefold() in told.description.casefold()]
    return with_prompts(beat, as_dressed(scene, before), props, world.style.negative)


def _member(told: DraftMember, company: Company) -> CastMember:
    return CastMember(
        character=company.characters[told.character_id],
        action=told.action,
        emotion=told.emotion,
        position=told.position,
        is_target=told.is_target,
        scale=company.heights[told.character_id],
    )


def _turn(index: int, num_beats: int) -> StoryTurn:
    if index == 0 and num_beats > 1:
        return StoryTurn.SETUP
    return StoryTurn.OUTCOME if index == num_beats - 1 and num_beats > 2 else StoryTurn.TURN
