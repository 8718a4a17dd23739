"""Replaying: the UNet as a recorded CUDA graph for each shape, so that a busy host cannot slow the GPU down."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rendering.backends.animatediff.unet import Context, Unet
from rendering.backends.libraries import Part

Shape = tuple[torch.Size, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A graph and the tensors that it reads and writes."""

    graph: torch.cuda.CUDAGraph
    latents: torch.Tensor
    times_C: torch.Tensor
    context: Context
    predicted: torch.Tensor


class Replayer:
    """Calls the UNet. A shape's first call runs it and records it; later ones replay: one launch for a thousand kernels."""

    def __init__(self, unet: Unet) -> None:
        self._unet = unet
        self._recordings: dict[Shape, Recording] = {}
        self._pool: Part = None  # torch's name for a pool is private

    def __call__(self, latents: torch.Tensor, times_C: torch.Tensor, context: Context) -> torch.Tensor:
        """Like the UNet; what it returns is overwritten by the next call."""
        shape = (latents.shape, context.words_NTC.shape, *(part.shape for part in context.pictures_NTC))
        if shape not in self._recordings:
            self._recordings[shape] = self._record(latents, times_C, context)
        recording = self._recordings[shape]
        recording.latents.copy_(latents)
        recording.times_C.copy_(times_C)
        recording.context.words_NTC.copy_(context.words_NTC)
        for kept, part in zip(recording.context.pictures_NTC, context.pictures_NTC, strict=True):
            kept.copy_(part)
        recording.graph.replay()
        return recording.predicted

    def forget(self) -> None:
        """Gives the graphs' memory back."""
        self._recordings.clear()
        self._pool = None

    def _record(self, latents: torch.Tensor, times_C: torch.Tensor, context: Context) -> Recording:
        latents, times_C = latents.clone(), times_C.clone()
        pictures = tuple(part.clone() for part in context.pictures_NTC)
        context = Context(words_NTC=context.words_NTC.clone(), pictures_NTC=pictures)
        for _ in range(2):  # kernels are built and chosen outside of a recording
            self._unet(latents, times_C, context)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            predicted = self._unet(latents, times_C, context)
        self._pool = graph.pool()
        return Recording(graph=graph, latents=latents, times_C=times_C, context=context, predicted=predicted)
