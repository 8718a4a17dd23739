"""References: whom "he" and "it" mean, who acts where nobody is named, and who acts in a passive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planning.offline.clause import Clause
from planning.offline.complements import Part, Role, one_place
from planning.offline.families import FAMILY_OF, PLAIN
from planning.offline.mentions import Mention
from planning.offline.verbgroup import VerbGroup, negated
from planning.offline.verbs import past_participle
from planning.offline.words import OBJECT_PRONOUNS, SUBJECT_PRONOUNS, word_set

_HANDING_ON = word_set("teach ask tell order help invite want force persuade command push lead allow")


def resolved_subjects(subjects: tuple[Mention, ...], earlier: Sequence[Clause], *, is_purpose: bool) -> tuple[Mention, ...]:
    """No subject, or a pronoun: whoever acted before; "teaches it to dance": whoever is taught; "one of them": of those before."""
    previous = earlier[-1] if earlier else None
    if (
        is_purpose
        and previous is not None
        and previous.targets
        and previous.group is not None
        and previous.group.lemma in _HANDING_ON
    ):
        return previous.targets
    subjects = tuple(_shared(m, earlier) for m in subjects)
    pronoun = bool(subjects) and all(m.is_pronoun and m.head in SUBJECT_PRONOUNS for m in subjects)
    if previous is None or (subjects and not pronoun):
        return subjects
    if pronoun and subjects[0].head == "they" and not previous.is_plural and previous.targets:
        return (*previous.subjects, *previous.targets)
    if pronoun and subjects[0].head == "it" and previous.is_plural and previous.things:
        return previous.things[-1:]
    return previous.subjects


def _shared(mention: Mention, earlier: Sequence[Clause]) -> Mention:
    """ "One of them": of the last who were several."""
    if not mention.core.endswith(" of them"):
        return mention
    told = (group for clause in reversed(earlier) for group in ((*clause.subjects, *clause.companions), clause.targets))
    among = next((group for group in told if len(group) > 1 or any(m.is_plural and not m.is_pronoun for m in group)), ())
    return replace(mention, among=tuple(among), is_pronoun=not among)


def resolved_objects(parts: list[Part], subjects: Sequence[Mention], earlier: Sequence[Clause]) -> list[Part]:
    """ "finds it": the last thing that was told of, as long as it is not the one who acts."""
    told = [
        m
        for clause in earlier
        for m in (*clause.subjects, *clause.things, *clause.foes)
        if m.again not in {s.again for s in subjects}
    ]
    if not told:
        return parts
    beings = [m for m in told if m.is_being]
    resolved = []
    for part in parts:
        if part.mention is not None and part.mention.is_pronoun and part.mention.head in OBJECT_PRONOUNS:
            wanted = told if part.mention.head in ("it", "this", "that") else beings
            if wanted:
                role = Role.TARGET if wanted[-1].is_being and part.role is Role.OBJECT else part.role
                part = replace(part, mention=wanted[-1], role=role)
        resolved.append(part)
    return resolved


def made_active(
    subjects: tuple[Mention, ...], group: VerbGroup, parts: list[Part]
) -> tuple[tuple[Mention, ...], VerbGroup, list[Part]]:
    """ "A village is attacked by a dragon" → "a dragon attacks a village". Without a "by" it stays as it is, in the present."""
    agent = next(
        (p for p in parts if p.prep == "by" and p.mention is not None and p.role in (Role.TARGET, Role.OTHER, Role.COMPANION)),
        None,
    )
    if agent is None or agent.mention is None or not subjects:
        *be, verb = group.said.split(" ")
        return subjects, replace(group, said=" ".join([*be, past_participle(verb)])), parts
    role = [
        Part(prep="" if i == 0 else "and", mention=m, role=Role.TARGET if m.is_being else Role.OBJECT)
        for i, m in enumerate(subjects)
    ]
    active = replace(group, said=negated(group.said.split(" ")[1] if group.is_negated else "", group.lemma), is_passive=False)
    return (
        (agent.mention,),
        active,
        one_place([*role, *(p for p in parts if p is not agent)], FAMILY_OF.get(group.lemma, PLAIN)),
    )
