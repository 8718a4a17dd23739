"""References: cut-outs and backdrops made from the world's pictures, kept while the backend is warm."""

from __future__ import annotations

from collections import OrderedDict

from episodes.plan import ShotSize, TimeOfDay
from episodes.world import Character, Picture, PictureKind, Place
from episodes.world import Light as PlaceLight
from rendering.backend import PictureSource
from rendering.backends.animatic.cutouts import Cutout, cut_out, read_picture
from rendering.backends.animatic.pen import Rgba
from rendering.backends.references import picture_of_place

_MOST_KEPT = 24  # of about 6 MB each


class References:
    """Keyed by the pictures' hashes, so that what is kept never changes what is drawn."""

    def __init__(self) -> None:
        self._cutouts: OrderedDict[str, Cutout | None] = OrderedDict()

    def cutout(self, character: Character, shot: ShotSize, pictures: PictureSource) -> Cutout | None:
        """The character's figure, for this shot: a bust has no legs to stand on in a wide one."""
        near = shot in (ShotSize.MEDIUM, ShotSize.CLOSE_UP)
        kinds = (PictureKind.SHEET, PictureKind.PORTRAIT)
        for picture in sorted((p for p in character.references if p.kind in kinds), key=lambda p: kinds.index(p.kind)):
            cutout = self._cut(picture, pictures)
            if cutout is not None and (near or not cutout.is_bust):
                return cutout
        return None

    def backdrop(self, place: Place, hour: TimeOfDay, pictures: PictureSource) -> tuple[Rgba, PlaceLight] | None:
        """The place's picture, rather one taken at that hour, and the light in it."""
        chosen = picture_of_place(place, hour)
        if chosen is None:
            return None
        return read_picture(pictures.path(chosen.key, chosen.sha256), chosen.key), chosen.light

    def _cut(self, picture: Picture, pictures: PictureSource) -> Cutout | None:
        if picture.sha256 not in self._cutouts:
            self._cutouts[picture.sha256] = cut_out(picture, pictures.path(picture.key, picture.sha256))
            if len(self._cutouts) > _MOST_KEPT:
                self._cutouts.popitem(last=False)
        self._cutouts.move_to_end(picture.sha256)
        return self._cutouts[picture.sha256]
