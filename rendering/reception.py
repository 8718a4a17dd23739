"""Reception: what workers outside the cluster say that they stored counts when it is there, and is what it should be."""

from __future__ import annotations

from episodes.errors import BadInput, FailureClass, NotFound, RenderFailed
from episodes.job import JobResult, RenderJob
from episodes.ports import ArtifactStore, Control
from episodes.results import are_whole, result_under
from rendering.backend import Keyframes
from rendering.backends.bought.clips import frames_of
from rendering.results import store_failure
from rendering.uploading import Uploader

PATIENCE_S = 200.0
"""With a store that does not answer: less than anybody's patience with a renderer that gets no further."""


class Reception:
    """Looks into the store itself. While it does not answer, it is asked again; then RenderFailed (infra) is raised."""

    def __init__(self, artifacts: ArtifactStore, uploader: Uploader | None = None) -> None:
        self._artifacts = artifacts
        self._patiently = (uploader or Uploader(artifacts, patience_s=PATIENCE_S)).patiently

    def checked(self, result: JobResult, job: RenderJob, control: Control) -> JobResult:
        """A result that a worker of ours brought. Raises RenderFailed (output) for a success whose files are not there."""
        if result.status != "succeeded":
            return result
        if not self._patiently(lambda: are_whole(self._artifacts, result), control):
            raise RenderFailed(
                f"The worker {result.runtime.renderer} says that it stored the clip, but this system's store has no such file. "
                "Give the worker the same S3_* settings.",
                FailureClass.OUTPUT,
            )
        return result

    def stored(self, job: RenderJob, control: Control) -> JobResult | None:
        """What the attempt stored, as its result tells; None: nothing whole."""
        return self._patiently(lambda: result_under(self._artifacts, job.result_key), control)

    def keyframes(self, key: str, job: RenderJob, control: Control) -> Keyframes:
        """Of a clip of any size and rate; encoding, checking and storing it under the attempt's own key is a publisher's work."""
        try:
            clip = self._patiently(lambda: self._artifacts.get_bytes(key), control)
        except (NotFound, BadInput) as error:
            raise RenderFailed(f"The worker names a clip that is not there: {error}", FailureClass.OUTPUT) from error
        frames_THWC, placing = frames_of(clip, job)
        return Keyframes(
            frames_THWC=frames_THWC,
            indices=placing.indices,
            num_frames=job.num_frames,
            recipe={"backend": job.backend, "delivered": key},
        )

    def keep_failure(self, result: JobResult, job: RenderJob) -> None:
        """So that a coordinator that was away learns of it."""
        store_failure(self._artifacts, job, result)
