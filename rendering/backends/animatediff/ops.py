"""Ops: what the rewritten UNet and decoder are made of, on frames whose channels come last.

Channels last is what a GPU's matrix units want: a 1 × 1 convolution is a matrix product and nothing is ever turned around. Each op has a
plain form in PyTorch, which the CPU runs; on a GPU those that move much memory have a kernel in `kernels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from rendering.backends.animatediff.attending import attend
from rendering.backends.libraries import Part


@dataclass(frozen=True, slots=True)
class Norm:
    """A group or layer normalization's parameters."""

    weight: torch.Tensor
    bias: torch.Tensor
    eps: float
    num_groups: int = 1

    @classmethod
    def of(cls, module: Part) -> Norm:
        return cls(module.weight, module.bias, float(module.eps), int(getattr(module, "num_groups", 1)))


def has_kernels(values: torch.Tensor) -> bool:
    """Kernels are for GPUs and half precision; everything else is computed in the plain form."""
    return values.is_cuda and values.dtype in (torch.float16, torch.bfloat16)


def convolve(x_NHWC: torch.Tensor, weight_OIHW: torch.Tensor, *, stride: int = 1, padding: int = 1) -> torch.Tensor:
    """Without bias: whatever reads the result adds it. The weight lies channels last too."""
    y_NCHW = functional.conv2d(x_NHWC.permute(0, 3, 1, 2), weight_OIHW, None, stride, padding)
    return y_NCHW.permute(0, 2, 3, 1).contiguous()


def linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    return functional.linear(x, weight, bias)


def group_norm(
    x: torch.Tensor, norm: Norm, *, rows: int, silu: bool = False, shift_C: torch.Tensor | None = None
) -> torch.Tensor:
    """Of `x + shift`, over `rows` groups of rows: a picture each, or a clip each. Channels are the last axis, whatever is before it."""
    if has_kernels(x):
        from rendering.backends.animatediff import kernels

        return kernels.group_norm(x, norm.weight, norm.bias, norm.eps, norm.num_groups, rows=rows, silu=silu, shift_C=shift_C)
    y = x if shift_C is None else x + shift_C
    y_RCL = y.reshape(rows, -1, x.shape[-1]).transpose(1, 2)
    y_RCL = functional.group_norm(y_RCL, norm.num_groups, norm.weight, norm.bias, norm.eps)
    y = y_RCL.transpose(1, 2).reshape(x.shape)
    return functional.silu(y) if silu else y


def layer_norm(
    x: torch.Tensor,
    norm: Norm,
    *,
    shift_C: torch.Tensor,
    delta: torch.Tensor | None = None,
    positions_FC: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """x + delta + shift, and the same normalized; without a delta x comes back as it is, and the shift is only seen by the norm.

    `x` is (clips, time, places, channels) where positions in time are added to what was normalized. The sum is written over `delta` on a GPU.
    """
    if has_kernels(x):
        from rendering.backends.animatediff import kernels

        return kernels.layer_norm(x, norm.weight, norm.bias, norm.eps, shift_C=shift_C, delta=delta, positions_FC=positions_FC)
    total = x + shift_C if delta is None else x + delta + shift_C
    y = functional.layer_norm(total, total.shape[-1:], norm.weight, norm.bias, norm.eps)
    return x if delta is None else total, y if positions_FC is None else y + positions_FC[:, None]


def add(x: torch.Tensor, y: torch.Tensor, bias_C: torch.Tensor | None = None) -> torch.Tensor:
    """x + y + bias."""
    if has_kernels(x):
        from rendering.backends.animatediff import kernels

        return kernels.add(x, y, bias_C)
    return x + y if bias_C is None else x + y + bias_C


def accumulate(total: torch.Tensor, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """total + the linear layer of x, without bias: a matrix product that begins where the sum stands. Written over `total` on a GPU."""
    if has_kernels(total):
        total.view(-1, total.shape[-1]).addmm_(x.reshape(-1, x.shape[-1]), weight.t())
        return total
    return total + functional.linear(x, weight).view(total.shape)


def gated(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """GEGLU: the first half of a linear layer, gated by the GELU of its second."""
    both = functional.linear(x, weight)
    if has_kernels(x):
        from rendering.backends.animatediff import kernels

        return kernels.gate(both, bias)
    values, gate = (both + bias).chunk(2, dim=-1)
    return values * functional.gelu(gate)


def attend_in_time(qkv_NFLC: torch.Tensor, num_heads: int) -> torch.Tensor:
    """Each place attends to itself at all times. (clips, time, places, 3 · channels) → (clips, time, places, channels)."""
    if has_kernels(qkv_NFLC):
        from rendering.backends.animatediff import kernels

        if kernels.takes_times(qkv_NFLC.shape[1]):
            return kernels.attend_in_time(qkv_NFLC, num_heads)
    clips, times, places, _ = qkv_NFLC.shape
    q, k, v = qkv_NFLC.view(clips, times, places, 3, num_heads, -1).permute(3, 0, 2, 4, 1, 5).flatten(1, 2)
    attended = attend(q, k, v)  # (clips · places, heads, time, channels of a head)
    return attended.view(clips, places, num_heads, times, -1).permute(0, 3, 1, 2, 4).reshape(clips, times, places, -1)


def grow(x_NHWC: torch.Tensor, weight_PIHW: torch.Tensor, bias_O: torch.Tensor) -> torch.Tensor:
    """Twice the size by nearest neighbour, then convolved 3 × 3, in 4/9 of the arithmetic: see `growing_weight`."""
    phases = convolve(x_NHWC, weight_PIHW)  # (N, H + 1, W + 1, 4 · O): each place's four descendants, from 2 × 2 neighbours
    if has_kernels(x_NHWC):
        from rendering.backends.animatediff import kernels

        return kernels.interleave(phases, bias_O)
    num, height, width, _ = x_NHWC.shape
    phases = phases.view(num, height + 1, width + 1, 2, 2, -1)
    parts = [phases[:, down : down + height, right : right + width, down, right] for down in (0, 1) for right in (0, 1)]
    grown = torch.stack(parts, dim=3).view(num, height, width, 2, 2, -1).permute(0, 1, 3, 2, 4, 5)
    return grown.reshape(num, 2 * height, 2 * width, -1) + bias_O


def growing_weight(weight_OIHW: torch.Tensor) -> torch.Tensor:
    """The four 2 × 2 kernels, one for each descendant of a place, that a 3 × 3 kernel becomes on doubled pixels: (4 · O, I, 2, 2).

    On doubled pixels, of the three rows that a kernel looks at, two are the same: their weights are summed beforehand.
    """
    exact = weight_OIHW.double()
    first_rows = torch.stack((exact[:, :, 0], exact[:, :, 1] + exact[:, :, 2]), dim=2)
    second_rows = torch.stack((exact[:, :, 0] + exact[:, :, 1], exact[:, :, 2]), dim=2)
    phases = []
    for rows in (first_rows, second_rows):
        phases.append(torch.stack((rows[..., 0], rows[..., 1] + rows[..., 2]), dim=3))
        phases.append(torch.stack((rows[..., 0] + rows[..., 1], rows[..., 2]), dim=3))
    weight = torch.cat(phases).to(weight_OIHW.dtype)
    return weight.contiguous(memory_format=torch.channels_last)


def channels_last(weight_OIHW: torch.Tensor) -> torch.Tensor:
    return weight_OIHW.contiguous(memory_format=torch.channels_last)
