"""Loose verbs: the verb of a sentence that has no finite one that we know."""

from __future__ import annotations

from collections.abc import Sequence

from planning.offline.tokens import Kind, Token
from planning.offline.verbgroup import VerbGroup, blocks, known_forms, negated, takes_infinitive
from planning.offline.verbs import plain_of_unknown
from planning.offline.words import (
    ADVERBS,
    ARTICLES,
    BEINGS,
    NEGATIONS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    is_plural_noun,
    singular,
)


def loose_verbs(tokens: Sequence[Token]) -> list[VerbGroup]:
    """Participles ("a cat sleeping"), relative clauses, unknown words in -s, or a bare "is"."""
    for search in (_participles, _relative, _unknown_negated, unknown_verb, _copula):
        found = search(tokens)
        if found:
            return found
    return []


def _participles(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "A cat sleeping on a roof", "Running from a dragon": the -ing form is all the verb there is."""
    for at, token in enumerate(tokens):
        lemma, form = known_forms().get(token.low, ("", ""))
        if form != "ing" or token.kind is not Kind.WORD or (at and blocks(tokens[at - 1], form)):
            continue
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        is_free = (
            following is None
            or following.kind is not Kind.WORD
            or following.low in PREPOSITIONS | ARTICLES | POSSESSIVES | ADVERBS
        )
        if is_free or at:
            return [VerbGroup(start=at, end=at + 1, lemma=lemma, said=lemma)]
    return []


def _relative(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "A girl who dances with ghosts": told as "a girl dances with ghosts"."""
    for at, token in enumerate(tokens):
        lemma, form = known_forms().get(token.low, ("", ""))
        start = at - 1 - (at > 1 and tokens[at - 1].low in NEGATIONS)
        if start > 0 and form in ("third", "past", "plain") and tokens[start].low in RELATIVES and token.kind is Kind.WORD:
            never = tokens[at - 1].low if start < at - 1 else ""
            goal = tokens[at + 2].low if at + 2 < len(tokens) and tokens[at + 1].low == "to" else ""
            said, end = negated(never, lemma), at + 1
            if takes_infinitive(lemma) and known_forms().get(goal, ("", ""))[1] == "plain":
                said, end, lemma = f"{said} to {goal}", at + 3, goal
            return [VerbGroup(start=start, end=end, lemma=lemma, said=said, is_plain=form == "plain", is_negated=bool(never))]
    return []


def _unknown_negated(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "The dog does not bark"."""
    groups = []
    for at in range(1, len(tokens) - 2):
        helping, never, verb = tokens[at : at + 3]
        if helping.low in ("do", "does", "did") and never.low in NEGATIONS and verb.kind is Kind.WORD and verb.text.islower():
            said = negated(never.low, verb.low)
            groups.append(VerbGroup(start=at, end=at + 3, lemma=verb.low, said=said, is_negated=True))
    return groups


def unknown_verb(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "A cat purrs": a word in -s after a whole noun phrase, when nothing else can be the verb."""
    for at in range(1, len(tokens)):
        token, previous = tokens[at], tokens[at - 1]
        is_third = (
            token.kind is Kind.WORD
            and token.low.isalpha()
            and token.low.endswith("s")
            and not token.low.endswith(("ss", "us", "is"))
        )
        is_word = (
            is_third
            and token.text.islower()
            and len(token.low) > 3
            and token.low not in PREPOSITIONS | ADVERBS | NUMBERS.keys()
            and singular(token.low) not in BEINGS
        )
        never = previous.low if at > 1 and previous.low in NEGATIONS else ""
        start = at - 1 if never else at
        previous = tokens[start - 1]
        if not is_word or blocks(previous, "third") or (at + 1 < len(tokens) and tokens[at + 1].low == "of"):
            continue
        subject = tokens[:start]
        opens = (
            subject[0].kind is not Kind.WORD
            or subject[0].low in ARTICLES | POSSESSIVES
            or (start == 1 and subject[0].text[:1].isupper())
        )
        is_whole = opens and (subject[0].low not in ARTICLES | POSSESSIVES or start >= 2)
        if is_whole and not any(t.low in PREPOSITIONS for t in subject) and not is_plural_noun(previous.low):
            lemma = plain_of_unknown(token.low)
            said = negated(never, lemma)
            return [VerbGroup(start=start, end=at + 1, lemma=lemma, said=said, is_negated=bool(never))]
    return []


def _copula(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "Mika is happy", "The robot has a secret"."""
    for at, token in enumerate(tokens):
        if at and token.low in ("is", "are", "was", "were", "has", "have", "had"):
            lemma = "have" if token.low.startswith("ha") else "be"
            end = at + 1
            never = tokens[end].low if end < len(tokens) and tokens[end].low in NEGATIONS else ""
            said, end = (f"{lemma} {never}", end + 1) if never else (lemma, end)
            return [VerbGroup(start=at, end=end, lemma=lemma, said=said, is_negated=bool(never))]
    return []
