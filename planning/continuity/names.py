"""Names: whoever speaks, plays, is dressed or changes is known, and goes by one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from episodes.contradictions import Code, Contradiction
from episodes.plan import Beat
from planning.continuity.noting import error
from planning.continuity.script import Script

_MAX_SHOWN: Final = 8  # known ids that are said, so that the sentence can be read


@dataclass(kw_only=True, slots=True)
class Names:
    """Remembers who was called what; one for each look at a plan."""

    script: Script
    called: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Character → its name, and the beat that said so first."""
    dressed: set[str] = field(default_factory=set)
    """Scenes whose wardrobe was looked at."""

    def check(self, beat: Beat) -> Iterator[Contradiction]:
        for who, where in dict(self._characters(beat)).items():
            if who not in self.script.characters:
                yield _unknown(beat, who, where, "character", self.script.characters)
        for prop in dict.fromkeys(effect.prop_id for effect in beat.effects):
            if prop is not None and prop not in self.script.props:
                yield _unknown(beat, prop, "its effects", "prop", self.script.props)
        for member in beat.cast:
            name = member.character.name
            called, first = self.called.setdefault(member.character.character_id, (name, beat.beat_id))
            if called != name:
                yield error(
                    Code.ONE_ID_TWO_NAMES,
                    beat,
                    first,
                    f"{member.character.character_id} is called {name} in {beat.beat_id} and {called} in {first}.",
                    "Give each character an id of its own, and one name.",
                )

    def _characters(self, beat: Beat) -> Iterator[tuple[str, str]]:
        """(Id, where it stands) of all but the cast, who are whom they say they are."""
        if beat.dialogue is not None:
            yield beat.dialogue.character_id, "its dialogue"
        for effect in beat.effects:
            for who in (effect.character_id, effect.to):
                if who is not None:
                    yield who, "its effects"
        scene = self.script.scene_of(beat)
        if scene is not None and scene.scene_id not in self.dressed:
            self.dressed.add(scene.scene_id)
            for one in scene.wardrobe:
                yield one.character_id, f"the wardrobe of its scene {scene.scene_id}"


def _unknown(beat: Beat, name: str, where: str, what: str, known: Mapping[str, str]) -> Contradiction:
    meant = get_close_matches(name, known, n=1)
    shown = ", ".join(sorted(known)[:_MAX_SHOWN]) + (", …" if len(known) > _MAX_SHOWN else "")
    return error(
        Code.UNKNOWN_NAME,
        beat,
        None,
        f"{beat.beat_id} names the {what} {name} in {where}, and nobody knows it.",
        f"Did you mean {meant[0]}?" if meant else f"Known are: {shown or 'none'}.",
    )
