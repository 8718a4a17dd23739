"""Measuring: everything that a world's picture says without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from episodes.world import Box, Light, PictureKind
from planning.extraction.colours import light_of, palette_of
from planning.extraction.decode import Decoded, Pixels
from planning.extraction.faces import faces_in
from planning.extraction.figures import Figures, figures_in

_PORTRAIT_FACE: Final = 0.14
"""Share of the picture's height from which on a face is what the picture is about."""
_HEAD, _WAIST = 0.2, 0.56  # of a standing figure's height from the top: below the chin, at the belt
_FACE_TO_BODY = 3  # a portrait's clothes lie within so many face heights below the chin


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    kind: PictureKind
    palette: tuple[str, ...]
    """Dominant colours, most frequent first; of a sheet only the figures'."""
    body_palette: tuple[str, ...]
    """Of a character: head, upper body, legs. Empty for places."""
    light: Light
    faces: tuple[Box, ...]
    num_figures: int


def measure(picture: Decoded) -> Measured:
    """Deterministic. A plain or transparent ground with figures is a sheet, a large enough face a portrait, all else a place."""
    rgba = picture.rgba_HWC
    faces = faces_in(rgba)
    figures = figures_in(rgba)
    if figures is not None:
        return Measured(
            kind=PictureKind.SHEET,
            palette=palette_of(rgba[figures.mask_HW][:, :3]),
            body_palette=_body_of_figure(rgba, figures),
            light=Light.DAY,
            faces=faces,
            num_figures=len(figures.boxes),
        )
    is_portrait = bool(faces) and faces[0].height >= _PORTRAIT_FACE
    return Measured(
        kind=PictureKind.PORTRAIT if is_portrait else PictureKind.PLACE,
        palette=palette_of(rgba[..., :3].reshape(-1, 3)),
        body_palette=_body_below_face(rgba, faces[0]) if is_portrait else (),
        light=light_of(rgba[..., :3]),
        faces=faces,
        num_figures=0,
    )


def _body_of_figure(rgba: Pixels, figures: Figures) -> tuple[str, ...]:
    """Head, upper body and legs of the largest figure, each band's most frequent colour."""
    height, width = rgba.shape[:2]
    box = figures.boxes[0]
    left, right = round(box.x * width), round((box.x + box.width) * width)
    colours: list[str] = []
    for start, end in ((0.0, _HEAD), (_HEAD, _WAIST), (_WAIST, 1.0)):
        top, bottom = round((box.y + start * box.height) * height), round((box.y + end * box.height) * height)
        band = rgba[top:bottom, left:right][figures.mask_HW[top:bottom, left:right]]
        colours.extend(palette_of(np.ascontiguousarray(band[:, :3]), num_colours=1))
    return tuple(colours)


def _body_below_face(rgba: Pixels, face: Box) -> tuple[str, ...]:
    """Hair (above the face) and clothes (below it), as wide as the face."""
    height, width = rgba.shape[:2]
    left, right = round(face.x * width), round((face.x + face.width) * width)
    top, chin = round(face.y * height), round((face.y + face.height) * height)
    hair = rgba[max(0, top - (chin - top) // 3) : top + 1, left:right, :3].reshape(-1, 3)
    clothes = rgba[min(chin, height - 1) : chin + _FACE_TO_BODY * (chin - top), left:right, :3].reshape(-1, 3)
    return (*palette_of(hair, num_colours=1), *palette_of(clothes, num_colours=2))
