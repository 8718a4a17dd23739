"""Where the verbs of a sentence are: the only hard question of reading, answered by form and neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from planning.offline.families import FAMILY_OF, PLAIN
from planning.offline.tokens import Kind, Token
from planning.offline.verbs import agreeing, forms_of, plain_of_unknown
from planning.offline.words import (
    ADVERBS,
    ARTICLES,
    AUXILIARIES,
    BE,
    BEINGS,
    MODALS,
    NEGATIONS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    RELATIVES,
    SEPARATORS,
    SIZES,
    THINGS,
    WEATHER,
    is_plural_noun,
    word_set,
)

_BLOCKING = (ARTICLES - {"that", "this", "all", "both", "these", "those"}) | POSSESSIVES
_SIZES_ALONE = frozenset(SIZES) - frozenset(BEINGS)
"""Not "the giant sleeps"."""
_PLURAL_SUBJECTS = frozenset(
    ["i", "you", "we", "they", "people", "children", "men", "women", "mice", "fish", "both", "all", "everybody"]
)
_SEMI = word_set(
    "try want start begin decide have learn need help hope wish go come continue refuse fail get love plan promise agree"
)
_REFUSING = word_set("refuse fail forget")
"""What they lead to does not happen."""
_ALONE = word_set("decide refuse fail agree blow rain snow howl bark growl purr snore sneeze sigh breathe spit")
"""They belong to no family."""
_SEEING = word_set("see watch hear feel notice make let help observe")
"""Whoever follows these does something too: "sees a dragon attack"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerbGroup:
    """The verb with its auxiliaries: tokens `start` to `end` (not included)."""

    start: int
    end: int
    lemma: str
    """Plain form of what is done: "find" in "tries to find"."""
    said: str
    """Plain form of what is told: "try to find", "must find"."""
    is_passive: bool = False
    is_plain: bool = False
    """Stands in its plain form: its subject is many."""
    is_negated: bool = False
    """It is not done: "does not", "never", "refuses to"."""

    def agreeing(self, *, is_plural: bool) -> str:
        never = next((word for word in NEGATIONS if self.said.startswith(f"{word} ")), "")
        verb = self.said.removeprefix(f"{never} ")
        told = verb if verb.split(" ")[0] in MODALS else agreeing(verb, is_plural=is_plural)
        return f"{never} {told}".strip()


@cache
def _forms() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for verb in (*FAMILY_OF, *_ALONE):
        for form, kind in forms_of(verb).items():
            table.setdefault(form, (verb, kind))
    for verb in FAMILY_OF:
        table[verb] = (verb, "plain") if table.get(verb, ("", ""))[1] != "past" else table[verb]
    return table


def verb_groups(tokens: Sequence[Token]) -> list[VerbGroup]:
    """Finite verbs in order; where there are none, participles ("a cat sleeping"), unknown words in -s, or a bare "is"."""
    found = _versus(tokens) or _finite(tokens)
    if found:
        return found
    for search in (_participles, _relative, _unknown_negated, _unknown, _copula):
        found = search(tokens)
        if found:
            return found
    return []


def _finite(tokens: Sequence[Token]) -> list[VerbGroup]:
    groups: list[VerbGroup] = []
    for at in range(len(tokens)):
        if groups and at < groups[-1].end:
            continue
        group = _group_at(tokens, at, groups)
        if group is None:
            continue
        between = [t.low for t in tokens[groups[-1].end : at]] if groups else []
        if between in (["to"], ["not", "to"]) and _takes_infinitive(groups[-1].lemma):
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


def _takes_infinitive(lemma: str) -> bool:
    return lemma in _SEMI


def _group_at(tokens: Sequence[Token], at: int, before: Sequence[VerbGroup]) -> VerbGroup | None:
    token = tokens[at]
    if token.kind is not Kind.WORD or token.low not in _forms():
        return None
    lemma, form = _forms()[token.low]
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


def denied(group: VerbGroup) -> VerbGroup:
    """The same, not done."""
    return replace(group, said=negated("not", group.said), is_negated=True)


def negated(never: str, lemma: str) -> str:
    if never in ("not", "neither"):
        return f"do not {lemma}"
    return f"{never} {lemma}".strip()


def _auxiliary_start(tokens: Sequence[Token], at: int) -> int:
    start = at
    while start and tokens[start - 1].kind is Kind.WORD and tokens[start - 1].low in AUXILIARIES | MODALS | NEGATIONS:
        start -= 1
    is_contrast = all(t.low == "not" for t in tokens[start:at])  # "Saitama, not Mika, fights"
    return at if is_contrast else start


def _may_be_verb(tokens: Sequence[Token], at: int, form: str, before: Sequence[VerbGroup]) -> bool:
    previous = tokens[at - 1] if at else None
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if previous is not None and _blocks(previous, form):
        return False
    if following is not None and following.low == "of":
        return False
    if form == "plain" or (previous is None and tokens[at].low in FAMILY_OF):  # "Run!" is like a past
        return _has_plural_subject(tokens, at, before, following)
    if form == "past" and _is_adjective(tokens, at):
        return False
    if previous is None:
        # after a quotation: "…" shouts the wizard
        return form == "third" and FAMILY_OF.get(_forms()[tokens[at].low][0], PLAIN).name == "talk" and following is not None
    return previous.kind is not Kind.COMMA or bool(before) or at > 1


def _blocks(previous: Token, form: str) -> bool:
    if previous.kind is Kind.OWNER or previous.low in _BLOCKING or previous.low in _SIZES_ALONE:
        return True
    if previous.low in NUMBERS and form != "plain":
        return True
    return previous.low in PREPOSITIONS and previous.low not in ("to", "up", "down", "out", "off", "before", "after", "until")


def _has_plural_subject(tokens: Sequence[Token], at: int, before: Sequence[VerbGroup], following: Token | None) -> bool:
    previous = tokens[at - 1] if at else None
    if previous is None:
        # an order: "Fight the dragon"
        if following is None or following.low in PREPOSITIONS | ADVERBS:
            return tokens[at].low not in THINGS and tokens[at].low not in WEATHER  # "Run!", "Jump over the wall"
        return following.low in _BLOCKING | PRONOUNS or following.kind in (Kind.CHARACTER, Kind.PLACE)
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
        if token.kind is Kind.WORD and _forms().get(token.low, ("", ""))[1] in ("third", "past"):
            return True
    return False


def _participles(tokens: Sequence[Token]) -> list[VerbGroup]:
    """ "A cat sleeping on a roof", "Running from a dragon": the -ing form is all the verb there is."""
    for at, token in enumerate(tokens):
        lemma, form = _forms().get(token.low, ("", ""))
        if form != "ing" or token.kind is not Kind.WORD or (at and _blocks(tokens[at - 1], form)):
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
        lemma, form = _forms().get(token.low, ("", ""))
        start = at - 1 - (at > 1 and tokens[at - 1].low in NEGATIONS)
        if start > 0 and form in ("third", "past", "plain") and tokens[start].low in RELATIVES and token.kind is Kind.WORD:
            never = tokens[at - 1].low if start < at - 1 else ""
            goal = tokens[at + 2].low if at + 2 < len(tokens) and tokens[at + 1].low == "to" else ""
            said, end = negated(never, lemma), at + 1
            if _takes_infinitive(lemma) and _forms().get(goal, ("", ""))[1] == "plain":
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


def _unknown(tokens: Sequence[Token]) -> list[VerbGroup]:
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
        )
        never = previous.low if at > 1 and previous.low in NEGATIONS else ""
        start = at - 1 if never else at
        previous = tokens[start - 1]
        if not is_word or _blocks(previous, "third") or (at + 1 < len(tokens) and tokens[at + 1].low == "of"):
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
