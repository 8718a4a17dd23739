from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from episodes.job import StartFrame
from episodes.plan import Format
from rendering.backends.animatic.backend import AnimaticBackend
from rendering.backends.ending import EndingSource, ending_of
from tests.builders import a_job
from tests.clips import FakeControl

SMALL = Format(width=96, height=64, fps=12)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("an animatic needs no pictures")


@pytest.mark.slow
def test_the_animatics_ending_is_its_very_last_frame() -> None:
    job = a_job(film_format=SMALL)
    drawn = AnimaticBackend().keyframes(job, NoPictures(), FakeControl())

    ending = ending_of(job, NoPictures(), EndingSource.ANIMATIC)

    assert ending.label == "animatic"
    assert np.array_equal(ending.picture_HWC, drawn.frames_THWC[-1])


def test_the_animatics_ending_is_its_own_also_where_a_beat_goes_on() -> None:
    plain = a_job(film_format=SMALL)
    start = StartFrame(video_key="earlier.mp4", sha256="0" * 64)
    job = plain.model_copy(update={"input": plain.input.model_copy(update={"start_frame": start})})

    ending = ending_of(job, NoPictures(), EndingSource.ANIMATIC)

    assert np.array_equal(ending.picture_HWC, ending_of(plain, NoPictures(), EndingSource.ANIMATIC).picture_HWC)
