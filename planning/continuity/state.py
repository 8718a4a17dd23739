"""StoryState: how things stand in the story before a beat, moved on by what happens in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import assert_never

from episodes.effects import Effect, Happening
from episodes.plan import Beat
from episodes.world import World
from planning.continuity.script import Script


class Lot(Enum):
    HELD = auto()
    LYING = auto()
    MISSING = auto()
    UNFOUND = auto()
    """Nobody had it yet; `beat_id` is the beat that finds it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whereabouts:
    """Of a prop that the story has told of."""

    lot: Lot
    beat_id: str | None = None
    """Since when; None: since before the story."""
    holder: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    beat_id: str
    """In which it left."""
    scene_key: str
    """Where it is not any more; whoever is shown in another scene has come there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worn:
    clothes: str
    beat_id: str | None = None
    """In which they were put on; None: they are the scene's."""


@dataclass(kw_only=True, slots=True)
class StoryState:
    """Changes as the story goes: one for each look at a plan."""

    died: dict[str, str | None] = field(default_factory=dict)
    """Character → the beat in which it died; None: before the story."""
    absent: dict[str, Absence] = field(default_factory=dict)
    injuries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Character → what is hurt."""
    props: dict[str, Whereabouts] = field(default_factory=dict)
    """What the story has not told of is not in it: anybody may have it."""
    worn: dict[str, dict[str, Worn]] = field(default_factory=dict)
    """Scene → character → clothes, as far as they are known."""
    latest: dict[str, Beat] = field(default_factory=dict)
    """Scene → its latest beat so far."""
    hour_is_open: set[str] = field(default_factory=set)
    """Scenes in which time has passed since their latest beat began."""
    seen: dict[str, str] = field(default_factory=dict)
    """Character → the latest beat before this one that showed it."""
    seen_in: dict[tuple[str, str], str] = field(default_factory=dict)
    """(Scene, character) → the same, of this scene."""

    def is_absent(self, character_id: str, scene_key: str) -> bool:
        absence = self.absent.get(character_id)
        return absence is not None and absence.scene_key == scene_key

    def clothes(self, scene_key: str) -> Mapping[str, Worn]:
        return self.worn.get(scene_key, {})

    def begin(self, beat: Beat, scene_key: str) -> None:
        """Its picture begins: who is in it has come there, unless it left this very scene."""
        for member in beat.cast:
            if not self.is_absent(member.character.character_id, scene_key):
                self.absent.pop(member.character.character_id, None)
        self.latest[scene_key] = beat
        self.hour_is_open.discard(scene_key)

    def end(self, beat: Beat, scene_key: str) -> None:
        """After its effects."""
        for member in beat.cast:
            who = member.character.character_id
            self.seen[who] = self.seen_in[scene_key, who] = beat.beat_id

    def move(self, effect: Effect, beat_id: str, scene_key: str) -> None:
        who, prop = effect.character_id or "", effect.prop_id or ""
        match effect.happens:
            case Happening.DIES:
                self.died.setdefault(who, beat_id)
            case Happening.REVIVES:
                self.died.pop(who, None)
            case Happening.IS_INJURED:
                self.injuries[who] = (*self.injuries.get(who, ()), effect.detail)
            case Happening.HEALS:
                self.injuries.pop(who, None)
            case Happening.ARRIVES:
                self.absent.pop(who, None)
            case Happening.LEAVES:
                self.absent[who] = Absence(beat_id=beat_id, scene_key=scene_key)
            case Happening.CHANGES_CLOTHES:
                self.worn.setdefault(scene_key, {})[who] = Worn(clothes=effect.detail, beat_id=beat_id)
            case Happening.TAKES | Happening.FINDS:
                self.props[prop] = Whereabouts(lot=Lot.HELD, holder=who, beat_id=beat_id)
            case Happening.GIVES:
                self.props[prop] = Whereabouts(lot=Lot.HELD, holder=effect.to, beat_id=beat_id)
            case Happening.DROPS:
                self.props[prop] = Whereabouts(lot=Lot.LYING, beat_id=beat_id)
            case Happening.LOSES:
                self.props[prop] = Whereabouts(lot=Lot.MISSING, beat_id=beat_id)
            case Happening.TIME_PASSES:
                self.hour_is_open.add(scene_key)
            case Happening.USES:
                pass
            case _:
                assert_never(effect.happens)


def opening_state(script: Script, world: World) -> StoryState:
    """How things stand before the first beat. What lies in a place of the world is there for whoever comes."""
    now = world.state
    held = {p.prop_id: Whereabouts(lot=Lot.HELD, holder=p.held_by) for p in now.props if p.held_by is not None}
    unfound = {prop: Whereabouts(lot=Lot.UNFOUND, beat_id=beat_id) for prop, beat_id in script.found_in.items()}
    return StoryState(
        died={c.character_id: None for c in now.characters if not c.is_alive},
        injuries={c.character_id: c.injuries for c in now.characters if c.injuries},
        props={**unfound, **held},
        worn={
            scene.scene_id: {one.character_id: Worn(clothes=one.clothes) for one in scene.wardrobe if one.clothes}
            for scene in script.scenes.values()
        },
    )
