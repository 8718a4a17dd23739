"""Reading: who does what, to whom, where and when, out of an intent and the world's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from episodes.plan import TimeOfDay
from episodes.world import World
from planning.offline.complements import Part, Role, one_place, parts_of
from planning.offline.families import FAMILY_NAMED, FAMILY_OF, PLAIN, Family
from planning.offline.mentions import Mention, mention_of
from planning.offline.preface import opened
from planning.offline.tokens import Kind, Token, lexer_for
from planning.offline.verbgroups import VerbGroup, verb_groups
from planning.offline.verbs import agreeing, past_participle, third_person
from planning.offline.words import (
    ADVERBS,
    AUXILIARIES,
    MODALS,
    OBJECT_PRONOUNS,
    RELATIVES,
    SEPARATORS,
    SUBJECT_PRONOUNS,
    TIME_WORDS,
    TIMES,
    WEATHER,
    word_set,
)

# what follows the verb can change what is meant
_PHRASALS = {("look", "for"): "search", ("hunt", "for"): "search", ("dig", "for"): "search", ("run", "from"): "flee", ("run", "away"): "flee",
             ("hide", "from"): "hide", ("turn", "into"): "change", ("take", "off"): "fly", ("fall", "asleep"): "sleep", ("fall", "in love"): "love",
             ("go", "to sleep"): "sleep", ("go", "to bed"): "sleep", ("look", "after"): "rescue", ("wake", "up"): "change",
             ("stand", "against"): "fight", ("crash", "into"): "fall", ("break", "into"): "hide", ("run", "after"): "chase",
             ("go", "after"): "chase"}  # fmt: skip
_MINOR = word_set("turn stop go come start begin stand wake rise move step get continue")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One thing that happens."""

    subjects: tuple[Mention, ...]
    group: VerbGroup | None
    family: Family
    parts: tuple[Part, ...]
    """What follows the verb."""
    place: Part | None
    time_of_day: TimeOfDay | None
    weather: str
    text: str
    """As it was written."""
    lead: str = ""
    """A small move before it: "turns"."""
    quote: str = ""
    """What is said in it, word for word."""

    @property
    def is_plural(self) -> bool:
        return len(self.subjects) > 1 or any(m.is_plural for m in self.subjects)

    @property
    def targets(self) -> tuple[Mention, ...]:
        """Beings that it is done to."""
        return tuple(p.mention for p in self.parts if p.role is Role.TARGET and p.mention)

    @property
    def things(self) -> tuple[Mention, ...]:
        """What it is about, beings or not."""
        return tuple(p.mention for p in self.parts if p.role in (Role.OBJECT, Role.TARGET) and p.mention)

    @property
    def companions(self) -> tuple[Mention, ...]:
        return tuple(p.mention for p in self.parts if p.role is Role.COMPANION and p.mention)

    @property
    def is_minor(self) -> bool:
        """Only leads up to the next one: "turns and fights"."""
        return self.group is not None and self.group.lemma in _MINOR and not self.things and self.place is None


def read(intent: str, world: World) -> tuple[Clause, ...]:
    """The clauses in the order in which they are told; at least one, whatever the intent is."""
    told = opened(intent)
    clauses: list[Clause] = []
    for tokens in lexer_for(world).sentences(told.story):
        clauses.extend(_read_sentence(_as_deed(tokens), world, clauses))
    if not clauses:
        clauses.append(_bare([], intent, world))
    return tuple(_with_quotes(_merge_minor(clauses), told.quotes))


def _as_deed(tokens: list[Token]) -> list[Token]:
    """ "A fight between Saitama and a monster" → "Saitama fights a monster"."""
    lows = [t.low for t in tokens]
    if "between" not in lows or "and" not in lows[lows.index("between") :]:
        return tokens
    at = lows.index("between")
    middle = lows.index("and", at)
    if at == 0 or middle == at + 1 or lows[at - 1] not in FAMILY_OF or any(low in FAMILY_OF for low in lows[: at - 1]):
        return tokens
    return [*tokens[at + 1 : middle], Token(text=third_person(lows[at - 1])), *tokens[middle + 1 :]]


def _with_quotes(clauses: list[Clause], quotes: Sequence[str]) -> list[Clause]:
    """What is said belongs to who talks; where nobody talks, to the first clauses."""
    talking = [i for i, c in enumerate(clauses) if c.family.name == "talk"] or list(range(len(clauses)))
    for i, quote in zip(talking, quotes, strict=False):
        clauses[i] = replace(clauses[i], quote=quote)
    return clauses


def _read_sentence(tokens: list[Token], world: World, earlier: Sequence[Clause]) -> list[Clause]:
    groups = verb_groups(tokens)
    if not groups:
        return [_bare(tokens, " ".join(t.text for t in tokens), world)]
    starts = [0, *(_boundary(tokens, groups[i - 1], groups[i]) for i in range(1, len(groups)))]
    own: list[tuple[int, VerbGroup]] = []
    for start, group in zip(starts, groups, strict=True):
        if start is None:
            tokens[group.start : group.end] = [replace(t, kind=Kind.INNER_VERB) for t in tokens[group.start : group.end]]
        else:
            own.append((start, group))
    clauses: list[Clause] = []
    ends = [*(start for start, _ in own[1:]), len(tokens)]
    for (start, group), end in zip(own, ends, strict=True):
        clauses.append(_read_clause(tokens[start:end], _moved(group, start), world, [*earlier, *clauses], at_start=start == 0))
    return clauses


def _moved(group: VerbGroup, by: int) -> VerbGroup:
    return replace(group, start=group.start - by, end=group.end - by)


def _boundary(tokens: Sequence[Token], before: VerbGroup, group: VerbGroup) -> int | None:
    """Where the clause of `group` begins: at the last "and", comma or "to" before its subject; None when it is no clause of its own."""
    between = range(before.end, group.start)
    marks = [
        i
        for i in between
        if tokens[i].kind is Kind.COMMA or tokens[i].low in SEPARATORS or (tokens[i].low == "to" and i == group.start - 1)
    ]
    if not marks:
        return None
    if group.is_plain and not before.is_plain and len(marks) > 1 and tokens[marks[-1]].low == "and" and marks[-2] == before.end:
        return marks[0]  # "the dragon wakes and Mika and Taro run"
    return marks[-1]


def _read_clause(
    tokens: Sequence[Token], group: VerbGroup, world: World, earlier: Sequence[Clause], *, at_start: bool
) -> Clause:
    previous = earlier[-1] if earlier else None
    opening, subject_tokens = _opening(tokens[: group.start])
    subjects = _subjects(subject_tokens, world, at_start=at_start and not opening)
    family = _family(group, tokens[group.end :])
    parts = [*parts_of(opening, world, PLAIN), *parts_of(tokens[group.end :], world, family)]
    if not subjects and family.name == "talk" and parts and parts[0].mention is not None and not group.is_plain and at_start:
        subjects, parts = (parts[0].mention,), parts[1:]  # "…" shouts the wizard
    subjects = _resolve_subjects(subjects, previous, is_purpose=bool(tokens) and tokens[0].low == "to")
    if group.is_passive:
        subjects, group, parts = _made_active(subjects, group, parts)
        family = family if not group.is_passive else PLAIN
    parts = _resolve_objects(parts, subjects, earlier)
    return Clause(
        subjects=subjects,
        group=group,
        family=family,
        parts=tuple(parts),
        place=next((p for p in parts if p.is_place), None) or _place_of(subjects),
        time_of_day=_time(tokens),
        weather=_weather(tokens),
        text=_text(tokens),
    )


def _opening(tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
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
    return (), rest


_WHICH = word_set("every each one that this last the")
_OPENERS = word_set("at in on one during under after before near deep high far inside outside behind beside by over above")


def _subjects(tokens: Sequence[Token], world: World, *, at_start: bool) -> tuple[Mention, ...]:
    runs: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind is Kind.COMMA or token.low in ("and", "or", "with"):
            runs.append([])
        elif token.low not in ADVERBS:
            runs[-1].append(token)
    found = (
        mention_of(run, world, at_start=at_start and not i)
        for i, run in enumerate(runs)
        if not (i and run and run[0].low in RELATIVES)  # "Mika, who is afraid,"
    )
    return tuple(m for m in found if m is not None)


_HANDING_ON = word_set("teach ask tell order help invite want force persuade command push lead allow")


def _resolve_subjects(subjects: tuple[Mention, ...], previous: Clause | None, *, is_purpose: bool) -> tuple[Mention, ...]:
    """No subject, or a pronoun: whoever acted before; "teaches it to dance": whoever is taught."""
    if (
        is_purpose
        and previous is not None
        and previous.targets
        and previous.group is not None
        and previous.group.lemma in _HANDING_ON
    ):
        return previous.targets
    pronoun = bool(subjects) and all(m.is_pronoun and m.head in SUBJECT_PRONOUNS for m in subjects)
    if previous is None or (subjects and not pronoun):
        return subjects
    if pronoun and subjects[0].head == "they" and not previous.is_plural and previous.targets:
        return (*previous.subjects, *previous.targets)
    if pronoun and subjects[0].head == "it" and previous.is_plural and previous.things:
        return previous.things[-1:]
    return previous.subjects


def _resolve_objects(parts: list[Part], subjects: Sequence[Mention], earlier: Sequence[Clause]) -> list[Part]:
    """ "finds it": the last thing that was told of, as long as it is not the one who acts."""
    told = [m for clause in earlier for m in (*clause.subjects, *clause.things) if m.again not in {s.again for s in subjects}]
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


def _made_active(
    subjects: tuple[Mention, ...], group: VerbGroup, parts: list[Part]
) -> tuple[tuple[Mention, ...], VerbGroup, list[Part]]:
    """ "A village is attacked by a dragon" → "a dragon attacks a village". Without a "by" it stays as it is, in the present."""
    agent = next(
        (p for p in parts if p.prep == "by" and p.mention is not None and p.role in (Role.TARGET, Role.OTHER, Role.COMPANION)),
        None,
    )
    if agent is None or agent.mention is None or not subjects:
        past = group.said.removeprefix("be ").removeprefix("not ")
        is_negated = group.said.startswith("be not")
        return subjects, replace(group, said=f"be {'not ' if is_negated else ''}{past_participle(past)}"), parts
    role = [
        Part(prep="" if i == 0 else "and", mention=m, role=Role.TARGET if m.is_being else Role.OBJECT)
        for i, m in enumerate(subjects)
    ]
    active = replace(group, said=group.lemma, is_passive=False)
    return (
        (agent.mention,),
        active,
        one_place([*role, *(p for p in parts if p is not agent)], FAMILY_OF.get(group.lemma, PLAIN)),
    )


def _family(group: VerbGroup, after: Sequence[Token]) -> Family:
    following = " ".join(t.low for t in after[:2])
    for (lemma, words), name in _PHRASALS.items():
        if group.lemma == lemma and (following + " ").startswith(words + " "):
            return FAMILY_NAMED[name]
    return FAMILY_OF.get(group.lemma, PLAIN)


def _place_of(subjects: Sequence[Mention]) -> Part | None:
    """A place that acts is where it happens: "the city sleeps"."""
    for mention in subjects:
        part = Part(prep="in", mention=mention, role=Role.PLACE)
        if not mention.is_being and part.is_known_kind:
            return part
    return None


def _time(tokens: Sequence[Token]) -> TimeOfDay | None:
    return next((TIMES[t.low] for t in reversed(tokens) if t.low in TIMES and t.kind is Kind.WORD), None)


def _weather(tokens: Sequence[Token]) -> str:
    return next((WEATHER[t.low] for t in tokens if t.low in WEATHER and t.kind is Kind.WORD), "")


def _text(tokens: Sequence[Token]) -> str:
    words = [t.text for t in tokens]
    while words and (words[0] == "," or words[0].casefold() in SEPARATORS):
        words.pop(0)
    while words and (words[-1] == "," or words[-1].casefold() in SEPARATORS):
        words.pop()
    return " ".join(words).replace(" ,", ",")


def _bare(tokens: Sequence[Token], text: str, world: World) -> Clause:
    """Words without a verb that we know: its beings and its place are all there is to read."""
    parts = parts_of(tokens, world, PLAIN)
    named = tuple(
        p.mention for p in parts if p.mention is not None and (p.mention.is_being) and p.role in (Role.OBJECT, Role.TARGET)
    )
    unique = {m.again: m for m in named}
    place = next((p for p in parts if p.is_place), None)
    return Clause(
        subjects=tuple(unique.values()),
        group=None,
        family=PLAIN,
        parts=(),
        place=place or _place_of([p.mention for p in parts if p.mention is not None]),
        time_of_day=_time(tokens),
        weather=_weather(tokens),
        text=text.strip(),
    )


def _merge_minor(clauses: list[Clause]) -> list[Clause]:
    """ "turns and fights" is one moment: the small move is told with the deed that it leads to."""
    merged: list[Clause] = []
    pending: Clause | None = None
    for clause in clauses:
        if (
            pending is not None
            and pending.group is not None
            and clause.group is not None
            and clause.subjects == pending.subjects
        ):
            lead = agreeing(pending.group.said, is_plural=clause.is_plural)
            words = " ".join(p.told(set()) for p in pending.parts)
            clause = replace(clause, lead=" ".join([lead, words]).strip())
        elif pending is not None:
            merged.append(pending)
        pending = clause if clause.is_minor and clause.group is not None else None
        if pending is None:
            merged.append(clause)
    if pending is not None:
        merged.append(pending)
    return merged
