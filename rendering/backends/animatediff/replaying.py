"""Replaying: the UNet as a recorded CUDA graph for each shape, so that a busy host cannot slow the GPU down."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from rendering.backends.animatediff.unet import Context
from rendering.backends.libraries import Part

MOST_SHAPES = 16
"""Graphs that are kept: four sizes of clips, each with one to four windows at once. Each keeps its inputs and some MB for its kernels."""

Shape = tuple[torch.Size, ...]
Predict = Callable[[torch.Tensor, torch.Tensor, Context], torch.Tensor]
"""The UNet: latents, the step's row of times, and the context."""


class Graph(Protocol):
    """What is used of torch.cuda.CUDAGraph."""

    def replay(self) -> None: ...

    def pool(self) -> Part:
        """The memory that it works in; torch's name for one is private."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A graph and the tensors that it reads and writes."""

    graph: Graph
    latents: torch.Tensor
    times_C: torch.Tensor
    context: Context
    predicted: torch.Tensor


class Record(Protocol):
    def __call__(
        self, predict: Predict, latents: torch.Tensor, times_C: torch.Tensor, context: Context, *, pool: Part
    ) -> Recording:
        """Of a call with such tensors. `pool`: of the graphs before, which never run at the same time; None: these are the first."""


def record(predict: Predict, latents: torch.Tensor, times_C: torch.Tensor, context: Context, *, pool: Part) -> Recording:
    latents, times_C = latents.clone(), times_C.clone()
    pictures = tuple(part.clone() for part in context.pictures_NTC)
    context = Context(words_NTC=context.words_NTC.clone(), pictures_NTC=pictures)
    for _ in range(2):  # kernels are built and chosen outside of a recording
        predict(latents, times_C, context)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=pool):
        predicted = predict(latents, times_C, context)
    return Recording(graph=graph, latents=latents, times_C=times_C, context=context, predicted=predicted)


class Replayer:
    """Calls the UNet. A shape's first call runs it and records it; later ones replay: one launch for a thousand kernels.

    The shapes that were used last are kept; one that comes back after many others is recorded anew.
    """

    def __init__(self, predict: Predict, record: Record = record) -> None:
        self._predict = predict
        self._record = record
        self._recordings: OrderedDict[Shape, Recording] = OrderedDict()

    def __call__(self, latents: torch.Tensor, times_C: torch.Tensor, context: Context) -> torch.Tensor:
        """Like the UNet; what it returns is overwritten by the next call."""
        recording = self._recording(latents, times_C, context)
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

    def _recording(self, latents: torch.Tensor, times_C: torch.Tensor, context: Context) -> Recording:
        shape = (latents.shape, context.words_NTC.shape, *(part.shape for part in context.pictures_NTC))
        if shape not in self._recordings:
            pool = next((kept.graph.pool() for kept in self._recordings.values()), None)
            self._recordings[shape] = self._record(self._predict, latents, times_C, context, pool=pool)
            if len(self._recordings) > MOST_SHAPES:  # only now: the pool lives as long as a graph that works in it
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(shape)
        return self._recordings[shape]
