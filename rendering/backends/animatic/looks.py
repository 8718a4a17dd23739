"""Looks: how a character without a reference picture is drawn, read from its name, description and palette."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from episodes.world import Character
from rendering.backends.animatic.palette import Rgb, brightness, darker, from_hex, mix
from rendering.backends.animatic.words import meaning_of, mentions


class Body(StrEnum):
    """What kind of body somebody has, and so who draws it."""

    PERSON = "person"
    MONSTER = "monster"
    ROBOT = "robot"
    BEAST = "beast"
    DRAGON = "dragon"
    BIRD = "bird"
    BLOB = "blob"


class Hair(StrEnum):
    BALD = "bald"
    SPIKY = "spiky"
    LONG = "long"
    TAIL = "tail"
    BUN = "bun"
    BOB = "bob"
    SHORT = "short"


class Dress(StrEnum):
    COAT = "coat"
    GOWN = "gown"
    ARMOUR = "armour"
    SUIT = "suit"
    PLAIN = "plain"


_BODY_WORDS: dict[Body, str] = {
    Body.DRAGON: "dragon wyvern wyrm",
    Body.ROBOT: "robot android mech\\b mecha droid cyborg automaton bot\\b",
    Body.BIRD: "bird owl crow raven eagle parrot chick duck penguin hawk",
    Body.BLOB: "ghost slime blob spirit jelly phantom",
    Body.BEAST: "cat\\b kitten dog\\b puppy wolf fox horse lion tiger bear\\b deer rabbit pig\\b cow\\b mouse panther unicorn sheep goat animal",
    Body.MONSTER: "monster beast demon ogre troll kaiju godzilla creature orc\\b alien devil golem minotaur goblin villain\\smonster",
    Body.PERSON: "boy girl man\\b woman hero heroine kid child knight princess prince witch wizard student friend",
}
_NOUNS = " ".join(stem.removesuffix("\\b") for stems in _BODY_WORDS.values() for stem in stems.split() if "\\s" not in stem)
_OLD = "(?<!years\\s)(?<!year\\s)(?<!-)old\\b elderly grandma grandmother granny grandpa grandfather grandad"
_HAIR_WORDS: dict[Hair, str] = {
    Hair.BALD: "bald hairless shaved\\shead",
    Hair.TAIL: "ponytail pony\\stail pigtail braid twintail",
    Hair.BUN: "bun\\b topknot",
    Hair.SPIKY: "spiky spiked wild\\shair messy",
    Hair.BOB: "bob\\b bobbed",
    Hair.LONG: "long\\shair long\\sblack long\\sblond long\\sred long\\ssilver long\\swhite long\\sbrown flowing",
    Hair.SHORT: "short\\shair short\\sblack crew",
}
_DRESS_WORDS: dict[Dress, str] = {
    Dress.ARMOUR: "armour armor knight plate\\smail",
    Dress.GOWN: "dress gown skirt robe kimono princess witch wizard queen",
    Dress.COAT: "coat cloak jacket trench lab",
    Dress.SUIT: "jumpsuit bodysuit hero\\scostume superhero spandex",
}
_SKINS: tuple[Rgb, ...] = ((255, 224, 200), (250, 210, 180), (232, 182, 146), (186, 128, 92), (134, 88, 64))
_HAIRS: tuple[Rgb, ...] = (
    (44, 34, 48),
    (94, 58, 40),
    (216, 168, 84),
    (178, 74, 50),
    (70, 84, 150),
    (214, 214, 228),
    (206, 110, 150),
)
_GREY: Rgb = (206, 206, 214)
_CLOTHES: tuple[Rgb, ...] = (
    (214, 66, 66),
    (60, 120, 206),
    (78, 168, 110),
    (240, 176, 60),
    (142, 92, 190),
    (58, 168, 176),
    (236, 120, 150),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    body: Body
    hair: Hair
    dress: Dress
    hair_colour: Rgb
    skin: Rgb
    top: Rgb
    legs: Rgb
    shoes: Rgb
    eyes: Rgb
    child: bool
    feminine: bool
    cape: Rgb | None
    scarf: Rgb | None
    hat: Rgb | None
    glasses: bool
    beard: bool
    ears: bool
    horns: bool
    detail: str
    """Name and description in lower case, for whoever looks for one more word."""
    chance: int
    """A number of its own for every character: the same in every beat."""


def looks_of(character: Character, *, scale: float = 1.0) -> Looks:
    text = f"{character.name} {character.description}"
    chance = int.from_bytes(hashlib.sha256(f"{character.character_id} {character.name}".encode()).digest()[:6], "big")
    body = meaning_of(character.name, _BODY_WORDS) or meaning_of(character.description, _BODY_WORDS)
    if body is None:
        body = Body.MONSTER if scale >= 2.5 or mentions(text, "giant") else Body.PERSON
    feminine = mentions(
        text, "girl woman she\\b her\\b lady princess queen witch heroine sister mother grandm granny female"
    ) or chance % 5 in (0, 2)
    if mentions(text, "boy man\\b he\\b his\\b king prince\\b wizard brother father grandf grandpa grandad male"):
        feminine = False
    head, top, legs = _colours(character, chance)
    if body is not Body.PERSON:  # "Red Dragon": a name says it more plainly than a palette
        top = _named_colour(character.name, _NOUNS) or top
    is_old = mentions(text, _OLD)
    accent = _named_colour(text, "cape") or (mix(top, (255, 255, 255), 0.75) if body is Body.PERSON else darker(top, 0.5))
    return Looks(
        body=body,
        hair=_hair(text, chance, feminine=feminine),
        dress=meaning_of(text, _DRESS_WORDS) or Dress.PLAIN,
        hair_colour=_named_colour(text, "hair") or (_GREY if is_old and body is Body.PERSON else head),
        skin=_skin(text, chance),
        top=top,
        legs=legs,
        shoes=_named_colour(text, "boots shoes") or darker(legs, 0.45),
        eyes=_named_colour(text, "eyes") or ((92, 60, 44), (48, 104, 176), (54, 132, 88), (120, 76, 168))[chance // 7 % 4],
        child=mentions(text, "child kid\\b little\\sgirl little\\sboy young\\sboy young\\sgirl toddler"),
        feminine=feminine,
        cape=accent if mentions(text, "cape cloak superhero") else None,
        scarf=(_named_colour(text, "scarf") or mix(top, (255, 240, 120), 0.7)) if mentions(text, "scarf") else None,
        hat=(_named_colour(text, "hat cap") or darker(top, 0.35))
        if mentions(text, "hat\\b cap\\b witch wizard helmet")
        else None,
        glasses=mentions(text, "glasses goggles spectacles"),
        beard=mentions(text, "beard bearded moustache mustache wizard") or (is_old and not feminine),
        ears=mentions(text, "cat\\sears fox\\sears catgirl neko"),
        horns=mentions(text, "horn demon devil oni\\b"),
        detail=text.lower(),
        chance=chance,
    )


def _colours(character: Character, chance: int) -> tuple[Rgb, Rgb, Rgb]:
    """Head, upper body, legs; what the palette lacks is chosen by the character's own number."""
    given = [from_hex(c) for c in character.palette[:3]]
    text = character.description.lower()
    top = _CLOTHES[chance // 11 % len(_CLOTHES)]
    named = _first_colour(text)
    drawn = [_HAIRS[chance // 3 % len(_HAIRS)], named or top, darker(mix(named or top, (70, 80, 120), 0.7), 0.2)]
    three = [*given, *drawn[len(given) :]]
    return three[0], three[1], three[2]


def _hair(text: str, chance: int, *, feminine: bool) -> Hair:
    usual = (Hair.LONG, Hair.TAIL, Hair.BOB, Hair.BUN) if feminine else (Hair.SHORT, Hair.SPIKY, Hair.SHORT, Hair.SPIKY)
    return meaning_of(text, _HAIR_WORDS) or usual[chance // 13 % 4]


def _skin(text: str, chance: int) -> Rgb:
    if mentions(text, "dark\\sskin dark-skinned black\\sman black\\swoman"):
        return _SKINS[4]
    if mentions(text, "green\\sskin"):
        return (146, 190, 110)
    if mentions(text, "pale"):
        return (255, 236, 222)
    return _SKINS[chance // 17 % 3]


_COLOUR_NAMES: dict[str, Rgb] = {
    "red": (206, 48, 48), "crimson": (168, 28, 52), "blue": (52, 104, 206), "navy": (36, 48, 104), "green": (66, 150, 84),
    "yellow": (246, 204, 60), "golden": (232, 182, 70), "blond": (240, 206, 120), "orange": (240, 138, 48), "purple": (132, 78, 186),
    "pink": (242, 138, 174), "white": (244, 244, 248), "black": (48, 44, 58), "grey": (140, 142, 152), "gray": (140, 142, 152),
    "silver": (200, 206, 220), "brown": (124, 80, 52), "teal": (44, 150, 150), "turquoise": (64, 190, 186), "cyan": (80, 196, 226),
}  # fmt: skip


def _first_colour(text: str) -> Rgb | None:
    found = sorted((text.find(name), colour) for name, colour in _COLOUR_NAMES.items() if name in text)
    return found[0][1] if found else None


def _named_colour(text: str, things: str) -> Rgb | None:
    """The colour that stands within the two words before one of the things: "long silver hair"."""
    words = text.lower().replace(",", " ,").split()
    for i, word in enumerate(words):
        if any(word.startswith(thing) for thing in things.split()):
            for before in reversed(words[max(0, i - 2) : i]):
                if before == ",":
                    break
                for name, colour in _COLOUR_NAMES.items():
                    if before.startswith(name):
                        return colour
    return None


def is_pale(colour: Rgb) -> bool:
    return brightness(colour) > 0.8
