"""Narrator: turns templates and clauses into sentences; who was introduced is spoken of as "the …" from then on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from planning.offline.clause import Clause
from planning.offline.complements import Part
from planning.offline.mentions import Mention
from planning.offline.verbs import agreeing
from planning.offline.words import STATIC_PREPOSITIONS, TIME_WORDS, WEATHER

_SLOT = re.compile(r"\{(\w)(?::([a-z ]+))?\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Who and what a template's letters stand for; empty ones are not there."""

    a: tuple[Mention, ...] = ()
    t: tuple[Mention, ...] = ()
    o: tuple[Mention, ...] = ()
    p: str = ""

    def has(self, template: str) -> bool:
        return all(bool(getattr(self, letter)) for letter in named_in(template))


def named_in(template: str) -> frozenset[str]:
    return frozenset(letter for letter, _ in _SLOT.findall(template))


@dataclass(kw_only=True, slots=True)
class Narrator:
    """Tells one episode; changes as it goes, because a name is introduced once."""

    known: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    """Sentences that were used up."""

    def sentence(self, template: str, roles: Roles, lead: str = "") -> str:
        text = _SLOT.sub(lambda slot: self._fill(slot.group(1), slot.group(2), roles), template)
        return _finished(f"{lead}, {text}" if lead else text)

    def once(self, templates: Iterator[tuple[str, str]], roles: Roles) -> tuple[str, str]:
        """The first (lead, template) whose sentence was not told yet; returns the sentence and its template."""
        sentence, template = "", ""
        for lead, template in templates:
            before = set(self.known)
            sentence = self.sentence(template, roles, lead)
            if sentence not in self.told:
                break
            self.known = before
        self.told.add(sentence)
        return sentence, template

    def clause(self, clause: Clause) -> str:
        """What the intent says, in the present: "Saitama fights the giant monster on a rooftop."."""
        if clause.group is None:
            return _finished(clause.text)
        subject = self._listed(clause.subjects)
        verb = clause.group.agreeing(is_plural=clause.is_plural)
        lead = f"{clause.lead} and" if clause.lead else ""
        rest = [self._part(part) for part in clause.parts]
        sentence = _finished(" ".join(word for word in (subject, lead, verb, *rest) if word))
        self.told.add(sentence)
        return sentence

    def introduce(self, *names: str) -> None:
        self.known.update(names)

    def _part(self, part: Part) -> str:
        words = part.words.casefold().split()
        is_opened = any(f"when:{word}" in self.known for word in words if word in TIME_WORDS or word in WEATHER)
        if part.mention is None:
            return "" if is_opened else part.told(set())
        if part.is_place and part.mention.again in self.known and part.prep in STATIC_PREPOSITIONS:
            return ""
        phrase = part.told(self.known)
        self.known.add(part.mention.again)
        return phrase

    def _fill(self, letter: str, verb: str | None, roles: Roles) -> str:
        if letter == "p":
            return roles.p
        mentions: tuple[Mention, ...] = getattr(roles, letter)
        if verb:
            return agreeing(verb, is_plural=len(mentions) > 1 or any(m.is_plural for m in mentions))
        return self._listed(mentions)

    def _listed(self, mentions: Sequence[Mention]) -> str:
        phrases = []
        for mention in mentions:
            phrases.append(mention.again if mention.again in self.known else mention.phrase)
            self.known.add(mention.again)
        return " and ".join([", ".join(phrases[:-1]), phrases[-1]]) if len(phrases) > 1 else "".join(phrases)


def _finished(text: str) -> str:
    """With a capital letter and a full stop; of nothing but commas, these."""
    whole = " ".join(text.split()).replace(" ,", ",")
    flat = whole.strip(" ,") or whole
    is_open = flat[-1:].isascii() and flat[-1:].isalnum()
    ended = flat + "." if is_open else flat
    return ended[:1].upper() + ended[1:]
