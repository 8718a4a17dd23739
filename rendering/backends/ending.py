"""Endings: the picture that a beat ends with, for backends that make a film towards one. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from episodes.job import RenderJob
from rendering.backend import Frames, PictureSource
from rendering.backends.animatic.backend import AnimaticBackend


class EndingSource(StrEnum):
    ANIMATIC = "animatic"
    """What the animatic draws as the beat's last frame: there always is one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    picture_HWC: Frames
    """uint8 RGB at the job's size."""
    label: str
    """What a clip's recipe says of it."""


def ending_of(job: RenderJob, pictures: PictureSource, source: EndingSource) -> Ending:
    """Raises RenderFailed: infra when a picture cannot be had now, content when it is none."""
    match source:
        case EndingSource.ANIMATIC:
            return Ending(picture_HWC=_animatic(job, pictures), label="animatic")
        case _:
            assert_never(source)


def _animatic(job: RenderJob, pictures: PictureSource) -> Frames:
    """Of the beat alone: in a very short one, the clip that it goes on from would still shine through."""
    afresh = job.model_copy(update={"input": job.input.model_copy(update={"start_frame": None})})
    return AnimaticBackend().last_frame(afresh, pictures)
