"""What follows a verb: objects, those it is done to, companions, places - each with its preposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from episodes.world import World
from planning.offline.families import Family
from planning.offline.mentions import Mention, mention_of
from planning.offline.places import KIND_OF
from planning.offline.tokens import Kind, Token
from planning.offline.words import (
    ADVERBS,
    ARTICLES,
    CLOTHES,
    NO_PLACES,
    NUMBERS,
    PLACE_PREPOSITIONS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    SEPARATORS,
    THINGS,
    TIME_WORDS,
    WEATHER,
    singular,
    word_set,
)


class Role(Enum):
    OBJECT = auto()
    TARGET = auto()
    COMPANION = auto()
    FOE = auto()
    """From whom somebody is saved."""
    PLACE = auto()
    OTHER = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A phrase with what leads it in: a preposition, "and", a comma, or nothing."""

    prep: str = ""
    mention: Mention | None = None
    words: str = ""
    """The phrase where it is no mention: "happily", "at night"."""
    role: Role = Role.OTHER

    @property
    def is_place(self) -> bool:
        return self.role is Role.PLACE

    @property
    def is_known_kind(self) -> bool:
        return self.mention is not None and (self.mention.place_index is not None or self.mention.head in KIND_OF)

    def told(self, known: set[str]) -> str:
        """The phrase in a sentence; whoever is already known is told of as "the …"."""
        if self.mention is None:
            phrase = self.words
        elif self.mention.again in known:
            phrase = self.mention.again
        else:
            phrase = self.mention.phrase
        return f"{self.prep} {phrase}".strip() if self.prep != "," else f", {phrase}"


# whoever these are done to is a being, even one that no list of beings knows
_DONE_TO_BEINGS = word_set("fight chase flee talk meet love rescue")
# "builds a boat": the boat is no place yet
_MAKES_THINGS = word_set("build cook give")
_REFLEXIVES = word_set("myself yourself himself herself itself themselves ourselves each-other")
_TOWARDS_BEINGS = word_set("from with against to after at for by behind towards toward past between on over")
# a noun still has to follow; "gives her a rose": that one stands alone
_OPEN = (ARTICLES | POSSESSIVES | RELATIVES | NUMBERS.keys() | {"of"}) - {"her"}
_INSIDE = word_set("in inside through across into under outside near beside behind within")


def parts_of(tokens: Sequence[Token], world: World, family: Family) -> list[Part]:
    """Cut and understood. At most one of them is the place."""
    parts: list[Part] = []
    for prep, run in _runs(tokens):
        part = _part(prep, run, world, family, parts)
        if part is not None:
            parts.append(part)
    return one_place(parts, family)


def _runs(tokens: Sequence[Token]) -> list[tuple[str, list[Token]]]:
    """(lead word, phrase) pairs; "of" stays inside its phrase."""
    runs: list[tuple[str, list[Token]]] = [("", [])]
    for at, token in enumerate(tokens):
        is_lead = token.kind is Kind.COMMA or (token.kind is Kind.WORD and token.low in (PREPOSITIONS | SEPARATORS) - {"of"})
        is_lead = is_lead or (token.low == "that" and bool(runs[-1][1]) and _begins_clause(tokens[at + 1 :]))
        if is_lead and runs[-1][1] == [] and runs[-1][0]:
            runs[-1] = (f"{runs[-1][0]} {token.low}".replace(", ", ""), [])
        elif is_lead:
            runs.append((token.low, []))
        elif token.kind is Kind.INNER_VERB or (
            token.low in ADVERBS and token.kind is Kind.WORD and (not runs[-1][1] or at + 1 == len(tokens))
        ):
            runs.extend([("", [token]), ("", [])])
        elif _begins_another(token, runs[-1][1]):
            runs.append(("", [token]))
        else:
            runs[-1][1].append(token)
    return [(prep, run) for prep, run in runs if run or (prep and prep not in SEPARATORS | {","})]


def _begins_clause(tokens: Sequence[Token]) -> bool:
    """ "Tells Anna that | the dragon sleeps", and not "the robot that | dances"."""
    return bool(tokens) and (tokens[0].kind in (Kind.OWNER, Kind.CHARACTER) or tokens[0].low in ARTICLES | POSSESSIVES)


def _begins_another(token: Token, run: Sequence[Token]) -> bool:
    """ "gives | Tom | a rose": an article after a whole noun phrase begins the next one."""
    is_determiner = token.kind is Kind.OWNER or token.low in POSSESSIVES | {"a", "an", "the", "another", "some"}
    if not run or not is_determiner:
        return False
    last = run[-1]
    is_open = last.kind is Kind.WORD and last.low in _OPEN
    return not is_open and not any(t.low in RELATIVES for t in run)


def _part(prep: str, run: Sequence[Token], world: World, family: Family, before: Sequence[Part]) -> Part | None:
    text = " ".join(t.text for t in run)
    if not run or (len(run) == 1 and (run[0].low in ADVERBS | _REFLEXIVES or run[0].kind is Kind.INNER_VERB)):
        return Part(prep=prep, words=text)
    mention = mention_of(run, world)
    if mention is None or (_is_circumstance(run) and not (prep in ("to", "on", "into", "onto") and mention.head in KIND_OF)):
        return Part(prep=prep, words=text)
    role = _role(prep, mention, family, before)
    if role is Role.OTHER and prep not in ("by",) and not mention.is_being:
        return Part(prep=prep, words=text)
    return Part(prep=prep, mention=mention, role=role)


def _is_circumstance(run: Sequence[Token]) -> bool:
    """When, in what weather, in what manner: no person, no thing, no place."""
    lows = [t.low for t in run if t.kind is Kind.WORD]
    return any(low in TIME_WORDS or low in WEATHER or low == "speed" for low in lows)


def _role(prep: str, mention: Mention, family: Family, before: Sequence[Part]) -> Role:
    if prep in ("", "and", ",", "or"):
        listed = prep and before and before[-1].role in (Role.TARGET, Role.OBJECT, Role.COMPANION, Role.FOE)
        return before[-1].role if listed and before[-1].role in (Role.COMPANION, Role.FOE) else _direct(mention, family)
    if prep in ("from", "against") and family.name == "rescue" and not mention.is_pronoun and not _can_be_place(prep, mention):
        return Role.FOE
    if mention.is_being or mention.is_pronoun:
        if prep in ("with", "alongside", "beside") and family.name not in ("fight", "talk", "meet", "love"):
            return Role.COMPANION
        return Role.TARGET if prep in _TOWARDS_BEINGS else Role.OTHER
    if _can_be_place(prep, mention):
        return Role.PLACE
    if prep in ("from", "against", "after") and family.name in _DONE_TO_BEINGS:
        return Role.TARGET
    if prep == "by":
        return Role.OTHER
    return (
        Role.OBJECT
        if prep in ("for", "at", "with", "to", "from") and not any(p.role is Role.OBJECT for p in before)
        else Role.OTHER
    )


def _direct(mention: Mention, family: Family) -> Role:
    if mention.is_pronoun:
        return Role.TARGET if mention.head != "it" else Role.OBJECT
    if mention.is_being:
        return Role.TARGET
    is_thing = mention.head in THINGS or mention.head in KIND_OF or mention.place_index is not None
    return Role.TARGET if family.name in _DONE_TO_BEINGS and not is_thing else Role.OBJECT


def _can_be_place(prep: str, mention: Mention) -> bool:
    last = prep.split()[-1]
    if last not in PLACE_PREPOSITIONS or mention.head in NO_PLACES or mention.head in CLOTHES or mention.is_pronoun:
        return False
    if mention.place_index is not None or mention.head in KIND_OF:
        return True
    return last in _INSIDE and singular(mention.head) not in NO_PLACES


def one_place(parts: list[Part], family: Family) -> list[Part]:
    """The last place with a preposition is where it happens; without one, a place that something is done to."""
    places = [i for i, p in enumerate(parts) if p.is_place]
    if not places and family.name not in _MAKES_THINGS:
        places = [i for i, p in enumerate(parts) if p.role is Role.OBJECT and p.is_known_kind][:1]
        return [replace(p, role=Role.PLACE) if i in places else p for i, p in enumerate(parts)]
    return [replace(p, role=Role.OTHER) if i in places[:-1] else p for i, p in enumerate(parts)]
