"""Transfer: frames from the device to the host while the device goes on."""

from __future__ import annotations

import torch

from rendering.backend import Frames


class HostFrames:
    """Gathers a clip's frames on the host. From a GPU they come into pinned memory, which the bus reaches by itself."""

    def __init__(self, shape: tuple[int, ...], device: torch.device) -> None:
        self._is_cuda = device.type == "cuda"
        self._frames = torch.empty(shape, dtype=torch.uint8, pin_memory=self._is_cuda)

    def put(self, first: int, chunk_THWC: torch.Tensor) -> None:
        """Start copying frames to their places from `first` on: after what the device does now, before what it does next."""
        self._frames[first : first + len(chunk_THWC)].copy_(chunk_THWC, non_blocking=True)

    def wait(self) -> Frames:
        """All of them, once they are there."""
        if self._is_cuda:
            torch.cuda.current_stream().synchronize()
        frames: Frames = self._frames.numpy()
        return frames
