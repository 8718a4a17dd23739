"""OfflinePlanner: intent → plan without a model, a network or a price.

The way through: `reading` finds who does what to whom, where and when; `scenes` fills in what the intent leaves open;
`outline` decides which beat tells what; `story` writes the sentences from the verb's family; `shots` chooses pictures; `sets`
says which beats make a scene, and who wears what there; `planning/prompts` composes what models are told. All choices come from
`dice`, that is, from the request and the world alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from episodes.plan import MAX_WORDS, Beat, CameraMove, CastMember, EpisodeRequest, Line, Plan, Scene
from episodes.world import Character, StoredWorld, World
from episodes.writing import Writing
from planning.offline.captions import caption_for, line_for
from planning.offline.casting import Player
from planning.offline.dice import Dice
from planning.offline.families import FAMILY_NAMED, FORBEAR, PLAIN, Family, action_shown
from planning.offline.feelings import feeling_in
from planning.offline.outline import Stage
from planning.offline.sets import scenes_told
from planning.offline.shots import Shot, shots_for
from planning.offline.sounds import sound_of
from planning.offline.story import Moment, tell
from planning.prompts import as_dressed, clipped, first_words, style_of, with_prompts

DEFAULT_BACKEND: Final = "animatic"
_FOE: Final = FAMILY_NAMED["flee"]
"""From which somebody is saved acts like one from which somebody runs."""
_GESTURE: Final = {Stage.SETUP: 0, Stage.RISE: 1, Stage.ACTION: 1, Stage.OUTCOME: 2}


class OfflinePlanner:
    """Implements Planner. Plans any text: what it cannot read becomes the description itself."""

    def __init__(self, moves: Mapping[str, Collection[CameraMove] | None] | None = None) -> None:
        """`moves`: kind of renderer → the camera moves that it can make; None, or a kind that is not there: all of them."""
        self._moves = dict(moves or {})

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        # the seed leaves the episode's random id out: the same request in the same world is the same film
        dice = Dice(seed=f"{request.seed}\x1f{request.intent}\x1f{request.world_id}")
        moments = tell(request.intent, world.world, request.num_beats, dice)
        shots = shots_for(moments, self._moves.get(request.backend or DEFAULT_BACKEND), dice)
        scenes = scenes_told(moments, world.world)
        beats: list[Beat] = []
        for at, (moment, shot, scene) in enumerate(zip(moments, shots, scenes, strict=True)):
            beats.append(beat_of(at, moment, shot, scene, beats, request, world.world, dice))
        return Plan(
            beats=tuple(beats),
            logline=clipped(" ".join(request.intent.split()), 300),
            tone=", ".join(dict.fromkeys(scene.mood for scene in scenes)),
            style=style_of(world.world.style.description, request.style),
            scenes=tuple(dict.fromkeys(scenes)),
            writing=Writing(planner="offline"),
        )


def beat_of(
    at: int, moment: Moment, shot: Shot, scene: Scene, before: list[Beat], request: EpisodeRequest, world: World, dice: Dice
) -> Beat:
    description = clipped(first_words(moment.text, MAX_WORDS), 1000)
    said = line_for(moment, [b.dialogue.text for b in before if b.dialogue], request.duration_s, dice)
    previous = before[-1].beat_id if shot.continues else None
    beat = Beat(
        beat_id=f"b{at + 1}",
        index=at,
        scene_id=scene.scene_id,
        turn=moment.turn,
        description=description,
        action=action_shown(moment.family, _GESTURE[moment.stage]),
        cast=_cast(moment),
        place=moment.scene.place,
        time_of_day=moment.scene.time_of_day,
        shot_size=shot.size,
        angle=shot.angle,
        camera_move=shot.move,
        dialogue=Line(character_id=_speaker(moment).character_id, text=said) if said else None,
        caption="" if said else caption_for(moment, [b.caption for b in before], dice),
        sound=sound_of(moment, scene.weather),
        effects=moment.effects,
        duration_s=request.duration_s,
        transition=shot.transition,
        seed=dice.number("beat", at),
        depends_on=(previous,) if previous else (),
        starts_from=previous,
        style=style_of(world.style.description, request.style),
        backend=request.backend or DEFAULT_BACKEND,
    )
    props = [prop for prop in world.props if prop.name.casefold() in description.casefold()]
    return with_prompts(beat, as_dressed(scene, before), props, world.style.negative)


def _cast(moment: Moment) -> tuple[CastMember, ...]:
    stage = _GESTURE[moment.stage]
    deed = clipped(moment.deed, 120) if moment.family is PLAIN and moment.stage is Stage.ACTION else ""
    told = moment.deed if moment.stage is Stage.ACTION else ""
    if moment.family is FORBEAR:
        told = told.partition(" because ")[2]  # "is not happy"
    actors, targets = moment.in_picture
    return (
        *(_member(p, deed or moment.family.gestures[stage], told) for p in actors),
        *(_member(p, p.gesture or _family_of(p, moment).target_gestures[stage], is_target=True) for p in targets),
    )


def _family_of(target: Player, moment: Moment) -> Family:
    return _FOE if target.is_foe and moment.family is not FORBEAR else moment.family


def _member(player: Player, gesture: str, deed: str = "", *, is_target: bool = False) -> CastMember:
    return CastMember(
        character=player.character,
        action=gesture,
        emotion=player.feeling or feeling_in(deed, gesture),
        is_target=is_target,
        scale=player.scale,
    )


def _speaker(moment: Moment) -> Character:
    return moment.actors[0].character
