"""Choosing: the length and size that a server offers which are nearest to what a beat needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

from episodes.job import RenderJob
from episodes.plan import Format

MULTIPLE = 16
"""Sides of what video models make are divisible by it."""


def seconds_for(duration_s: float, offered: Sequence[int]) -> int:
    """The shortest that is long enough, else the longest that there is. `offered` ascends."""
    return next((seconds for seconds in offered if seconds >= duration_s), offered[-1])


def size_for(film_format: Format, offered: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Of those whose shape loses least when it is cropped, the smallest that need not be made larger, else the largest."""
    aspect = film_format.width / film_format.height
    least = min(_loss(size, aspect) for size in offered)
    alike = sorted((size for size in offered if _loss(size, aspect) - least < 0.01), key=lambda size: size[0] * size[1])
    covers = (size for size in alike if size[0] >= film_format.width and size[1] >= film_format.height)
    return next(covers, alike[-1])


def prompt_of(job: RenderJob) -> str:
    """Never empty: no server takes that."""
    return job.input.prompt or job.input.beat.description or f"{job.input.beat.shot_size.value} shot"


def own_size(film_format: Format) -> tuple[int, int]:
    """The clip's own, in whole multiples."""
    return ceil(film_format.width / MULTIPLE) * MULTIPLE, ceil(film_format.height / MULTIPLE) * MULTIPLE


def _loss(size: tuple[int, int], aspect: float) -> float:
    return abs(log(size[0] / size[1] / aspect))
