"""Kinds of places: their nouns, how one stands there, their colours; and a place that no world knows, improvised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from episodes.world import Light, Place
from planning.names import identifier, is_numbered
from planning.offline.dice import Dice


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceKind:
    nouns: tuple[str, ...]
    preposition: str
    palette: tuple[str, ...]
    """Sky, middle, ground."""
    looks: str
    light: Light = Light.DAY


def _kind(nouns: str, preposition: str, palette: str, looks: str, light: Light = Light.DAY) -> PlaceKind:
    colours = tuple(f"#{colour}" for colour in palette.split())
    return PlaceKind(nouns=tuple(nouns.split()), preposition=preposition, palette=colours, looks=looks, light=light)


KINDS: Final = (
    _kind("rooftop roof rooftops roofs terrace", "on", "f2a65a 5b5f7a 3a3d52", "a flat roof high above a city skyline", Light.DUSK),
    _kind("forest woods wood jungle grove", "in", "bfe3d0 3f7d58 274b36", "tall trees with light between the trunks"),
    _kind("harbour harbor port pier dock docks quay marina", "at", "a8d4ea 4d7c99 6b5b4a", "boats, a stone quay and calm water"),
    _kind("lighthouse", "at", "a9d6f5 dfe7ec 5d7a52", "a white lighthouse on a cliff over the sea"),
    _kind("street road alley avenue lane sidewalk pavement highway crossing", "on", "1c2340 3a3f63 26283a",
          "a street between tall buildings with lit windows", Light.NIGHT),
    _kind("city town downtown metropolis streets village suburb tokyo paris london york", "in", "b9d3e8 7f8ea3 5a6070", "rows of houses and towers"),
    _kind("beach shore coast seaside sand island", "on", "9fdcf0 3aa0c8 ead9a6", "pale sand and long waves"),
    _kind("sea ocean lake river water waves waterfall pond pool", "on", "a5d8ee 2f7fa6 1d5573", "open water with small waves"),
    _kind("mountain mountains hill hills cliff peak summit valley canyon volcano", "on", "c4dcec 7d8fa0 55705a", "steep rocks under a wide sky"),
    _kind("field meadow grassland farm plain plains garden park countryside orchard hillside", "in", "b5e0f2 7fbf6a 4f8f45",
          "open grass with flowers and a few trees"),
    _kind("desert dunes wasteland", "in", "f3d9a0 e0b068 b98445", "sand dunes to the horizon"),
    _kind("space galaxy universe orbit void cosmos", "in", "0b0d24 2a2456 5a4a86", "stars and a planet's curved edge", Light.NIGHT),
    _kind("moon mars planet asteroid comet", "on", "0b0d24 8a8a9a 5f5f6e", "grey dust, craters and a black sky full of stars", Light.NIGHT),
    _kind("cave cavern dungeon tunnel mine sewer underground", "in", "1d1b26 3c3a4a 5a4f48", "dark rock walls", Light.NIGHT),
    _kind("castle palace tower temple shrine ruins church cathedral fortress gate", "at", "cfdcec 9a92a0 5f6a5a", "old stone walls and towers"),
    _kind("house room home kitchen bedroom apartment hotel inn cabin bathroom attic basement hut", "in", "f2e2c4 c49a6c 7a5a44",
          "a warm room with a window"),
    _kind("school classroom library office laboratory lab hospital museum hallway corridor factory workshop garage", "in", "e6ead8 a9b08f 6f6a5c",
          "a long room with tall windows"),
    _kind("shop store market cafe restaurant bar bakery mall arcade bazaar diner", "in", "f7d9a8 d9825b 6b4a3f", "counters, signs and lamps"),
    _kind("stadium arena stage theatre theater concert ring dojo gym court racetrack track", "in", "d5d9ef 8a6fb0 3f3a55",
          "rows of seats around a lit floor"),
    _kind("station train subway", "in", "dfe6ea 8fa1ad 4d5862", "steel, windows and a long platform"),
    _kind("airport bus plane spaceship submarine", "in", "dfe6ea 8fa1ad 4d5862", "steel walls, windows and rows of seats"),
    _kind("ship boat ferry raft yacht sailboat", "on", "a5d8ee 2f7fa6 8a6a48", "a wooden deck with ropes and a rail, and open water all around"),
    _kind("bridge", "on", "c9dff0 8a97a8 57616b", "a long bridge over water"),
    _kind("sky clouds cloud", "in", "8fd0f7 cfeafb f5fbff", "high clouds all around"),
    _kind("graveyard cemetery swamp battlefield", "in", "6b7a86 4d5a4f 33392f", "mist over uneven ground", Light.DUSK),
    _kind("square plaza courtyard playground yard rink", "in", "c7e0f0 b0a89a 8d8478", "an open square with benches"),
)  # fmt: skip
KIND_OF: Final[dict[str, PlaceKind]] = {noun: kind for kind in KINDS for noun in kind.nouns}

DEFAULT_NOUNS: Final = ("square", "field", "street", "hill", "beach", "park")
"""Where a story plays that names no place in a world that has none."""

_TINTS: Final = {"burning": "d9481c", "frozen": "bfe6f5", "snowy": "eef5fa", "golden": "e8b93a", "haunted": "4a3a66", "dark": "22222e",
                 "ruined": "7a6f66", "neon": "d03a9a", "enchanted": "7a5ac8", "flooded": "2f7fa6", "red": "b8322a", "magical": "8a5ad8"}  # fmt: skip


def kind_of_name(name: str) -> PlaceKind | None:
    """The kind that a place's name speaks of; its last telling word decides ("Lighthouse Harbour": a harbour)."""
    kinds = [KIND_OF[word] for word in name.casefold().replace("-", " ").split() if word in KIND_OF]
    return kinds[-1] if kinds else None


def stands(place: Place) -> str:
    """How one is there, as a phrase: "on the rooftop", "at Hinata Bay"."""
    kind = kind_of_name(place.name)
    if kind is None:
        return f"at {place.name}"
    if is_numbered(place.name):
        return f"{kind.preposition} {place.name}"
    return f"{kind.preposition} {the_place(place)}"


def the_place(place: Place) -> str:
    """The place inside a sentence: "the night street", "the Kyoto station"."""
    name = place.name
    if name.casefold().startswith("the "):
        return "the " + name[4:]
    plain = name.lower() if all(word.istitle() for word in name.split()) and kind_of_name(name) else name
    return f"the {plain}" if kind_of_name(name) else name


def improvise(phrase: str, head: str, dice: Dice) -> Place:
    """A place that the intent names and the world does not have; colours from its kind, tinted by its adjectives."""
    kind = KIND_OF.get(head)
    words = phrase.split()
    palette = list(kind.palette if kind else dice.pick(KINDS, "place", phrase).palette)
    for word in words:
        if word.casefold() in _TINTS:
            palette[0:0] = [f"#{_TINTS[word.casefold()]}"]
    looks = f"{phrase}: {kind.looks}" if kind else phrase
    name = phrase[:80].strip().title()
    return Place(
        place_id=identifier(phrase, "place"),
        name=name,
        description=looks[:2000],
        palette=tuple(palette[:8]),
        light=kind.light if kind else Light.DAY,
    )
