"""AnimaticBackend: draws a beat's keyframes from its plan, like a storyboard artist, in about a second on one core."""

from __future__ import annotations

import hashlib

import numpy as np

from episodes.job import RenderJob
from episodes.plan import Beat
from episodes.ports import Control
from rendering.backend import BurnIn, Frames, Keyframes, PictureSource
from rendering.backends.animatic.keys import key_indices
from rendering.backends.animatic.references import References
from rendering.backends.animatic.scene import Scene
from rendering.backends.animatic.stage import Staging, stage
from rendering.previewing import Previews


class AnimaticBackend:
    """Between calls it keeps only cut-outs, so the same job gives the same frames on any instance."""

    def __init__(self) -> None:
        self._references = References()

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        beat, size = job.input.beat, job.input.format
        control.check()
        staging = _staging(job)
        scene = Scene(job, staging, self._references, pictures)
        indices = key_indices(
            scene.paths(),
            size.fps,
            [a.act for a in staging.actors],
            density=beat.keyframe_density,
            opens_with_dissolve=job.input.start_frame is not None,
        )
        frames = np.empty((len(indices), size.height, size.width, 3), np.uint8)
        previews = Previews(control)
        for done, index in enumerate(indices):
            control.check()
            scene.draw(frames[done], index)
            control.report((done + 1) / len(indices))
            previews.show(frames[done])
        return Keyframes(
            frames_THWC=frames,
            indices=indices,
            num_frames=job.num_frames,
            burn_in=BurnIn(label=label_of(beat), subtitle=beat.subtitle),
            recipe={"backend": "animatic", "seed": str(job.input.seed), "beat_sha256": _fingerprint(beat)},
        )

    def first_frame(self, job: RenderJob, pictures: PictureSource) -> Frames:
        """Only the first of the keyframes, (height, width, 3), without waiting for the others."""
        return self._frame(job, pictures, 0)

    def last_frame(self, job: RenderJob, pictures: PictureSource) -> Frames:
        """Only the last of them, likewise."""
        return self._frame(job, pictures, job.num_frames - 1)

    def _frame(self, job: RenderJob, pictures: PictureSource, index: int) -> Frames:
        frame = np.empty((job.input.format.height, job.input.format.width, 3), np.uint8)
        Scene(job, _staging(job), self._references, pictures).draw(frame, index)
        return frame


def _staging(job: RenderJob) -> Staging:
    return stage(job.input.beat, job.input.format.width / job.input.format.height)


def label_of(beat: Beat) -> str:
    """What stands on the slate: "MEDIUM  PUSH IN". Nothing of where the beat stands, so that its clip stays true when others come before it."""
    return f"{beat.shot_size.value.upper()}  {beat.camera_move.value.upper()}"


def _fingerprint(beat: Beat) -> str:
    return hashlib.sha256(beat.model_dump_json().encode()).hexdigest()
