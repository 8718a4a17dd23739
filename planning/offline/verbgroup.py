"""VerbGroup: a verb as it stands in a sentence; and what verbs are known, and what cannot stand before one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from planning.offline.families import FAMILY_OF
from planning.offline.tokens import Kind, Token
from planning.offline.verbs import agreeing, forms_of
from planning.offline.words import (
    ARTICLES,
    BEINGS,
    MODALS,
    NEGATIONS,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    SIZES,
    word_set,
)

BLOCKING = (ARTICLES - {"that", "this", "all", "both", "these", "those"}) | POSSESSIVES
_SIZES_ALONE = frozenset(SIZES) - frozenset(BEINGS)
"""Not "the giant sleeps"."""
_SEMI = word_set(
    "try want start begin decide have learn need help hope wish go come continue refuse fail forget get love plan promise agree"
)
_OF_NO_FAMILY = word_set("decide refuse fail agree blow rain snow howl bark growl purr snore sneeze sigh breathe spit")


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
def known_forms() -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for verb in (*FAMILY_OF, *_OF_NO_FAMILY):
        for form, kind in forms_of(verb).items():
            table.setdefault(form, (verb, kind))
    for verb in FAMILY_OF:
        table[verb] = (verb, "plain") if table.get(verb, ("", ""))[1] != "past" else table[verb]
    return table


def denied(group: VerbGroup) -> VerbGroup:
    """The same, not done."""
    return replace(group, said=negated("not", group.said), is_negated=True)


def negated(never: str, lemma: str) -> str:
    if never in ("not", "neither"):
        return f"do not {lemma}"
    return f"{never} {lemma}".strip()


def takes_infinitive(lemma: str) -> bool:
    return lemma in _SEMI


def blocks(previous: Token, form: str) -> bool:
    if previous.kind is Kind.OWNER or previous.low in BLOCKING or previous.low in _SIZES_ALONE:
        return True
    if previous.low in NUMBERS and form != "plain":
        return True
    return previous.low in PREPOSITIONS and previous.low not in ("to", "up", "down", "out", "off", "before", "after", "until")
