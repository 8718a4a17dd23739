"""Openings: what stands before the subject of a clause - when and where it happens, and how things are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from episodes.world import World
from planning.offline.complements import Part, parts_of
from planning.offline.families import PLAIN
from planning.offline.tokens import Kind, Token
from planning.offline.words import (
    ADVERBS,
    ARTICLES,
    AUXILIARIES,
    BE,
    BEINGS,
    MODALS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    SEPARATORS,
    TIME_WORDS,
    is_plural_noun,
    singular,
    word_set,
)

BEFORE_OR_AFTER = word_set("after before until")
"""They lead in a clause or, before its subject, a phrase: "after the war the soldier"."""
_MOODS = word_set("tired hungry thirsty angry sad happy afraid lonely curious proud calm brave sick wet")
_WHICH = word_set("every each one that this last the")
_OPENERS = word_set("at in on one during under after before near deep high far inside outside behind beside by over above")


def opening_of(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """ "At night, | the cat": phrases before the subject, and the subject. Leading conjunctions are dropped."""
    at = 0
    while at < len(tokens) and (
        tokens[at].kind is Kind.COMMA or tokens[at].low in SEPARATORS | {"to"} | ADVERBS | AUXILIARIES | MODALS
    ):
        at += 1
    rest = tokens[at:]
    if len(rest) > 2 and rest[0].low in _WHICH and rest[1].low in TIME_WORDS:
        return rest[:2], rest[2:]
    commas = [i for i, t in enumerate(rest) if t.kind is Kind.COMMA]
    if commas and rest[0].low in _OPENERS:
        return rest[: commas[0]], rest[commas[0] + 1 :]
    if commas and _is_state(rest[: commas[0]]) and len(rest) > commas[0] + 1:
        return rest[: commas[0]], rest[commas[0] + 1 :]
    prep = tokens[at - 1 : at] if at and tokens[at - 1].low in BEFORE_OR_AFTER else ()
    if prep or (rest and rest[0].low in _OPENERS):
        led = [*prep, *rest]
        end = next((i for i in range(2, len(led)) if _begins_subject(led[i], led[i - 1])), 0)
        return (led[:end], led[end:]) if end else ((), rest)
    if len(rest) > 2 and rest[0].low == "it" and rest[1].low in BE:
        end = next((i for i, t in enumerate(rest) if t.kind is Kind.COMMA or t.low in SEPARATORS), 0)
        return rest[:end], rest[end + 1 :] if end else rest[2:]  # "it is Tom who sings"
    end = next((i for i in range(2, min(len(rest), 5)) if _is_time(rest[:i]) and _begins_subject(rest[i], rest[i - 1])), 0)
    return rest[:end], rest[end:]


def _is_state(tokens: Sequence[Token]) -> bool:
    """ "Frightened", "tired and hungry"."""
    words = [t for t in tokens if t.low != "and"]
    return bool(words) and all(
        t.kind is Kind.WORD and t.low not in BEINGS and (t.low in _MOODS or (len(t.low) > 5 and t.low.endswith(("ed", "ing"))))
        for t in words
    )


def _is_time(tokens: Sequence[Token]) -> bool:
    """ "The next morning", "two days later"."""
    return tokens[0].low in ARTICLES | NUMBERS.keys() and any(singular(t.low) in TIME_WORDS for t in tokens[-2:])


def _begins_subject(token: Token, before: Token) -> bool:
    """ "In the forest | a wolf", "at dawn | Mika"."""
    if before.low in ARTICLES | POSSESSIVES | NUMBERS.keys() | PREPOSITIONS or before.kind is Kind.OWNER:
        return False
    is_determiner = (
        token.kind in (Kind.OWNER, Kind.CHARACTER) or token.low in ARTICLES | POSSESSIVES | NUMBERS.keys() | PRONOUNS
    )
    return is_determiner or token.text[:1].isupper() or (before.low in TIME_WORDS and is_plural_noun(token.low))


def circumstances(opening: Sequence[Token], world: World) -> list[Part]:
    if opening and opening[0].low == "it":
        return [Part(prep="as", words=" ".join(t.low for t in opening))]  # "it is late"
    if _is_state(opening):
        return [Part(words=" ".join(t.low for t in opening))]
    is_graded = len(opening) > 1 and opening[0].low in ("deep", "high", "far") and opening[1].low in PREPOSITIONS
    told = [replace(t, text=t.low) if not at and t.kind is Kind.WORD else t for at, t in enumerate(opening)]
    return parts_of(told[1:] if is_graded else told, world, PLAIN)
