"""How an audit decodes a stored clip or film."""

from __future__ import annotations

from pathlib import Path

from episodes.audited import ArtifactAudit
from episodes.errors import FailureClass, RenderFailed
from rendering.probe import count_frames


def decode(path: Path, artifact: ArtifactAudit) -> None:
    """An audit's Decoder: every frame decodes, and there are as many as were recorded. Raises RenderFailed (output)."""
    num_frames = count_frames(path, control=_Patient())
    if artifact.num_frames is not None and num_frames != artifact.num_frames:
        raise RenderFailed(f"It has {num_frames} frames instead of {artifact.num_frames}.", FailureClass.OUTPUT)


class _Patient:
    """A control that nobody ever uses to stop the work."""

    def check(self) -> None: ...

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None: ...
