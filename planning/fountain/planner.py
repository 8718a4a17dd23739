"""ScreenplayPlanner: screenplay → plan. Scenes, characters, dialogue and order are the screenplay's; pictures are the offline planner's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from episodes.plan import Beat, CameraMove, EpisodeRequest, Line, Plan, StoryTurn, TimeOfDay, Transition
from episodes.ports import Planner
from episodes.speech import spoken_s
from episodes.world import Character, Light, Place, StoredWorld, World
from episodes.writing import Writing
from planning.fountain.actions import is_unnamed, people_in, sentence_of
from planning.fountain.manners import LISTENS, Manner, as_name, manner_in, manner_of, spoken
from planning.fountain.passages import MAX_CAPTION, Passage, is_narration, passages_of
from planning.fountain.reading import read_screenplay
from planning.fountain.screenplay import Screenplay, Speech
from planning.names import comparable, exact, meant_by
from planning.offline import places
from planning.offline.casting import Casting, Player, natural_height
from planning.offline.clause import Clause
from planning.offline.dice import Dice
from planning.offline.families import FAMILY_NAMED, PLAIN, Family
from planning.offline.feelings import feeling_in
from planning.offline.mentions import Mention, mention_of
from planning.offline.narrator import Roles
from planning.offline.outline import Stage
from planning.offline.planner import DEFAULT_BACKEND, beat_of
from planning.offline.scenes import Scene
from planning.offline.sets import scenes_told
from planning.offline.shots import shots_for
from planning.offline.story import Moment, tell
from planning.offline.tokens import lexer_for
from planning.offline.words import THINGS, TIMES, WEATHER
from planning.prompts import clipped, style_of

PAUSE_S: Final = 0.5
"""Around what is said."""
_MAX_PEOPLE: Final = 64
"""That a world holds."""
_OF_LIGHT: Final = {Light.DAY: TimeOfDay.DAY, Light.DUSK: TimeOfDay.DUSK, Light.NIGHT: TimeOfDay.NIGHT}


class ScreenplayPlanner:
    """Implements Planner. Requests without a screenplay are another's."""

    def __init__(self, otherwise: Planner, moves: Mapping[str, Collection[CameraMove] | None] | None = None) -> None:
        """`moves`: the camera moves that a kind can be told to make, where that is not all of them."""
        self.otherwise = otherwise
        self._moves = moves or {}

    def plan(self, episode_id: str, request: EpisodeRequest, world: StoredWorld) -> Plan:
        """A screenplay has as many beats as it needs, of `request.duration_s` each, or as long as their words take to speak."""
        if not request.screenplay:
            return self.otherwise.plan(episode_id, request, world)
        screenplay = read_screenplay(request.screenplay)
        dice = Dice(seed=f"{request.seed}\x1f{request.screenplay}\x1f{request.world_id}")
        stage = _Stage(screenplay, request, world.world, dice)
        return stage.plan(self._moves.get(request.backend or DEFAULT_BACKEND))


class _Stage:
    """One screenplay with everybody and every place in it."""

    def __init__(self, screenplay: Screenplay, request: EpisodeRequest, world: World, dice: Dice) -> None:
        self._screenplay = screenplay
        self._passages = passages_of(screenplay)
        self._request = request
        self._dice = dice
        self._speakers: dict[str, Character] = {exact(one.name): one for one in world.characters}
        self._places: dict[str, Place] = {exact(one.name): one for one in world.places}
        for passage in self._passages:
            if passage.speech is not None:
                self._cast(passage.speech, world)
        known = (*world.characters, *(one for one in self._speakers.values() if one not in world.characters))
        self._world = world.model_copy(update={"characters": known[:_MAX_PEOPLE]})

    def plan(self, moves: Collection[CameraMove] | None) -> Plan:
        moments = self._moments()
        shots = shots_for(moments, moves, self._dice)
        scenes = scenes_told(moments, self._world)
        beats: list[Beat] = []
        for at, (passage, moment, shot, scene) in enumerate(zip(self._passages, moments, shots, scenes, strict=True)):
            beat = beat_of(at, moment, shot, scene, beats, self._request, self._world, self._dice)
            beats.append(beat.model_copy(update=self._as_written(passage, beat)))
        return Plan(
            beats=tuple(beats),
            logline=clipped(self._screenplay.title or self._request.intent, 300),
            tone=", ".join(dict.fromkeys(scene.mood for scene in scenes)),
            style=style_of(self._world.style.description, self._request.style),
            scenes=tuple(dict.fromkeys(scenes)),
            writing=Writing(planner="screenplay"),
        )

    def _moments(self) -> tuple[Moment, ...]:
        found: list[Moment] = []
        hour: TimeOfDay | None = None
        for at, passage in enumerate(self._passages):
            place = self._place(passage.scene.place)
            hour = _hour(passage.scene.time, hour, place) if passage.is_first or hour is None else hour
            moment = self._moment(passage, place, hour, _turn(at, len(self._passages)))
            is_going_on = bool(found) and (found[-1].scene.place, found[-1].scene.time_of_day) == (place, hour)
            found.append(_resolved(moment, found[-1] if is_going_on else None))
        return tuple(found)

    def _moment(self, passage: Passage, place: Place, hour: TimeOfDay, turn: StoryTurn) -> Moment:
        speech = None if passage.speech is None or is_narration(passage.speech) else passage.speech
        if speech is None:
            told = _still(place) if passage.text in ("", f"{place.name}.") else self._seen(passage.text)
        else:
            speaker = self._speakers[exact(speech.character)]
            written = manner_in(passage.text, speaker.name)
            manner = written or manner_of(speech.manner)
            is_seen = passage.text and written is None
            told = self._seen(passage.text) if is_seen else _still(place, spoken(speaker.name, manner), FAMILY_NAMED["talk"])
            told = self._with_speaker(told, speaker, manner)
        scene = replace(told.scene, place=place, stands=places.stands(place), time_of_day=hour)
        return replace(told, scene=scene, turn=turn)

    def _seen(self, text: str) -> Moment:
        sentence = sentence_of(text)
        (told,) = tell(sentence or ".", self._world, 1, self._dice)
        actors, targets = people_in(told, sentence, {one.character_id for one in self._world.characters})
        return replace(told, text=text, actors=actors, targets=targets, num_before=0, effects=told.effects if actors else ())

    def _with_speaker(self, told: Moment, speaker: Character, manner: Manner) -> Moment:
        """Who speaks comes first, then who is seen with it, then whom it speaks to."""
        own = next((one for one in (*told.actors, *told.targets) if _plays(one, speaker)), None)
        first = replace(own or Player(character=speaker, scale=natural_height(speaker)), feeling=feeling_in(manner.how))
        actors = (first, *(one for one in told.actors if not _plays(one, speaker)))
        seen = {one.character.character_id: one for one in (*self._addressed(manner.to), *told.targets)}
        targets = tuple(one for one in seen.values() if not any(_plays(one, actor.character) for actor in actors))
        return replace(told, actors=actors, targets=targets)

    def _addressed(self, names: str) -> tuple[Player, ...]:
        """Nobody where it is a camera, or oneself."""
        if not names:
            return ()
        casting = Casting(world=self._world, dice=self._dice)
        runs = [tokens for name in names.split(" and ") for tokens in lexer_for(self._world).sentences(name)]
        mentions = [mention for run in runs if (mention := mention_of(run, self._world)) is not None]
        players = casting.players_of([mention for mention in mentions if mention.is_being and not mention.is_pronoun])
        return tuple(replace(player, gesture=LISTENS) for player in players)

    def _as_written(self, passage: Passage, beat: Beat) -> dict[str, Any]:  # fields of a beat
        speech = passage.speech
        fades = passage.is_first and "FADE" in passage.scene.transition.upper()
        written: dict[str, Any] = {
            "dialogue": None,
            "caption": "",
            "duration_s": _duration_s(speech, self._request.duration_s),
            "transition": Transition.FADE if fades or beat.index == 0 else Transition.CUT,
        }
        if speech is None:
            return written
        if is_narration(speech):
            return {**written, "caption": clipped(speech.text, MAX_CAPTION)}
        speaker = self._speakers[exact(speech.character)]
        return {**written, "dialogue": Line(character_id=speaker.character_id, text=speech.text)}

    def _cast(self, speech: Speech, world: World) -> None:
        """Who speaks and is not of the world is made up once."""
        key = exact(speech.character)
        if key in self._speakers or is_narration(speech):
            return
        if known := meant_by(speech.character, {one.name: one for one in world.characters}):
            self._speakers[key] = known
            return
        name = as_name(speech.character)
        head = (comparable(name).split() or [key])[-1]
        is_being = head not in THINGS and head not in places.KIND_OF
        mention = Mention(phrase=name, again=name, core=name, head=head if is_being else "figure", is_proper=True)
        self._speakers[key] = Casting(world=world, dice=self._dice).players(mention)[0].character

    def _place(self, name: str) -> Place:
        key = exact(name)
        if key not in self._places:
            words = comparable(name).split()
            head = next((word for word in reversed(words) if word in places.KIND_OF), words[-1] if words else "place")
            known = meant_by(name, {one.name: one for one in self._world.places})
            self._places[key] = known or places.improvise(name.lower() or "a place", head, self._dice)
        return self._places[key]


def _resolved(moment: Moment, before: Moment | None) -> Moment:
    """ "She waits": who acted before in this scene; nobody, where somebody else acts too or nobody did."""
    own = tuple(one for one in moment.actors if not is_unnamed(one))
    if own == moment.actors:
        return moment
    if own or before is None:
        return replace(moment, actors=own)
    are_many = moment.actors[0].character.name == "They"
    meant = (*before.actors, *before.targets) if are_many else before.actors[:1]
    taken = {one.character.character_id for one in moment.targets}
    return replace(moment, actors=tuple(one for one in meant if one.character.character_id not in taken))


def _plays(player: Player, character: Character) -> bool:
    return player.character.character_id == character.character_id


def _still(place: Place, text: str = "", family: Family = PLAIN) -> Moment:
    """Nothing to read: only the place is seen, or who speaks there."""
    weather = next((WEATHER[word] for word in exact(place.name).split() if word in WEATHER), "")
    clause = Clause(subjects=(), group=None, family=family, parts=(), place=None, time_of_day=None, weather=weather, text=text)
    scene = Scene(clause=clause, place=place, stands="", time_of_day=_OF_LIGHT[place.light], roles=Roles())
    return Moment(
        turn=StoryTurn.TURN,
        stage=Stage.ACTION,
        scene=scene,
        text=text or f"{place.name}.",
        actors=(),
        targets=(),
        num_before=0,
    )


def _hour(time: str, before: TimeOfDay | None, place: Place) -> TimeOfDay:
    """What the heading says; else ("CONTINUOUS", "LATER") it is as late as before, or as the place's light says."""
    told = [TIMES[word] for word in comparable(time).split() if word in TIMES]
    return told[0] if told else before or _OF_LIGHT[place.light]


def _turn(at: int, num: int) -> StoryTurn:
    if at == 0 and num > 1:
        return StoryTurn.SETUP
    return StoryTurn.OUTCOME if at == num - 1 and num > 2 else StoryTurn.TURN


def _duration_s(speech: Speech | None, usual_s: float) -> float:
    if speech is None:
        return usual_s
    return round(min(30.0, max(usual_s, spoken_s(speech.text) + PAUSE_S)), 2)
