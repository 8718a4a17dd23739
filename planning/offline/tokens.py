"""Sentences and words of an intent, with the world's own names kept whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from episodes.world import World
from planning.offline.places import KIND_OF
from planning.offline.words import BEINGS, PREPOSITIONS, SEPARATORS

_SENTENCE_END = re.compile(r"[.!?;:\n…。！？；：]+(?=\s|$)|[。！？；\n]+|\s[-–—]+\s|—")
_TITLES = re.compile(r"\b(mr|mrs|ms|dr|st|prof|vs)\.", re.IGNORECASE)
_WORD = r"no\s+(?:longer|one)\b|[^\W_](?:[\w'’-]*\w)?"
_SHORT_FORMS = {
    "can't": "cannot",
    "won't": "will not",
    "shan't": "will not",
    "it's": "it is",
    "he's": "he is",
    "she's": "she is",
}
_NEGATED = re.compile(r"(do|does|did|is|are|was|were|has|have|had|could|would|should|must|might)n't", re.IGNORECASE)


class Kind(Enum):
    WORD = auto()
    COMMA = auto()
    CHARACTER = auto()
    PLACE = auto()
    PROP = auto()
    INNER_VERB = auto()
    """A verb inside what is seen or made: "sees a dragon attack"."""
    OWNER = auto()
    """A possessive: "Mika's"; it stands before a noun like an article."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    text: str
    kind: Kind = Kind.WORD
    index: int = -1
    """Of a named character, place or prop: its place in the world."""

    @property
    def low(self) -> str:
        return self.text.casefold()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexer:
    """Cuts text into tokens; made once per world."""

    pattern: re.Pattern[str]
    names: dict[str, tuple[Kind, int]]

    def sentences(self, text: str) -> list[list[Token]]:
        """The words of each sentence, empty ones left out."""
        shielded = _TITLES.sub(r"\1", self._shield(text))
        return [tokens for part in _SENTENCE_END.split(shielded) if (tokens := self._tokens(part.replace("\x00", ".")))]

    def _shield(self, text: str) -> str:
        return self.pattern.sub(lambda m: m.group(0).replace(".", "\x00") if m.group("name") else m.group(0), text)

    def _tokens(self, sentence: str) -> list[Token]:
        found: list[Token] = []
        for match in self.pattern.finditer(sentence):
            for token in self._token(match):
                if found and _is_numbering(token, found):
                    token = Token(text=f"{found[-1].text[:1].upper()}{found.pop().text[1:]} {token.text}")
                found.append(token)
        return found

    def _token(self, match: re.Match[str]) -> list[Token]:
        text = match.group(0)
        if match.group("comma"):
            return [Token(text=",", kind=Kind.COMMA)]
        if match.group("name"):
            # case-insensitive matching knows a few more pairs than casefold does (dotless i): those are plain words
            kind, index = self.names.get(text.casefold(), (Kind.WORD, -1))
            return [Token(text=text, kind=kind, index=index)]
        plain = " ".join(text.replace("’", "'").split())
        if plain.casefold() in _SHORT_FORMS:
            return [Token(text=word) for word in _SHORT_FORMS[plain.casefold()].split()]
        if negated := _NEGATED.fullmatch(plain):
            return [Token(text=negated[1]), Token(text="not")]
        if plain.casefold().endswith(("'s", "s'")):
            return [Token(text=text, kind=Kind.OWNER)]
        return [Token(text=" ".join(text.split()))]


def _is_numbering(token: Token, before: Sequence[Token]) -> bool:
    """ "Guard 2", "room 12": the number is part of a name."""
    last = before[-1]
    is_name = last.text[:1].isupper() and len(before) > 1 and last.low not in PREPOSITIONS | SEPARATORS
    is_kind = last.low in BEINGS or last.low in KIND_OF
    return token.text.isdigit() and len(token.text) <= 3 and last.kind is Kind.WORD and (is_name or is_kind)


def lexer_for(world: World) -> Lexer:
    """Knows the names and ids of the world's characters, places and props; the longest name wins."""
    names: dict[str, tuple[Kind, int]] = {}
    for kind, named in (
        (Kind.PROP, [(p.name, p.prop_id) for p in world.props]),
        (Kind.PLACE, [(p.name, p.place_id) for p in world.places]),
        (Kind.CHARACTER, [(c.name, c.character_id) for c in world.characters]),
    ):
        for index, (name, identity) in enumerate(named):
            for alias in (identity.replace("-", " ").replace("_", " ").strip(), name, name.removeprefix("The ")):
                names[alias.casefold()] = (kind, index)
    names.pop("", None)
    alternatives = "|".join(_bounded(name) for name in sorted(names, key=len, reverse=True))
    name_group = f"(?P<name>{alternatives})" if alternatives else r"(?P<name>(?!))"
    return Lexer(pattern=re.compile(rf"{name_group}|(?P<word>{_WORD})|(?P<comma>[,、，])", re.IGNORECASE), names=names)


def _bounded(name: str) -> str:
    # "Ai" is not in "rain"; scripts without spaces have no such bounds
    if name.isascii():
        return rf"(?<![\w]){re.escape(name)}(?!\w|['’]s\b)"
    return re.escape(name)
