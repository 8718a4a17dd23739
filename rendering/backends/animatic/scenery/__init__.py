"""Scenery: paints a place from its words, in layers that a camera can move through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from episodes.plan import Beat
from episodes.world import Place
from rendering.backends.animatic.palette import LIGHTS, Light, from_hex, overcast, under_lamps
from rendering.backends.animatic.scenery.easel import Easel, Layer, View
from rendering.backends.animatic.scenery.indoors import paint_cafe, paint_castle, paint_cave, paint_room, paint_school
from rendering.backends.animatic.scenery.nature import (
    paint_desert,
    paint_field,
    paint_forest,
    paint_mountain,
    paint_sea,
    paint_space,
)
from rendering.backends.animatic.scenery.town import paint_rooftop, paint_street
from rendering.backends.animatic.words import RAIN, meaning_of, mentions

__all__ = ["Layer", "PlaceKind", "View", "kind_of", "light_in", "paint_place"]


class PlaceKind(StrEnum):
    ROOFTOP = "rooftop"
    STREET = "street"
    FOREST = "forest"
    SEA = "sea"
    CAFE = "cafe"
    SCHOOL = "school"
    CASTLE = "castle"
    CAVE = "cave"
    ROOM = "room"
    MOUNTAIN = "mountain"
    DESERT = "desert"
    SPACE = "space"
    FIELD = "field"


_WORDS: Mapping[PlaceKind, str] = MappingProxyType(
    {
        PlaceKind.ROOFTOP: "rooftop roof terrace balcony skyscraper",
        PlaceKind.CAFE: "café cafe coffee bar\\b restaurant diner bakery tavern inn\\b pub shop kitchen ramen",
        PlaceKind.SCHOOL: "school classroom class\\b academy university lecture dojo",
        PlaceKind.CASTLE: "castle palace fortress tower temple shrine kingdom ruins",
        PlaceKind.CAVE: "cave cavern dungeon tunnel mine\\b underground sewer",
        PlaceKind.FOREST: "forest wood\\b woods jungle grove trees swamp",
        PlaceKind.SEA: "sea\\b seaside beach harbour harbor ocean coast shore island lake pond pool river waterfall pier dock port\\b ship\\b boat",
        PlaceKind.MOUNTAIN: "mountain peak cliff summit snow glacier volcano valley canyon",
        PlaceKind.DESERT: "desert dune sahara wasteland",
        PlaceKind.SPACE: "space\\b moon planet orbit galaxy mars asteroid cosmos stars\\b",
        PlaceKind.STREET: "street city town alley market road downtown avenue square neon station village shibuya tokyo bridge arena stage\\b club",
        PlaceKind.ROOM: "room bedroom apartment house home office library lab\\b laboratory hall studio hospital interior attic spaceship cabin",
        PlaceKind.FIELD: "field park meadow garden farm grass hill plain countryside",
    }
)

_PAINTERS: Mapping[PlaceKind, Callable[[Easel], None]] = MappingProxyType(
    {
        PlaceKind.ROOFTOP: paint_rooftop,
        PlaceKind.STREET: paint_street,
        PlaceKind.FOREST: paint_forest,
        PlaceKind.SEA: paint_sea,
        PlaceKind.CAFE: paint_cafe,
        PlaceKind.SCHOOL: paint_school,
        PlaceKind.CASTLE: paint_castle,
        PlaceKind.CAVE: paint_cave,
        PlaceKind.ROOM: paint_room,
        PlaceKind.MOUNTAIN: paint_mountain,
        PlaceKind.DESERT: paint_desert,
        PlaceKind.SPACE: paint_space,
        PlaceKind.FIELD: paint_field,
    }
)


def kind_of(place: Place, told: str = "") -> PlaceKind:
    """By the place's name, else its description, else what the beat tells; a field when nothing says."""
    for text in (place.name, place.description, told):
        kind = meaning_of(text, _WORDS)
        if kind is not None:
            return kind
    return PlaceKind.FIELD


_INDOORS = frozenset({PlaceKind.CAFE, PlaceKind.SCHOOL, PlaceKind.ROOM, PlaceKind.CAVE})


def light_in(beat: Beat, told: str) -> Light:
    """The light of the hour, as walls and the weather that is told let it through."""
    light = LIGHTS[beat.time_of_day]
    if kind_of(beat.place, beat.description) in _INDOORS:
        return under_lamps(light)
    return overcast(light) if mentions(told, RAIN) else light


def paint_place(place: Place, light: Light, view: View, told: str = "") -> tuple[Layer, ...]:
    """Layers from far to near. The same place looks the same in every beat, whatever the shot."""
    easel = Easel(view, light, tuple(from_hex(c) for c in place.palette), place.place_id)
    _PAINTERS[kind_of(place, told)](easel)
    return tuple(easel.layers)
