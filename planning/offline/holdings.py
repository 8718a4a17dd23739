"""Holdings: who has which of the world's props, as far as an intent tells it without doubt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from episodes.effects import Effect, Happening
from episodes.world import Prop, World
from planning.offline.clause import Clause
from planning.offline.complements import Role
from planning.offline.mentions import Mention
from planning.offline.words import POSSESSIVES, word_set

_HAPPENING_OF: Final = {
    **dict.fromkeys(word_set("find discover recover retrieve uncover unearth"), Happening.FINDS),
    **dict.fromkeys(word_set("lose misplace"), Happening.LOSES),
    **dict.fromkeys(word_set("drop throw"), Happening.DROPS),
    **dict.fromkeys(word_set("take grab steal collect receive"), Happening.TAKES),
    **dict.fromkeys(word_set("give hand lend"), Happening.GIVES),
    **dict.fromkeys(word_set("use fly ride swing open wave carry hold drive"), Happening.USES),
}
_OTHER_ONES: Final = word_set("another every each some any no all both many several")


@dataclass(kw_only=True, slots=True)
class _Track:
    """Of a prop that was told of."""

    owner: str
    """Who had to do with it first."""
    holder: str | None = None
    is_missing: bool = False
    is_lying: bool = False
    users: set[str] = field(default_factory=set)

    def goes_to(self, holder: str) -> None:
        self.holder, self.is_missing, self.is_lying = holder, False, False


@dataclass(kw_only=True, slots=True)
class Holdings:
    """Reads clause after clause, and remembers what became of which prop; one for each intent."""

    world: World
    _tracks: dict[str, _Track] = field(default_factory=dict)

    def effects(self, clause: Clause, subject: str, receiver: str) -> Iterator[Effect]:
        """Of what `subject` does in the clause, and gives `receiver` where it gives; that is empty where it is not one character."""
        happens = _HAPPENING_OF.get(clause.group.lemma) if clause.group is not None else None
        things = [part.mention for part in clause.parts if part.role is Role.OBJECT and part.mention is not None]
        if happens is None or not subject or len(things) != 1:
            return
        prop = self._prop(things[0])
        if prop is None or not self._is_meant(things[0], prop, subject, happens):
            return
        for happening in self._turns(happens, self._tracks.setdefault(prop.prop_id, _Track(owner=subject)), subject, receiver):
            to = receiver if happening is Happening.GIVES else None
            yield Effect(happens=happening, character_id=subject, prop_id=prop.prop_id, to=to)

    def _prop(self, mention: Mention) -> Prop | None:
        words = mention.core.casefold().split()
        if mention.is_plural or mention.number > 1:
            return None
        return next((p for p in self.world.props if words[-len(p.name.split()) :] == p.name.casefold().split()), None)

    def _is_meant(self, mention: Mention, prop: Prop, subject: str, happens: Happening) -> bool:
        """It is the prop of before, and no other one of its kind: "a kite" and "his kite" may be another."""
        first = mention.phrase.casefold().partition(" ")[0]
        track = self._tracks.get(prop.prop_id)
        if first in _OTHER_ONES:
            return False
        if track is None or (happens is Happening.FINDS and track.is_missing):
            return True
        return subject == track.owner if first in POSSESSIVES or "'" in first else not mention.is_new

    def _turns(self, happens: Happening, track: _Track, subject: str, receiver: str) -> Iterator[Happening]:
        """What it comes to: who takes what was lost has found it, and who uses what another has was given it."""
        others = track.holder not in (None, subject)
        match happens:
            case Happening.FINDS if track.is_missing or track.is_lying or (track.holder is None and track.users <= {subject}):
                # who finds what somebody else used may have been told of too little
                track.goes_to(subject)
                yield happens
            case Happening.LOSES | Happening.DROPS if not others and not track.is_missing and not track.is_lying:
                track.holder, track.is_missing, track.is_lying = None, happens is Happening.LOSES, happens is Happening.DROPS
                yield happens
            case Happening.TAKES:
                yield from [Happening.FINDS] if track.is_missing else []
                track.goes_to(subject)
                yield happens
            case Happening.GIVES if receiver and not others:
                yield from [Happening.FINDS] if track.is_missing else [Happening.TAKES] if track.is_lying else []
                track.goes_to(receiver)
                yield happens
            case Happening.USES:
                if others or track.is_lying:
                    track.goes_to(subject)
                    yield Happening.TAKES
                track.users.add(subject)
                yield happens
            case _:
                return
