"""Consequences: what is otherwise after a clause, as far as its words leave no doubt.

Where they leave some (dreams, wishes, clauses that are told out of order, another kite than that of before) nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from episodes.effects import MAX_DETAIL, MAX_EFFECTS, Effect, Happening
from episodes.plan import TimeOfDay
from episodes.world import World
from planning.offline.casting import Casting
from planning.offline.clause import Clause
from planning.offline.holdings import Holdings
from planning.offline.mentions import Mention
from planning.offline.words import CLOTHES, word_set
from planning.prompts import clipped

_IN_DOUBT: Final = re.compile(
    r"\b(dream|imagin|pretend|wish|hope|if|unless|would|could|almost|nearly|before|after|until|once|when|while|because|since|"
    r"film|movie|game|play|story|tale|memor|remember|ghost|zombie|vampire|immortal|clone|twin)",
    re.IGNORECASE,
)
_KILLING: Final = word_set("kill slay murder")
_DYING: Final = word_set("die perish")
_REVIVING: Final = re.compile(r"\b(revive|resurrect|wake|awaken|rise|arise|return|comes? back)")
_WOUNDING: Final = word_set("wound injure bite")
_HEALING: Final = word_set("heal cure")
_LEAVING: Final = word_set("leave depart")
_ARRIVING: Final = word_set("arrive enter")
_DRESSING: Final = word_set("put slip change")
_CROWDS: Final = word_set("army crowd crew gang band people team family group couple pair troop tribe")


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    effect: Effect
    at_first: bool = False
    """Already in the first beat that tells of its clause."""
    at_last: bool = False
    """Only in the last one: until then it goes on."""


@dataclass(kw_only=True, slots=True)
class Consequences:
    """Reads clause after clause, and remembers what became of whom; one for each intent."""

    intent: str
    clauses: Sequence[Clause]
    casting: Casting
    world: World
    _dead: set[str] = field(default_factory=set)
    _hurt: set[str] = field(default_factory=set)
    _holdings: Holdings = field(init=False)

    def __post_init__(self) -> None:
        self._holdings = Holdings(world=self.world)

    def of(self, place: int) -> list[Consequence]:
        """Of the clause at this place; to be asked for in order."""
        clause = self.clauses[place]
        group = clause.group
        if group is None or _IN_DOUBT.search(self.intent):
            return []
        if group.is_passive and group.lemma in _KILLING and not group.is_negated:
            return list(self._deaths(clause.subjects, clause, place))
        if group.said != group.lemma:
            return []  # "tries to", "must", "does not"
        return [*self._on_people(clause, place), *self._on_props(clause)]

    def _on_people(self, clause: Clause, place: int) -> Iterator[Consequence]:
        lemma = clause.group.lemma if clause.group is not None else ""
        subject = self._only(clause.subjects)
        if lemma in _KILLING:
            yield from self._deaths(clause.targets, clause, place)
        elif lemma in _DYING:
            yield from self._deaths(clause.subjects, clause, place)
        elif subject in self._dead and _REVIVING.search(_deed(clause)):
            self._dead.discard(subject)
            yield Consequence(effect=Effect(happens=Happening.REVIVES, character_id=subject), at_first=True)
        elif lemma in _WOUNDING and (target := self._only(clause.targets)):
            self._hurt.add(target)
            yield Consequence(effect=Effect(happens=Happening.IS_INJURED, character_id=target))
        elif lemma in _HEALING and (target := self._only(clause.targets)) in self._hurt:
            self._hurt.discard(target)
            yield Consequence(effect=Effect(happens=Happening.HEALS, character_id=target))
        elif lemma in _LEAVING and subject and all(thing.is_being for thing in clause.things):
            yield Consequence(effect=Effect(happens=Happening.LEAVES, character_id=subject), at_last=True)
        elif lemma in _DRESSING and subject and (clothes := _put_on(clause)):
            yield Consequence(effect=Effect(happens=Happening.CHANGES_CLOTHES, character_id=subject, detail=clothes))
        elif lemma in _ARRIVING and subject:
            yield Consequence(effect=Effect(happens=Happening.ARRIVES, character_id=subject))

    def _deaths(self, mentions: Sequence[Mention], clause: Clause, place: int) -> Iterator[Consequence]:
        killers = (
            {p.character.character_id for p in self.casting.players_of(clause.subjects)} if mentions != clause.subjects else ()
        )
        for mention in mentions:
            who = self._only((mention,))
            if who and who not in killers and not self._is_told_of_anew(mention, place) and not self._goes_on(mention, place):
                self._dead.add(who)
                yield Consequence(effect=Effect(happens=Happening.DIES, character_id=who), at_last=True)

    def _is_told_of_anew(self, mention: Mention, place: int) -> bool:
        """ "A robot" is killed, and later "a robot" attacks, or Kiku: it may be another one, whoever plays it."""
        later = (m for clause in self.clauses[place + 1 :] for m in (*clause.subjects, *clause.things, *clause.companions))
        return any(_may_be_another(mention, m) for m in later if m is not mention)

    def _goes_on(self, mention: Mention, place: int) -> bool:
        """ "Dies and goes to heaven", "dies. They weep": whom a later clause means without naming anybody is in doubt; who rises is not."""
        later = (clause for clause in self.clauses[place + 1 :] if any(m is mention for m in clause.subjects))
        meant = next(later, None)
        return meant is not None and not _REVIVING.search(_deed(meant))

    def _on_props(self, clause: Clause) -> Iterator[Consequence]:
        receiver = self._only(clause.targets)
        for effect in self._holdings.effects(clause, self._only(clause.subjects), receiver):
            yield Consequence(effect=effect)

    def _only(self, mentions: Sequence[Mention]) -> str:
        """The one character that they mean; empty where it is none, or several."""
        if len(mentions) != 1 or mentions[0].is_plural or mentions[0].number > 1 or mentions[0].head in _CROWDS:
            return ""
        players = self.casting.players_of(mentions)
        return players[0].character.character_id if len(players) == 1 else ""


def _may_be_another(mention: Mention, later: Mention) -> bool:
    if mention.again == later.again:
        return later.is_new
    return mention.character is not None and later.character is mention.character


def _put_on(clause: Clause) -> str:
    """ "Puts on a blue coat", "changes into a kimono"; empty where something else is put somewhere."""
    if clause.things or len(clause.parts) != 1 or clause.parts[0].prep not in ("on", "into"):
        return ""
    words = clause.parts[0].words
    return clipped(words, MAX_DETAIL) if words.split(" ")[-1].casefold() in CLOTHES else ""


def _deed(clause: Clause) -> str:
    """What is done, with the small move that leads to it: "rises again fight"."""
    return " ".join([clause.lead, clause.group.lemma if clause.group else "", *(p.words for p in clause.parts)]).casefold()


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A moment, as far as consequences are concerned."""

    clauses: tuple[int, ...]
    is_deed: bool
    """It tells what the intent says; else what comes before or after it."""
    spot: tuple[str, TimeOfDay]
    acting: frozenset[str]
    """Of the characters in the picture."""
    shown: frozenset[str]
    """All in it."""


def effects_told(told: Sequence[Told], consequences: Consequences) -> list[tuple[Effect, ...]]:
    """Each moment's effects."""
    effects: list[list[Effect]] = [[] for _ in told]
    for place in sorted({place for one in told for place in one.clauses}):
        own = [i for i, one in enumerate(told) if place in one.clauses]
        deed = next((i for i in own if told[i].is_deed), own[0])
        for one in consequences.of(place):
            at = own[0] if one.at_first else own[-1] if one.at_last else deed
            if _can_be_seen(one.effect, at, told):
                effects[at].append(one.effect)
    if any(len(one) > MAX_EFFECTS for one in effects):
        return [()] * len(told)  # whole chapters in one beat: half of what happens would be worse than nothing
    return [tuple(one) for one in effects]


def _can_be_seen(effect: Effect, at: int, told: Sequence[Told]) -> bool:
    who = effect.character_id or ""
    if effect.to is not None and not any(effect.to in one.shown for one in told):
        return False
    match effect.happens:
        case Happening.LEAVES:
            return not any(who in one.shown for one in _same_spot(told[at + 1 :], told[at].spot))
        case Happening.ARRIVES:
            return who in told[at].acting and not any(who in one.shown for one in _same_spot(told[:at][::-1], told[at].spot))
        case Happening.DIES | Happening.REVIVES | Happening.IS_INJURED | Happening.HEALS:
            return any(who in one.shown for one in told)
        case _:
            return who in told[at].acting


def _same_spot(told: Sequence[Told], spot: tuple[str, TimeOfDay]) -> Iterator[Told]:
    """From the beginning on, as long as it is there and then."""
    return takewhile(lambda one: one.spot == spot, told)
