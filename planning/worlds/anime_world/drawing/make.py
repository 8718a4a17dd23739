"""Draws the example world anew: `python -m planning.worlds.anime_world.drawing.make`, after a change in the drawings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from episodes.world import Character, Light, Picture, Place, Prop, Style, World
from planning.extraction.decode import decode
from planning.extraction.measure import measure
from planning.worlds.anime_world.drawing.city import night_street, rooftop
from planning.worlds.anime_world.drawing.others import gorugan, kiku
from planning.worlds.anime_world.drawing.outdoors import forest, harbour
from planning.worlds.anime_world.drawing.people import mika, saitama

FOLDER: Final = Path(__file__).parent.parent
WORLD_ID: Final = "anime_world"
_MARGIN: Final = 6

_CHARACTERS: Final[tuple[tuple[Callable[[], Image.Image], str, tuple[str, ...], str], ...]] = (
    (saitama, "Saitama", ("#f6cfae", "#f5c63c", "#cf2f2c"),
     "bald young hero with a calm, plain face, yellow jumpsuit with a black belt and golden buckle, long white cape, red gloves and red boots"),
    (mika, "Mika", ("#2a2233", "#d23c3c", "#2f3a70"),
     "girl of ten with a black bob haircut and a yellow hair clip, big brown eyes, red hooded winter coat with white fur trim, "
     "dark blue tights, brown boots"),
    (kiku, "Kiku", ("#f3ead7", "#3fa7a3", "#6b7884"),
     "round friendly robot as tall as a man, cream helmet with a dark visor and two glowing turquoise eyes, teal ball-shaped body with a yellow gauge, "
     "orange antenna"),
    (gorugan, "Gorugan", ("#6d4a9e", "#b9cf7c", "#432b6d"),
     "giant monster, violet skin, pale green belly, curved bone horns, spikes on the shoulders, yellow eyes, long claws and a spiked tail"),
)  # fmt: skip
_PLACES: Final[tuple[tuple[Callable[[], Image.Image], str, Light, str], ...]] = (
    (rooftop, "Rooftop", Light.DUSK,
              "flat rooftop with a railing, a wooden water tank and a stairwell, a city skyline with lit windows behind it"),
    (forest, "Forest", Light.DAY, "bright forest with tall trunks in green haze, sunbeams and a sandy path"),
    (harbour, "Lighthouse Harbour", Light.DAY,
              "stone quay by the sea, a red and white lighthouse on a green cliff, two sailing boats, white clouds"),
    (night_street, "Night Street", Light.NIGHT,
              "city street between lit shops with neon signs, street lamps, wet asphalt, a full moon"),
)  # fmt: skip
_PROPS: Final = (
    Prop(prop_id="kite", name="kite", description="a red and yellow diamond kite with a long ribbon tail"),
    Prop(prop_id="toolbox", name="toolbox", description="a dented blue toolbox"),
)
_STYLE: Final = Style(
    description="anime, clean line art, cel shading, warm painted backgrounds",
    negative="photorealistic, 3d render, sketch, monochrome",
)


def main() -> None:
    characters = tuple(_character(*entry) for entry in _CHARACTERS)
    places = tuple(_place(*entry) for entry in _PLACES)
    world = World(title="Anime World", characters=characters, places=places, props=_PROPS, style=_STYLE)
    (FOLDER / "world.json").write_text(world.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _character(draw: Callable[[], Image.Image], name: str, palette: tuple[str, ...], looks: str) -> Character:
    picture = _stored(_trimmed(draw()), draw.__name__)
    return Character(character_id=draw.__name__, name=name, description=looks, palette=palette, references=(picture,))


def _place(draw: Callable[[], Image.Image], name: str, light: Light, looks: str) -> Place:
    picture = _stored(draw(), draw.__name__).model_copy(update={"light": light})
    return Place(
        place_id=draw.__name__, name=name, description=looks, palette=picture.palette, light=light, references=(picture,)
    )


def _trimmed(sheet: Image.Image) -> Image.Image:
    """The figure fills its picture."""
    left, top, right, bottom = sheet.getchannel("A").getbbox() or (0, 0, *sheet.size)
    trimmed = Image.new("RGBA", (right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN), (0, 0, 0, 0))
    trimmed.paste(sheet.crop((left, top, right, bottom)), (_MARGIN, _MARGIN))
    return trimmed


def _stored(picture: Image.Image, name: str) -> Picture:
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    data = file.getvalue()
    (FOLDER / f"{name}.png").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    measured = measure(decode(data))
    return Picture(
        key=f"worlds/{WORLD_ID}/images/{sha256}.png",
        sha256=sha256,
        size_bytes=len(data),
        width=picture.width,
        height=picture.height,
        kind=measured.kind,
        palette=measured.palette,
        light=measured.light,
        faces=measured.faces,
    )


if __name__ == "__main__":
    main()
