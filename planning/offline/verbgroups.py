"""Where the verbs of a sentence are: the only hard question of reading, answered by form and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planning.offline.families import FAMILY_OF, PLAIN
from planning.offline.loose_verbs import loose_verbs, unknown_verb
from planning.offline.tokens import Kind, Token
from planning.offline.verbgroup import BLOCKING, VerbGroup, blocks, known_forms, negated, takes_infinitive
from planning.offline.words import (
    ADVERBS,
    ARTICLES,
    AUXILIARIES,
    BE,
    MODALS,
    NEGATIONS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    SEPARATORS,
    THINGS,
    WEATHER,
    is_plural_noun,
    word_set,
)

_PLURAL_SUBJECTS = frozenset(
    ["i", "you", "we", "they", "people", "children", "men", "women", "mice", "fish", "both", "all", "everybody"]
)
_REFUSING = word_set("refuse fail forget")
"""What they lead to does not happen."""
_SEEING = word_set("see watch hear feel notice make let help observe")
"""Whoever follows these does something too: "sees a dragon attack"."""


def verb_groups(tokens: Sequence[Token]) -> list[VerbGroup]:
    """Finite verbs in order; where there are none, what else can be a verb."""
    found = _versus(tokens) or _finite(tokens)
    return [*_before(tokens, found[0]), *found] if found else loose_verbs(tokens)


def _before(tokens: Sequence[Token], first: VerbGroup) -> list[VerbGroup]:
    """ "Mika is happy and | sings", "the phone rings and Tom | answers": a clause whose verb is no finite one that we know."""
    marks = [at for at in range(first.start) if tokens[at].low in ("and", "but", "so")]
    if not marks or tokens[0].low == "it":
        return []
    lead = tokens[: marks[-1]]
    be = [at for at in range(1, len(lead)) if lead[at].low in BE | {"has", "have", "had"} and lead[at - 1].low not in RELATIVES]
    if be:
        return [group for group in loose_verbs(lead[: be[0] + 2]) if group.start == be[0]]
    # together with the subject before, it would be "answer"
    is_single = first.end - first.start == 1 and known_forms()[tokens[first.start].low][1] == "third"
    return unknown_verb(lead) if is_single else []


def _finite(tokens: Sequence[Token]) -> list[VerbGroup]:
    groups: list[VerbGroup] = []
    for at in range(len(tokens)):
        if groups and at < groups[-1].end:
            continue
        group = _group_at(tokens, at, groups)
        if group is None:
            continue
        between = [t.low for t in tokens[groups[-1].end : at]] if groups else []
        if between in (["to"], ["not", "to"]) and takes_infinitive(groups[-1].lemma):
            before = groups.pop()
            group = replace(
                before,
                end=group.end,
                lemma=group.lemma,
                said=" ".join([before.said, *between, group.said]),
                is_negated=before.is_negated or len(between) > 1 or before.lemma in _REFUSING,
            )
        groups.append(group)
    return groups


def _versus(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "Saitama vs a giant monster" is a fight."""
    for at, token in enumerate(tokens):
        if 0 < at < len(tokens) - 1 and token.low in ("vs", "versus"):
            return [VerbGroup(start=at, end=at + 1, lemma="fight", said="fight")]
    return []


def _group_at(tokens: Sequence[Token], at: int, before: Sequence[VerbGroup]) -> VerbGroup | None:
    token = tokens[at]
    if token.kind is not Kind.WORD or token.low not in known_forms():
        return None
    lemma, form = known_forms()[token.low]
    start = _auxiliary_start(tokens, at)
    auxiliaries = [t.low for t in tokens[start:at]]
    if all(word in NEGATIONS for word in auxiliaries):
        told = [*tokens[:start], *tokens[at:]]
        if not _may_be_verb(told, start, form, before):
            return None
        previous = told[start - 1] if start else None
    else:
        previous = tokens[at - 1]
    if previous is not None and previous.low == "nor":
        auxiliaries.insert(0, "not")
    if previous is not None and previous.low == "to" and at >= 3 and tokens[at - 3].low in RELATIVES:
        return None  # "a robot who wanted to dance"
    if previous is not None and previous.low in RELATIVES and previous.low != "that":
        return None
    if previous is not None and previous.low == "that" and at >= 2 and tokens[at - 2].low not in SEPARATORS:
        return None
    if form == "ing" and not (set(auxiliaries) & BE):
        return None
    return _compose(start, at, lemma, form, auxiliaries)


def _compose(start: int, at: int, lemma: str, form: str, auxiliaries: list[str]) -> VerbGroup:
    """Auxiliaries and form → the present tense that the story is told in."""
    never = next((a for a in auxiliaries if a in NEGATIONS), "")
    helping = [a for a in auxiliaries if a not in NEGATIONS]
    is_plain = form == "plain" if not helping else helping[0] in ("are", "were", "get", "do", "have")
    is_passive = form == "past" and bool(set(helping) & BE) and not set(helping) & {"have", "has", "had"}
    if any(a in MODALS for a in helping):
        said = " ".join([*auxiliaries, lemma])
    elif is_passive:
        said = f"be {never} {lemma}" if never else f"be {lemma}"
    else:
        said = negated(never, lemma)
    return VerbGroup(
        start=start,
        end=at + 1,
        lemma=lemma,
        said=said,
        is_passive=is_passive,
        is_plain=is_plain,
        is_negated=bool(never) or "cannot" in helping,
    )


def _auxiliary_start(tokens: Sequence[Token], at: int) -> int:
    start = at
    while start and tokens[start - 1].kind is Kind.WORD and tokens[start - 1].low in AUXILIARIES | MODALS | NEGATIONS:
        start -= 1
    is_contrast = all(t.low == "not" for t in tokens[start:at])  # "Saitama, not Mika, fights"
    return at if is_contrast else start


def _may_be_verb(tokens: Sequence[Token], at: int, form: str, before: Sequence[VerbGroup]) -> bool:
    previous = tokens[at - 1] if at else None
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if previous is not None and blocks(previous, form):
        return False
    if following is not None and following.low == "of":
        return False
    if form == "plain" or (previous is None and tokens[at].low in FAMILY_OF):  # "Run!" is like a past
        return _has_plural_subject(tokens, at, before, following)
    if form == "past" and _is_adjective(tokens, at):
        return False
    if previous is None:
        # after a quotation: "…" shouts the wizard
        return (
            form == "third" and FAMILY_OF.get(known_forms()[tokens[at].low][0], PLAIN).name == "talk" and following is not None
        )
    return previous.kind is not Kind.COMMA or bool(before) or at > 1


def _has_plural_subject(tokens: Sequence[Token], at: int, before: Sequence[VerbGroup], following: Token | None) -> bool:
    previous = tokens[at - 1] if at else None
    if previous is None:
        # an order: "Fight the dragon"
        if following is None or following.low in PREPOSITIONS | ADVERBS:
            return tokens[at].low not in THINGS and tokens[at].low not in WEATHER  # "Run!", "Jump over the wall"
        third = tokens[at + 2] if at + 2 < len(tokens) else None
        if following.text[:1].isupper() and third is not None and third.low in BLOCKING:
            return True  # "Give Tom the ball"
        return following.low in BLOCKING | PRONOUNS or following.kind in (Kind.CHARACTER, Kind.PLACE)
    if previous.low == "to":
        return at >= 2
    if before and before[-1].lemma in _SEEING and at > before[-1].end:
        return previous.low not in PREPOSITIONS
    if not before and tokens[0].low in MODALS | {"will", "does", "do", "did"}:
        return True  # "Can Saitama win?"
    if previous.low in SEPARATORS or previous.kind is Kind.COMMA:
        return bool(before) and before[-1].is_plain
    if previous.low in ADVERBS and at >= 2:
        previous = tokens[at - 2]
    start = before[-1].end if before else 0
    subject = tokens[start:at]
    if [t.low for t in tokens[at - 2 : at]] == ["of", "them"]:
        return True
    if previous.low in _PLURAL_SUBJECTS or any(NUMBERS.get(t.low, 1) > 1 for t in subject):
        return True
    if any(t.low == "and" for t in subject) and not before:
        return True
    return previous.kind is Kind.WORD and is_plural_noun(previous.low)


def _is_adjective(tokens: Sequence[Token], at: int) -> bool:
    """ "a broken robot dances": a noun follows, and then a verb that does not wait for an "and"."""
    following = tokens[at + 1 :]
    if (
        not following
        or following[0].kind is Kind.COMMA
        or following[0].low in PREPOSITIONS | ARTICLES | SEPARATORS | ADVERBS | POSSESSIVES
    ):
        return False
    for token in following[1:]:
        if token.kind is Kind.COMMA or token.low in SEPARATORS or token.low in PREPOSITIONS:
            return False
        if token.kind is Kind.WORD and known_forms().get(token.low, ("", ""))[1] in ("third", "past"):
            return True
    return False
