"""References: which of a world's pictures speak for a beat, and how they are read. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from episodes.errors import FailureClass, RenderFailed
from episodes.plan import Beat, TimeOfDay
from episodes.world import Character, Light, Picture, PictureKind, Place

_KINDS = (PictureKind.SHEET, PictureKind.PORTRAIT)
_LIKE: dict[TimeOfDay, Light] = {
    TimeOfDay.DAWN: Light.DAY,
    TimeOfDay.DAY: Light.DAY,
    TimeOfDay.DUSK: Light.DUSK,
    TimeOfDay.NIGHT: Light.NIGHT,
}


def picture_of_cast(beat: Beat) -> Picture | None:
    """The first character's that has any: its sheet, else its portrait."""
    return next((found for member in beat.cast if (found := picture_of(member.character)) is not None), None)


def picture_of(character: Character) -> Picture | None:
    """Its sheet, else its portrait."""
    shown = [picture for picture in character.references if picture.kind in _KINDS]
    return min(shown, key=lambda picture: _KINDS.index(picture.kind), default=None)


def picture_of_place(place: Place, hour: TimeOfDay) -> Picture | None:
    """Rather one taken at that hour."""
    views = [picture for picture in place.references if picture.kind is PictureKind.PLACE]
    return min(views, key=lambda picture: picture.light is not _LIKE[hour], default=None)


def read_on_white(path: Path, key: str) -> Image.Image:
    """RGB, on white where it is transparent, as sheets are drawn. Raises RenderFailed (content) for what is no picture."""
    try:
        with Image.open(path) as opened:
            drawn = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError) as error:
        raise RenderFailed(f"{key!r} is no picture.", FailureClass.CONTENT, "Upload it again.") from error
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
