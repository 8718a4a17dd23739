"""Moving on: the present state of a world after an episode, from what its beats did to people and props. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, assert_never

from episodes.effects import Effect, Happening
from episodes.plan import Beat, Scene, TimeOfDay
from episodes.world import CharacterState, Light, PropState, World, WorldState

MAX_INJURIES: Final = 8
MAX_INJURY: Final = 120  # characters, as CharacterState has it
_LIGHTS: Final = {
    TimeOfDay.DAWN: Light.DAY,
    TimeOfDay.DAY: Light.DAY,
    TimeOfDay.DUSK: Light.DUSK,
    TimeOfDay.NIGHT: Light.NIGHT,
}


def moved_on(world: World, beats: Sequence[Beat], scenes: Sequence[Scene]) -> World:
    """The world as it stands after these beats, in story order. Whoever and whatever it does not know stays out of it."""
    if not beats:
        return world
    told = _Told(world)
    for beat in beats:
        told.show(beat)
        for effect in beat.effects:
            told.move(effect, beat)
    weather = {scene.scene_id: scene.weather for scene in scenes}
    state = WorldState(
        characters=tuple(told.characters.values()),
        props=tuple(told.props.values()),
        daylight=_LIGHTS[beats[-1].time_of_day],
        weather=weather.get(beats[-1].scene_id or "", ""),
    )
    # validated: the nouns above hold what other nouns with other limits told
    return World.model_validate({**dict(world), "state": state})


class _Told:
    """The states of the world's characters and props, as far as anybody told of them."""

    def __init__(self, world: World) -> None:
        self.characters = {one.character_id: one for one in world.state.characters}
        self.props = {one.prop_id: one for one in world.state.props}
        self._people = {one.character_id for one in world.characters}
        self._things = {one.prop_id for one in world.props}
        self._places = {one.place_id for one in world.places}

    def show(self, beat: Beat) -> None:
        """Who plays in it is there."""
        for member in beat.cast:
            self._person(member.character.character_id, place_id=self._place_of(beat))

    def move(self, effect: Effect, beat: Beat) -> None:
        who, prop = effect.character_id or "", effect.prop_id or ""
        match effect.happens:
            case Happening.DIES:
                self._person(who, is_alive=False)
            case Happening.REVIVES:
                self._person(who, is_alive=True)
            case Happening.IS_INJURED:
                self._person(who, injuries=self._hurt(who, effect.detail))
            case Happening.HEALS:
                self._person(who, injuries=())
            case Happening.ARRIVES:
                self._person(who, place_id=self._place_of(beat))
            case Happening.LEAVES:
                self._person(who, place_id=None)
            case Happening.CHANGES_CLOTHES:
                self._person(who, clothes=effect.detail)
            case Happening.TAKES | Happening.FINDS:
                self._thing(prop, held_by=who)
            case Happening.GIVES:
                self._thing(prop, held_by=effect.to)
            case Happening.DROPS:
                self._thing(prop, place_id=self._place_of(beat))
            case Happening.LOSES:
                self._thing(prop)
            case Happening.USES | Happening.TIME_PASSES:
                pass
            case _:
                assert_never(effect.happens)

    def _person(self, character_id: str, **changed: object) -> None:
        if character_id in self._people:
            now = self.characters.get(character_id) or CharacterState(character_id=character_id)
            self.characters[character_id] = now.model_copy(update=changed)

    def _thing(self, prop_id: str, *, held_by: str | None = None, place_id: str | None = None) -> None:
        """Held by somebody whom the world does not know: nobody can say where it is."""
        if prop_id in self._things:
            holder = held_by if held_by in self._people else None
            self.props[prop_id] = PropState(prop_id=prop_id, held_by=holder, place_id=place_id)

    def _place_of(self, beat: Beat) -> str | None:
        return beat.place.place_id if beat.place.place_id in self._places else None

    def _hurt(self, character_id: str, detail: str) -> tuple[str, ...]:
        known = self.characters.get(character_id)
        before = known.injuries if known is not None else ()
        new = (detail or "injured")[:MAX_INJURY].strip()
        return before if new in before else (*before, new)[-MAX_INJURIES:]
