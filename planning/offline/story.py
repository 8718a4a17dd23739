"""Story: an intent as a sequence of moments - setup, deed, what grows out of it, outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from episodes.effects import Effect
from episodes.plan import MAX_CAST, StoryTurn, TimeOfDay
from episodes.world import World
from planning.offline.casting import Casting, Player
from planning.offline.consequences import Consequences, Told, effects_told
from planning.offline.dice import Dice
from planning.offline.families import Family
from planning.offline.narrator import Narrator, Roles, named_in
from planning.offline.outline import Slot, Stage, outline
from planning.offline.reading import read
from planning.offline.scenes import Scene, scenes_of
from planning.offline.words import TIMES, WEATHER

_OPENINGS: Final = {
    TimeOfDay.DAWN: ("Dawn.", "First light."),
    TimeOfDay.DAY: ("Broad daylight.", "A clear day.", "Midday."),
    TimeOfDay.DUSK: ("Dusk.", "The sun goes down."),
    TimeOfDay.NIGHT: ("Night.", "Deep night."),
}
_HOURS: Final = {TimeOfDay.DAWN: "Dawn", TimeOfDay.DAY: "Midday", TimeOfDay.DUSK: "Dusk", TimeOfDay.NIGHT: "Night"}
_WEATHERS: Final = {
    "rain": "Rain falls.",
    "snow": "Snow falls.",
    "storm": "A storm gathers.",
    "fog": "Fog lies over everything.",
    "wind": "A strong wind blows.",
}
_ANYONE: Final = (
    "{a} {a:take} a deep breath.",
    "The wind turns, and {a} {a:notice} it first.",
    "{a} {a:hesitate}, then {a:go} on.",
    "Far off, something answers {a}.",
    "A shadow slides over {a}.",
    "Light breaks through and falls on {a}.",
    "{p} everything holds its breath around {a}.",
    "{a} {a:look} back over one shoulder.",
    "{a} {a:plant} both feet firmly on the ground.",
    "Dust drifts past, and {a} {a:blink}.",
    "{a} {a:think} of the way that led here.",
    "Something small and bright crosses the path of {a}.",
    "{a} {a:stand} out dark against the sky.",
    "A distant sound makes {a} look up.",
)
_NOBODY: Final = (
    "{p} nothing moves.",
    "{p} the light wanders slowly.",
    "A gust stirs what lies loose {p}.",
    "Clouds draw their shadows over everything.",
    "Somewhere a sound rises and dies away.",
    "The colours deepen.",
    "{p} a single detail catches the eye.",
    "The view opens, wider than before.",
    "{p} something seems about to happen.",
    "Time passes, and {p} little changes.",
)
_LEADS: Final = ("a breath later", "again", "and then", "for one long moment", "closer now", "without a word", "once more", "little by little",
                 "against all odds", "as if in a dream", "on and on", "at last")  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What one beat tells, before it has a picture."""

    turn: StoryTurn
    stage: Stage
    scene: Scene
    text: str
    actors: tuple[Player, ...]
    """Who does it, companions too; only those whom this moment shows."""
    targets: tuple[Player, ...]
    num_before: int
    """How many moments of the same stage and scene came before."""
    effects: tuple[Effect, ...] = ()
    """What is otherwise after it."""

    @property
    def in_picture(self) -> tuple[tuple[Player, ...], tuple[Player, ...]]:
        """The actors and the targets whom a beat has room for: a long list of actors does not push the one out whom it is all about."""
        actors = self.actors[: max(1, MAX_CAST - len(self.targets))]
        return actors, self.targets[: MAX_CAST - len(actors)]

    @property
    def family(self) -> Family:
        return self.scene.clause.family

    @property
    def deed(self) -> str:
        """The intent's own words for it, without who: "haunts an old hotel"."""
        clause = self.scene.clause
        verb = clause.group.agreeing(is_plural=False) if clause.group else ""
        return " ".join([verb, *(part.told(set()) for part in clause.parts)]).strip()


def tell(intent: str, world: World, num_beats: int, dice: Dice) -> tuple[Moment, ...]:
    """Exactly `num_beats` moments that tell the intent in order; no sentence twice."""
    scenes = scenes_of(read(intent, world), world, dice)
    casting = Casting(world=world, dice=dice)
    narrator = Narrator()
    slots = outline(len(scenes), num_beats)
    moments: list[Moment] = []
    for slot in slots:
        moments.append(_moment(slot, scenes, moments, narrator, casting, dice))
    consequences = Consequences(intent=intent, clauses=[scene.clause for scene in scenes], casting=casting, world=world)
    effects = effects_told([_told(slot, moment) for slot, moment in zip(slots, moments, strict=True)], consequences)
    return tuple(replace(moment, effects=own) for moment, own in zip(moments, effects, strict=True))


def _told(slot: Slot, moment: Moment) -> Told:
    actors, targets = ([p.character.character_id for p in players] for players in moment.in_picture)
    return Told(
        clauses=slot.clauses,
        is_deed=slot.stage is Stage.ACTION,
        spot=(moment.scene.place.place_id, moment.scene.time_of_day),
        acting=frozenset(actors),
        shown=frozenset([*actors, *targets]),
    )


def _moment(
    slot: Slot, scenes: Sequence[Scene], before: Sequence[Moment], narrator: Narrator, casting: Casting, dice: Dice
) -> Moment:
    told = [scenes[i] for i in slot.clauses]
    scene = told[-1]
    if slot.stage is Stage.ACTION:
        text, shown = _deed(told, narrator, is_first=not before, dice=dice), frozenset("ato")
    else:
        is_acted = bool(casting.players_of(scene.clause.subjects))
        text, shown = _imagined(slot.stage, scene if is_acted else _unpeopled(scene), narrator, dice)
    return Moment(
        turn=slot.turn,
        stage=slot.stage,
        scene=scene,
        text=text,
        actors=_players(told, casting, "a") if "a" in shown else (),
        targets=_players(told, casting, "t") if shown & {"t", "o"} else (),
        num_before=sum(m.stage is slot.stage and m.scene is scene for m in before),
    )


def _players(told: Sequence[Scene], casting: Casting, letter: str) -> tuple[Player, ...]:
    """Everybody once; who acts in one clause and is acted upon in another, acts."""
    acting = {p.character.character_id: p for s in told for p in casting.players_of((*s.clause.subjects, *s.clause.companions))}
    if letter == "a":
        return tuple(acting.values())
    mentions = [m for s in told for m in (*s.clause.targets, *s.roles.t)]
    others = {p.character.character_id: p for p in casting.players_of(mentions)}
    for foe in casting.players_of([m for s in told for m in s.clause.foes]):
        others.setdefault(foe.character.character_id, replace(foe, is_foe=True))
    return tuple(p for name, p in others.items() if name not in acting)


def _deed(told: Sequence[Scene], narrator: Narrator, *, is_first: bool, dice: Dice) -> str:
    sentences = []
    if is_first and told[0].clause.group is not None:
        sentences.append(_opening(told[0], narrator, dice, with_place=told[0].clause.place is None))
    sentences.extend(narrator.clause(scene.clause) for scene in told)
    return " ".join(dict.fromkeys(sentences))


def _imagined(stage: Stage, scene: Scene, narrator: Narrator, dice: Dice) -> tuple[str, frozenset[str]]:
    """What the intent does not say: a sentence that fits, and which roles it shows."""
    family = scene.clause.family
    match stage:
        case Stage.SETUP:
            opening = _opening(scene, narrator, dice)
            text, template = narrator.once(_fitting(family.setup, scene.roles, dice, "setup"), scene.roles)
            narrator.introduce(*_place_names(scene))
            return f"{opening} {text}", named_in(template) | _TO_SEE
        case Stage.OUTCOME:
            text, template = narrator.once(_fitting(family.outcome, scene.roles, dice, "outcome"), scene.roles)
        case _:
            text, template = narrator.once(_rising(family, scene.roles, dice), scene.roles)
    return text, named_in(template)


def _unpeopled(scene: Scene) -> Scene:
    """What ships and winds do, nobody feels: around it only the place is told."""
    return replace(scene, roles=Roles(p=scene.roles.p))


_TO_SEE: Final = frozenset("a")
"""A setup shows who it is about, even where its sentence is about the place."""


def _opening(scene: Scene, narrator: Narrator, dice: Dice, *, with_place: bool = False) -> str:
    """ "Night on the bridge. Rain falls."; what it says need not be said again."""
    hour = scene.time_of_day
    narrator.introduce(*(f"when:{word}" for word, time in TIMES.items() if time is hour))
    sentences = [f"{_HOURS[hour]} {scene.stands}." if with_place else dice.pick(_OPENINGS[hour], "opening")]
    weather = scene.clause.weather
    if weather:
        narrator.introduce(*(f"when:{word}" for word, kind in WEATHER.items() if kind == weather))
        sentences.append(_WEATHERS[weather])
    return " ".join(sentences)


def _place_names(scene: Scene) -> tuple[str, ...]:
    place = scene.clause.place
    return (place.mention.again,) if place is not None and place.mention is not None else ()


def _fitting(templates: Sequence[str], roles: Roles, dice: Dice, name: str) -> Iterator[tuple[str, str]]:
    """Those that name most of what is there, in the dice's order; then the others; then all again with other leads."""
    possible = [t for t in templates if roles.has(t)]
    if not roles.a or not possible:
        possible = [t for t in _NOBODY if roles.has(t)]
    richest = max(len(named_in(t) & {"t", "o"}) for t in possible)
    best = [t for t in possible if len(named_in(t) & {"t", "o"}) == richest]
    ordered = [*dice.shuffled(best, name), *(t for t in possible if t not in best)]
    yield from (("", t) for t in ordered)
    yield from ((lead, t) for lead in _LEADS for t in ordered)


def _rising(family: Family, roles: Roles, dice: Dice) -> Iterator[tuple[str, str]]:
    """The family's own, from weaker to stronger; then what can happen to anyone; then all again with other leads."""
    own = [t for t in family.rise if roles.has(t)]
    others = dice.shuffled(_ANYONE if roles.a else _NOBODY, "rise")
    ordered = [*own, *others] if roles.a else others
    yield from (("", t) for t in ordered)
    yield from ((lead, t) for lead in dice.shuffled(_LEADS, "leads") for t in ordered)
