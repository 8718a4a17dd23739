"""Reading: who does what, to whom, where and when, out of an intent and the world's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from episodes.plan import TimeOfDay
from episodes.world import World
from planning.offline.clause import Clause
from planning.offline.complements import Part, Role, parts_of
from planning.offline.families import FAMILY_NAMED, FAMILY_OF, FORBEAR, PLAIN, Family
from planning.offline.mentions import Mention, mention_of
from planning.offline.openings import BEFORE_OR_AFTER, circumstances, opening_of
from planning.offline.preface import opened
from planning.offline.references import made_active, resolved_objects, resolved_subjects
from planning.offline.tokens import Kind, Token, lexer_for
from planning.offline.verbgroup import VerbGroup, denied
from planning.offline.verbgroups import verb_groups
from planning.offline.verbs import third_person
from planning.offline.words import (
    ADVERBS,
    RELATIVES,
    SEPARATORS,
    TIMES,
    WEATHER,
    word_set,
)

# what follows the verb can change what is meant
_PHRASALS = {("look", "for"): "search", ("hunt", "for"): "search", ("dig", "for"): "search", ("run", "from"): "flee", ("run", "away"): "flee",
             ("hide", "from"): "hide", ("turn", "into"): "change", ("take", "off"): "fly", ("fall", "asleep"): "sleep", ("fall", "in love"): "love",
             ("go", "to sleep"): "sleep", ("go", "to bed"): "sleep", ("look", "after"): "rescue",
             ("stand", "against"): "fight", ("crash", "into"): "fall", ("break", "into"): "hide", ("run", "after"): "chase",
             ("go", "after"): "chase", ("breathe", "fire"): "blaze", ("breathe", "flames"): "blaze", ("spit", "fire"): "blaze"}  # fmt: skip


# what one does oneself, and what one does to somebody
_DONE_TO = {"wake": "rouse"}


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
    if len(tokens) > 2 and lows[0] in FAMILY_OF and tokens[1].kind is Kind.COMMA and tokens[2].text[:1].isupper():
        again = 5 if lows[3:5] == [",", lows[0]] else 3  # "Run, Tom, run!"
        return [tokens[2], Token(text=third_person(lows[0])), *tokens[again:]]
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
    opening, subject_tokens = opening_of(tokens[: group.start])
    if subject_tokens and subject_tokens[-1].low in RELATIVES:
        subject_tokens = subject_tokens[:-1]  # "a dragon who | does not fly"
    lows = [t.low for t in subject_tokens[:2]]
    if lows[:1] == ["neither"] and lows[1:] != ["of"] and not group.is_negated:
        subject_tokens, group = subject_tokens[1:], denied(group)
    subjects = _subjects(subject_tokens, world, at_start=at_start and not opening)
    family = _family(group, tokens[group.end :])
    parts, around = parts_of(tokens[group.end :], world, family), circumstances(opening, world)
    if group.lemma == "be":  # "is afraid of the dark"
        parts = [p if p.prep or p.mention is None or p.mention.is_being else Part(words=p.told(set())) for p in parts]
    place = next((p for p in (*around, *parts) if p.is_place), None)
    has_object = bool(parts) and not parts[0].prep and parts[0].mention is not None  # "brews a potion | in the forest"
    is_told_last = has_object or any(t.low in BEFORE_OR_AFTER | {"it"} for t in opening[:1])
    parts = [*parts, *around] if is_told_last else [*around, *parts]
    if not subjects and family.name == "talk" and parts and parts[0].mention is not None and not group.is_plain and at_start:
        subjects, parts = (parts[0].mention,), parts[1:]  # "…" shouts the wizard
    subjects = resolved_subjects(subjects, earlier, is_purpose=bool(tokens) and tokens[0].low == "to")
    if group.lemma in _IMPERSONAL and [m.head for m in subjects] == ["it"]:
        subjects = (replace(subjects[0], head="something"),)  # "it is late"
    if group.is_passive:
        subjects, group, parts = made_active(subjects, group, parts)
        family = family if not group.is_passive else PLAIN
    parts = resolved_objects(parts, subjects, earlier)
    if family.name in _DONE_TO and any(p.role is Role.TARGET for p in parts):
        family = FAMILY_NAMED[_DONE_TO[family.name]]
    return Clause(
        subjects=subjects,
        group=group,
        family=FORBEAR if group.is_negated or any(_is_none(m) for m in subjects) else family,
        parts=tuple(parts),
        place=place or next((p for p in parts if p.is_place), None) or _place_of(subjects),
        time_of_day=_time(tokens),
        weather=_weather(tokens),
        text=_text(tokens),
    )


def _is_none(mention: Mention) -> bool:
    """ "Nobody", "no robot": what they do is not done."""
    return (
        mention.head in _NONE if mention.is_pronoun else mention.phrase.startswith(("no ", "not ", "neither of ", "none of "))
    )


_NONE = word_set("nobody nothing none") | {"no one"}
_IMPERSONAL = word_set("be rain snow storm thunder pour hail get grow become")


def _subjects(tokens: Sequence[Token], world: World, *, at_start: bool) -> tuple[Mention, ...]:
    runs: list[list[Token]] = [[]]
    for at, token in enumerate(tokens):
        if token.kind is Kind.COMMA or token.low in ("and", "or", "nor", "with"):
            is_described = token.low == "with" or any(t.low == "with" for t in runs[-1])
            if is_described and not _begins_with_being(tokens[at + 1 :], world):
                runs[-1].append(token)  # "a girl with a hat and a scarf"
            else:
                runs.append([])
        elif token.low not in ADVERBS:
            runs[-1].append(token)
    found = (
        mention_of(run, world, at_start=at_start and not i)
        for i, run in enumerate(runs)
        if not (i and run and run[0].low in RELATIVES | {"not"})  # "Mika, who is afraid," and "not Taro,"
    )
    return tuple(m for m in found if m is not None)


def _begins_with_being(tokens: Sequence[Token], world: World) -> bool:
    """Its first noun phrase is about somebody: "a boy with | a dog and a kite"."""
    end = next((i for i, t in enumerate(tokens) if t.kind is Kind.COMMA or t.low in ("and", "or", "with")), len(tokens))
    mention = mention_of(tokens[:end], world)
    return mention is not None and (mention.is_being or mention.is_pronoun)


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
    for clause in clauses:
        before = merged[-1] if merged else None
        if before is not None and before.is_minor and before.subjects == clause.subjects and clause.group is not None:
            merged[-1] = _led_by(before, clause)
        else:
            merged.append(clause)
    return merged


def _led_by(small: Clause, clause: Clause) -> Clause:
    move = small.group.agreeing(is_plural=clause.is_plural) if small.group else ""
    words = [part.told(set()) for part in small.parts]
    return replace(
        clause,
        lead=" ".join(word for word in (small.lead and f"{small.lead},", move, *words) if word),
        time_of_day=clause.time_of_day or small.time_of_day,
        weather=clause.weather or small.weather,
        quote=clause.quote or small.quote,
    )
