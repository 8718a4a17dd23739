"""Openings: the picture that a beat begins with, for backends that make a film from one. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import assert_never

import numpy as np
from PIL import Image

from episodes.errors import BadInput
from episodes.job import RenderJob
from episodes.plan import Beat, Format
from episodes.world import Picture, PictureKind
from rendering.backend import Frames, PictureSource
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.backends.fitting import fitted
from rendering.backends.last_frame import last_frame
from rendering.backends.references import picture_of, picture_of_place, read_on_white


class OpeningSource(StrEnum):
    PREVIOUS = "previous"
    """The last frame of the clip that the beat goes on from."""
    PICTURE = "picture"
    """A reference picture of the place; without one, of the character who is alone in the beat."""
    ANIMATIC = "animatic"
    """What the animatic draws as the beat's first frame: there always is one."""


def sources_of(text: str) -> tuple[OpeningSource, ...]:
    """As an option writes them, first come. Raises BadInput for a word that is none of them."""
    try:
        return tuple(OpeningSource(one.strip()) for one in text.split(","))
    except ValueError:
        hint = f"It is {', '.join(OpeningSource)}, or several of them separated by commas."
        raise BadInput(f"opening is {text!r}.", hint, where="options.opening") from None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    picture_HWC: Frames
    """uint8 RGB at the job's size."""
    source: OpeningSource
    label: str
    """What a clip's recipe says of it."""


def opening_of(job: RenderJob, pictures: PictureSource, sources: Sequence[OpeningSource]) -> Opening | None:
    """From the first of the sources that has one; None when none has.

    Raises RenderFailed: infra when a picture cannot be had now, content when it is none.
    """
    return next((found for source in sources if (found := _from(source, job, pictures)) is not None), None)


def _from(source: OpeningSource, job: RenderJob, pictures: PictureSource) -> Opening | None:
    match source:
        case OpeningSource.PREVIOUS:
            return _previous(job, pictures)
        case OpeningSource.PICTURE:
            return _picture(job, pictures)
        case OpeningSource.ANIMATIC:
            return _animatic(job, pictures)
        case _:
            assert_never(source)


def _previous(job: RenderJob, pictures: PictureSource) -> Opening | None:
    start = job.input.start_frame
    if start is None:
        return None
    frame = last_frame(pictures.path(start.video_key, start.sha256), start.video_key, job.input.format)
    return Opening(picture_HWC=frame, source=OpeningSource.PREVIOUS, label=f"previous clip's last frame: {start.video_key}")


def _picture(job: RenderJob, pictures: PictureSource) -> Opening | None:
    chosen = _chosen(job.input.beat)
    if chosen is None:
        return None
    read = read_on_white(pictures.path(chosen.key, chosen.sha256), chosen.key)
    if chosen.kind is PictureKind.SHEET:  # a figure that is cropped around the middle has lost its head
        read = _on_its_ground(read, job.input.format)
    [picture] = fitted([np.array(read)], job.input.format)
    return Opening(picture_HWC=picture, source=OpeningSource.PICTURE, label=f"picture {chosen.key}")


def _chosen(beat: Beat) -> Picture | None:
    of_place = picture_of_place(beat.place, beat.time_of_day)
    if of_place is None and len(beat.cast) == 1:
        return picture_of(beat.cast[0].character)
    return of_place


def _on_its_ground(sheet: Image.Image, film_format: Format) -> Image.Image:
    """All of it in the clip's aspect: what is missing at the sides is of the colour in its corner."""
    aspect = film_format.width / film_format.height
    size = max(sheet.width, ceil(sheet.height * aspect)), max(sheet.height, ceil(sheet.width / aspect))
    wider = Image.new("RGB", size, sheet.getpixel((0, 0)))
    wider.paste(sheet, ((size[0] - sheet.width) // 2, (size[1] - sheet.height) // 2))
    return wider


def _animatic(job: RenderJob, pictures: PictureSource) -> Opening:
    afresh = job.model_copy(update={"input": job.input.model_copy(update={"start_frame": None})})
    frame = AnimaticBackend().first_frame(afresh, pictures)
    return Opening(picture_HWC=frame, source=OpeningSource.ANIMATIC, label="animatic")
