"""Previews: how a beat will look, out of latents of any model, without decoding them.

What a VAE paints is nearly a linear map of its latents, pixel for pixel. Other programs carry that map along for each model; here every
clip that was made teaches it, so that a new model needs none: its second beat is shown while it is made, or its first after a warm-up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from rendering.backend import Frames
from rendering.backends.libraries import Part

MOST_TIMES = 4
"""Of a clip's moments, those that are learnt from."""
MEMORY = 0.7
"""What earlier clips still count when another was learnt from."""
RIDGE = 1e-4
"""How much of its own size each channel is held back by: some say the same as others."""

Floats = NDArray[np.float64]


class Colours:
    """The map from a latent's channels, and one that is always 1, to red, green and blue. Learns; shows nothing before."""

    def __init__(self) -> None:
        self._known: tuple[Floats, Floats] | None = None
        self._map: Floats | None = None

    @property
    def are_known(self) -> bool:
        return self._map is not None

    def learn(self, latents_THWC: Floats, frames_THWC: Frames) -> None:
        """From a clip's last latents and what was decoded from them; frames are spread evenly over the latents' moments."""
        times = np.unique(np.linspace(0, len(latents_THWC) - 1, MOST_TIMES).round().astype(int))
        size = latents_THWC.shape[2], latents_THWC.shape[1]
        shares = times / max(1, len(latents_THWC) - 1)
        seen = [
            cv2.resize(frames_THWC[round(at * (len(frames_THWC) - 1))], size, interpolation=cv2.INTER_AREA) for at in shares
        ]
        given, wanted = _with_one(latents_THWC[times]), np.stack(seen).reshape(-1, 3) / 255
        both = given.T @ given / len(given), given.T @ wanted / len(given)
        if self._known is not None and self._known[0].shape == both[0].shape:
            both = both[0] + MEMORY * self._known[0], both[1] + MEMORY * self._known[1]
        self._known = both
        solved: Floats = np.linalg.solve(both[0] + RIDGE * np.diag(np.diag(both[0]) + RIDGE), both[1]).astype(np.float64)
        self._map = solved

    def picture(self, latents_HWC: Floats) -> Frames | None:
        """uint8, as large as the latents; None: nothing is known of such latents."""
        if self._map is None or len(self._map) != latents_HWC.shape[-1] + 1:
            return None
        colours = (_with_one(latents_HWC) @ self._map).reshape(*latents_HWC.shape[:2], 3)
        picture: Frames = (np.nan_to_num(colours).clip(0, 1) * 255).round().astype(np.uint8)
        return picture


class Watching:
    """Stands in for a scheduler's `step` while a clip is sampled: looks at what goes through it, and changes nothing."""

    def __init__(self, scheduler: Part, seen: Callable[[torch.Tensor], None]) -> None:
        """`seen`: is given the clean latents that each step makes out, in the pipeline's own layout."""
        self._scheduler = scheduler
        self._step = scheduler.step
        self._seen = seen

    def __call__(
        self, model_output: torch.Tensor, timestep: object, sample: torch.Tensor, *rest: object, **named: object
    ) -> object:
        made = self._step(model_output, timestep, sample, *rest, **named)
        after = made[0] if isinstance(made, tuple) else made.prev_sample
        self._seen(clean_of(sample, after, *self._noise()))
        return made

    def _noise(self) -> tuple[float, float]:
        """Standard deviations before and after the step; 0 where this kind of scheduler does not tell."""
        sigmas, index = getattr(self._scheduler, "sigmas", None), getattr(self._scheduler, "step_index", None)
        if sigmas is None or not index:
            return 0.0, 0.0
        return float(sigmas[index - 1]), float(sigmas[index])


@contextmanager
def watched(scheduler: Part, seen: Callable[[torch.Tensor], None]) -> Iterator[None]:
    scheduler.step = Watching(scheduler, seen)
    try:
        yield
    finally:
        del scheduler.step  # the instance's own; the class has its method still


def clean_of(before: torch.Tensor, after: torch.Tensor, sigma_before: float, sigma_after: float) -> torch.Tensor:
    """Where a straight line through the step ends when no noise is left: what the model takes for the clean latents.

    Of flow matching and of diffusion with added noise alike, since both go along dx/dσ.
    """
    if sigma_before == sigma_after:
        return after
    return after - sigma_after * (after - before) / (sigma_after - sigma_before)


def laid_out(latents: torch.Tensor, num_channels: int, height: int, width: int) -> torch.Tensor | None:
    """Of one clip as (time, height, width, channels), whichever way a pipeline has them; None: nobody knows this way.

    Channels or time come first, or all places stand in a row. `height` and `width`: of the frames, to tell such a row's.
    """
    one = latents[0]
    if one.ndim == 4 and one.shape[0] == num_channels:
        return one.permute(1, 2, 3, 0)
    if one.ndim == 4 and one.shape[1] == num_channels:
        return one.permute(0, 2, 3, 1)
    if one.ndim != 2 or one.shape[1] != num_channels:
        return None
    for smaller in (32, 16, 8):
        high, wide = height // smaller, width // smaller
        if high and wide and len(one) % (high * wide) == 0:
            return one.reshape(-1, high, wide, num_channels)
    return None


def _with_one(latents: Floats) -> Floats:
    flat = latents.reshape(-1, latents.shape[-1])
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
