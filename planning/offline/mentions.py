"""Mention: a noun phrase of the intent - who or what it means, and how the story speaks of it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from episodes.world import Character, World
from planning.offline.places import KIND_OF
from planning.offline.tokens import Kind, Token
from planning.offline.words import (
    ARTICLES,
    BEINGS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    SIZES,
    THINGS,
    TIME_WORDS,
    WEATHER,
    is_plural_noun,
    singular,
)

_KEPT = {"all", "every", "each", "no", "both", "another", "some", "any"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    phrase: str
    """As it is first told: "a giant monster", "her kite", "Saitama"."""
    again: str
    """As it is told from then on: "the giant monster", "the kite", "Saitama"."""
    core: str
    """Without article and number: "giant monster"."""
    head: str
    """The noun itself, singular and in small letters: "monster"."""
    number: int = 1
    is_plural: bool = False
    character: Character | None = None
    """The world's character that it means."""
    place_index: int | None = None
    """The world's place that it means."""
    is_pronoun: bool = False
    is_proper: bool = False
    """A name: its own capital letter, no article."""
    among: tuple[Mention, ...] = ()
    """Whose `number` it is: "two of them"."""

    @property
    def name(self) -> str:
        """Its core without what it has: "old witch" of "old witch with a purple hat"."""
        return self.core.partition(" with ")[0]

    @property
    def is_new(self) -> bool:
        """ "a monster", "another monster": one that was not told of before."""
        return self.phrase.casefold().partition(" ")[0] in ("a", "an", "another")

    @property
    def is_being(self) -> bool:
        if self.character is not None:
            return True
        is_called = self.is_proper and self.head not in THINGS and self.head not in KIND_OF
        return self.place_index is None and (self.head in BEINGS or is_called)


def mention_of(tokens: Sequence[Token], world: World, *, at_start: bool = False) -> Mention | None:
    """What a run of tokens means; None when there is no noun in it. `at_start`: its first capital letter says nothing."""
    words = [t for t in tokens if t.kind is not Kind.COMMA]
    if not words:
        return None
    if [t.low for t in words[1:]] in (["of", "them"], ["of", "us"], ["of", "you"]) and words[0].low in NUMBERS.keys() | _SHARES:
        number = NUMBERS.get(words[0].low, _ALL)
        phrase = " ".join(t.low for t in words)
        is_plural = number > 1 and words[0].low not in ("each", "neither", "none")
        return Mention(
            phrase=phrase, again=phrase, core=phrase, head="them", number=number, is_plural=is_plural, is_pronoun=True
        )
    if len(words) == 1 and words[0].low in PRONOUNS | {"her"}:
        low = words[0].low
        text = words[0].text if low == "i" else low
        return Mention(phrase=text, again=text, core=low, head=low, is_plural=low in _PLURAL_PRONOUNS, is_pronoun=True)
    determiners, core = _split(words)
    if not core:
        return None
    named = next((t for t in core if t.kind is Kind.CHARACTER), None)
    place = next((t.index for t in core if t.kind is Kind.PLACE), None)
    before_of = _before_of(core)
    is_numbered = before_of[-1].kind is Kind.WORD and before_of[-1].text.rpartition(" ")[2].isdigit()
    head = singular(before_of[-1].low.rpartition(" ")[0] if is_numbered else before_of[-1].low)
    number = max((NUMBERS.get(t.low, 1) for t in determiners), default=1)
    is_plural = number > 1 or (named is None and place is None and is_plural_noun(before_of[-1].low))
    is_proper = (
        not determiners
        and named is None
        and _is_name(before_of)
        and (is_numbered or not (at_start and len(core) == 1 and _is_common(head)))
    )
    text = " ".join(t.text for t in core)
    short = text.partition(" with ")[0]
    if named is not None and not determiners and len(core) == 1:
        known = world.characters[named.index]
        return Mention(phrase=known.name, again=known.name, core=known.name, head=head, character=known)
    again = _again(short, determiners, number, is_proper, is_plural)
    if [t.low for t in determiners[:2]] == ["one", "of"]:  # "one of the robots"
        again = " ".join([*(t.low for t in determiners), short])
        number, is_plural, text = 1, False, " ".join([*(t.text for t in core[:-1]), singular(core[-1].low)])
    character = world.characters[named.index] if named is not None else None if is_numbered else _described(head, world)
    return Mention(
        phrase=_lower_first(" ".join(t.text for t in words), determiners, is_proper),
        again=again,
        core=text if is_proper else _lower_common(text, at_start and not determiners),
        head=head,
        number=number if number > 1 else (2 if is_plural else 1),
        is_plural=is_plural,
        character=character,
        place_index=place,
        is_proper=is_proper,
    )


_ALL = 99
_SHARES = {"all", "each", "most", "neither", "none"}
_PLURAL_PRONOUNS = {"they", "them", "we", "us", "i", "you", "themselves"}


def _is_name(core: Sequence[Token]) -> bool:
    """ "Goku", "Dr Light": every word is written large."""
    return all(t.text[:1].isupper() for t in core)


def _is_common(head: str) -> bool:
    return head in BEINGS or head in THINGS or head in WEATHER or head in TIME_WORDS


def _split(words: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """Articles, owners and numbers in front, and the rest: "a pair of | robots"."""
    at = 0
    while at < len(words) and (
        words[at].kind is Kind.OWNER
        or words[at].low in ARTICLES | POSSESSIVES | {"not"}
        or (words[at].low in NUMBERS and at + 1 < len(words))
    ):
        at += 1
        if at < len(words) and words[at].low == "of" and words[at - 1].low in NUMBERS:
            at += 1
    return list(words[:at]), list(words[at:])


def _before_of(core: Sequence[Token]) -> Sequence[Token]:
    """The part that the head stands at the end of: "king | of cats", "girl | who lost her way"."""
    for at, token in enumerate(core):
        if at and token.kind is Kind.WORD and (token.low in RELATIVES or token.low in PREPOSITIONS):
            return core[:at]
    return core


def _again(text: str, determiners: Sequence[Token], number: int, is_proper: bool, is_plural: bool) -> str:
    lows = [t.low for t in determiners]
    if is_proper:
        return text
    counted = [t.text.lower() for t in determiners if t.low in NUMBERS and NUMBERS[t.low] > 1 and t.low not in _KEPT]
    if "of" in lows and counted:
        counted = []
    if any(low in ("all", "every", "each", "no") or low in POSSESSIVES for low in lows) or any(
        t.kind is Kind.OWNER for t in determiners
    ):
        return " ".join([*(t.text if t.kind is Kind.OWNER else t.low for t in determiners), text])
    return " ".join(["the", *counted, _lower_common(text, not determiners)])


def _lower_common(text: str, at_start: bool) -> str:
    return text[:1].lower() + text[1:] if at_start and text[:2] != text[:2].upper() else text


def _lower_first(text: str, determiners: Sequence[Token], is_proper: bool) -> str:
    if is_proper or (determiners and determiners[0].kind is Kind.OWNER):
        return text
    return text[:1].lower() + text[1:]


def kind_of(character: Character) -> str:
    """What sort of being a character is, by the first kind that its description or name speaks of; "" if none."""
    for text in (character.description, character.name):
        words = text.casefold().replace(",", " ").replace(".", " ").replace("-", " ").split()
        kinds = [singular(word) for word in words if singular(word) in BEINGS]
        # "a giant cat" is a cat
        kinds = [kind for kind in kinds if kind not in SIZES] or kinds
        if kinds:
            return kinds[0]
    return ""


def _described(head: str, world: World) -> Character | None:
    """The character that "the robot" means: whose name has the word, else the only one that is of this kind."""
    for character in world.characters:
        if head in character.name.casefold().split():
            return character
    if head not in BEINGS:
        return None
    of_kind = [c for c in world.characters if kind_of(c) == head]
    return of_kind[0] if len(of_kind) == 1 else None
