"""Kernels: what is bound by memory and not by arithmetic, written in Triton so that each value is read and written once.

Nothing here is compiled ahead or tuned: the first call of a kernel builds it in a second, and Triton keeps it on disk. Only imported where
there is a GPU. Computed in float32, stored in the model's type. Triton's interpreter tests them against the plain forms in `ops.py`.
"""

# ruff: noqa: ANN001, ANN202 - arguments of a kernel are pointers and numbers, as Triton types them when it is built
# mypy: disable-error-code="no-untyped-def, untyped-decorator, import-not-found, import-untyped, unused-ignore, no-untyped-call"
from __future__ import annotations

import torch
import triton
import triton.language as tl

_COLUMNS = 64  # channels in a tile of a group norm: 128 bytes, and every count of channels in SD 1.5 is a multiple
_ROWS = 64
_TOKENS = 64  # of a tile of attention over time: what one group of four warps multiplies at once
_PROGRAMS = 1024  # that a sum is spread over: eight for each multiprocessor of an H100
_BLOCK = 2048


def group_norm(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    eps: float,
    num_groups: int,
    *,
    rows: int,
    silu: bool,
    shift_C: torch.Tensor | None,
) -> torch.Tensor:
    """See `ops.group_norm`. Three passes: sums per channel, moments per group, the result."""
    channels = x.shape[-1]
    length = x.numel() // (rows * channels)
    blocks = triton.cdiv(channels, _COLUMNS)
    per_part = max(_ROWS, min(1024, triton.next_power_of_2(triton.cdiv(length * rows * blocks, _PROGRAMS))))
    num_parts = triton.cdiv(length, per_part)
    sums = torch.empty((rows, num_parts, 2, channels), dtype=torch.float32, device=x.device)
    moments = torch.empty((rows, num_groups, 2), dtype=torch.float32, device=x.device)
    y = torch.empty_like(x)
    shift, has_shift = (weight, False) if shift_C is None else (shift_C, True)
    _sums[(num_parts, blocks, rows)](x, shift, sums, length, channels, per_part, has_shift, _ROWS, _COLUMNS)
    size = channels // num_groups
    parts_at_once = min(32, triton.next_power_of_2(num_parts))
    _moments[(num_groups, rows)](
        sums, moments, num_parts, channels, size, num_groups, eps, length, parts_at_once, triton.next_power_of_2(size)
    )
    _normalize[(triton.cdiv(length, _ROWS), blocks, rows)](
        x, shift, weight, bias, moments, y, length, channels, size, num_groups, has_shift, silu, _ROWS, _COLUMNS
    )
    return y


def layer_norm(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor,
    eps: float,
    *,
    shift_C: torch.Tensor,
    delta: torch.Tensor | None,
    positions_FC: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """See `ops.layer_norm`. The sum is written over `delta`."""
    channels = x.shape[-1]
    num_rows = x.numel() // channels
    num_frames, places = (x.shape[1], x.shape[2]) if positions_FC is not None else (1, 1)
    width = triton.next_power_of_2(channels)
    rows = max(1, 2048 // width)
    total = x if delta is None else delta
    y = torch.empty_like(x)
    positions = weight if positions_FC is None else positions_FC
    _layer_norm[(triton.cdiv(num_rows, rows),)](
        *(x, total, shift_C, positions, weight, bias, y, num_rows, channels, eps, num_frames, places),
        *(delta is not None, positions_FC is not None, rows, width),
    )
    return total, y


def add(x: torch.Tensor, y: torch.Tensor, bias_C: torch.Tensor | None) -> torch.Tensor:
    """See `ops.add`. Written over `y`."""
    channels = y.shape[-1]
    num_rows = y.numel() // channels
    bias = x if bias_C is None else bias_C
    grid = (triton.cdiv(num_rows, _ROWS), triton.cdiv(channels, _COLUMNS))
    _add[grid](x, y, bias, num_rows, channels, bias_C is not None, _ROWS, _COLUMNS)
    return y


def gate(both: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The second half of `ops.gated`."""
    channels = both.shape[-1] // 2
    y = both.new_empty((*both.shape[:-1], channels))
    num_rows = y.numel() // channels
    _gate[(triton.cdiv(num_rows, 8), triton.cdiv(channels, 256))](both, bias, y, num_rows, channels, 8, 256)
    return y


def takes_times(num_frames: int) -> bool:
    """Whether `attend_in_time` takes so many frames."""
    return num_frames in (16, 32, 64)


def attend_in_time(qkv_NFLC: torch.Tensor, num_heads: int) -> torch.Tensor:
    """See `ops.attend_in_time`. A few places' frames make one tile; each token sees those of its own place."""
    clips, frames, places, channels = qkv_NFLC.shape
    channels //= 3
    size = channels // num_heads
    at_once = _TOKENS // frames
    y = qkv_NFLC.new_empty((clips, frames, places, channels))
    _attend_in_time[(num_heads, triton.cdiv(places, at_once), clips)](
        qkv_NFLC, y, places, channels, size**-0.5, frames, at_once, size, max(16, triton.next_power_of_2(size))
    )
    return y


def interleave(phases: torch.Tensor, bias_O: torch.Tensor) -> torch.Tensor:
    """The second half of `ops.grow`: (N, H + 1, W + 1, 4 · O) → (N, 2H, 2W, O), and the bias."""
    num, height, width, channels = phases.shape
    height, width, channels = height - 1, width - 1, channels // 4
    y = phases.new_empty((num, 2 * height, 2 * width, channels))
    _interleave[(triton.cdiv(2 * width * channels, _BLOCK), 2 * height, num)](
        phases, bias_O, y, height, width, channels, _BLOCK
    )
    return y


@triton.jit
def _sums(x, shift, sums, length, channels, per_part, HAS_SHIFT: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    part = tl.program_id(0)
    row = tl.program_id(2).to(tl.int64)
    columns = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    inside = columns < channels
    base = x + row * length * channels + columns[None, :]
    total = tl.zeros((ROWS, COLUMNS), tl.float32)
    squares = tl.zeros((ROWS, COLUMNS), tl.float32)
    added = tl.zeros((COLUMNS,), tl.float32)
    if HAS_SHIFT:
        added = tl.load(shift + columns, inside, 0.0).to(tl.float32)
    for at in range(0, per_part, ROWS):
        places = part * per_part + at + tl.arange(0, ROWS)
        mask = (places < length)[:, None] & inside[None, :]
        values = tl.load(base + places[:, None] * channels, mask, 0.0).to(tl.float32)
        if HAS_SHIFT:
            values = tl.where(mask, values + added[None, :], 0.0)
        total += values
        squares += values * values
    out = sums + (row * tl.num_programs(0) + part) * 2 * channels + columns
    tl.store(out, tl.sum(total, 0), inside)
    tl.store(out + channels, tl.sum(squares, 0), inside)


@triton.jit
def _moments(sums, moments, num_parts, channels, size, num_groups, eps, length, PARTS: tl.constexpr, WIDTH: tl.constexpr):
    group = tl.program_id(0)
    row = tl.program_id(1)
    lanes = tl.arange(0, WIDTH)
    columns = group * size + lanes
    total = tl.zeros((PARTS, WIDTH), tl.float32)
    squares = tl.zeros((PARTS, WIDTH), tl.float32)
    for at in range(0, num_parts, PARTS):
        parts = at + tl.arange(0, PARTS)
        mask = (parts < num_parts)[:, None] & (lanes < size)[None, :]
        place = sums + (row * num_parts + parts)[:, None] * 2 * channels + columns[None, :]
        total += tl.load(place, mask, 0.0)
        squares += tl.load(place + channels, mask, 0.0)
    count = (length * size).to(tl.float32)
    mean = tl.sum(total) / count
    variance = tl.maximum(tl.sum(squares) / count - mean * mean, 0.0)
    out = moments + (row * num_groups + group) * 2
    tl.store(out, mean)
    tl.store(out + 1, 1.0 / tl.sqrt(variance + eps))


@triton.jit
def _normalize(
    x,
    shift,
    weight,
    bias,
    moments,
    y,
    length,
    channels,
    size,
    num_groups,
    HAS_SHIFT: tl.constexpr,
    SILU: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    row = tl.program_id(2).to(tl.int64)
    places = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    columns = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    inside = columns < channels
    mask = (places < length)[:, None] & inside[None, :]
    at = row * length * channels + places[:, None] * channels + columns[None, :]
    of_group = moments + (row * num_groups + columns // size) * 2
    mean = tl.load(of_group, inside, 0.0)
    scale = tl.load(of_group + 1, inside, 0.0) * tl.load(weight + columns, inside, 0.0).to(tl.float32)
    if HAS_SHIFT:
        mean -= tl.load(shift + columns, inside, 0.0).to(tl.float32)
    offset = tl.load(bias + columns, inside, 0.0).to(tl.float32) - mean * scale
    values = tl.load(x + at, mask, 0.0).to(tl.float32) * scale[None, :] + offset[None, :]
    if SILU:
        values = values / (1.0 + tl.exp(-values))
    tl.store(y + at, values.to(y.dtype.element_ty), mask)


@triton.jit
def _layer_norm(
    x,
    total,
    shift,
    positions,
    weight,
    bias,
    y,
    num_rows,
    channels,
    eps,
    num_frames,
    places,
    HAS_DELTA: tl.constexpr,
    HAS_POSITIONS: tl.constexpr,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    columns = tl.arange(0, WIDTH)
    inside = (columns < channels)[None, :]
    mask = (rows < num_rows)[:, None] & inside
    at = rows.to(tl.int64)[:, None] * channels + columns[None, :]
    values = tl.load(x + at, mask, 0.0).to(tl.float32)
    values += tl.load(shift + columns, columns < channels, 0.0).to(tl.float32)[None, :]
    if HAS_DELTA:
        rounded = (values + tl.load(total + at, mask, 0.0).to(tl.float32)).to(y.dtype.element_ty)
        tl.store(total + at, rounded, mask)
        values = rounded.to(tl.float32)
    mean = tl.sum(values, 1) / channels
    centred = tl.where(inside, values - mean[:, None], 0.0)
    spread = 1.0 / tl.sqrt(tl.sum(centred * centred, 1) / channels + eps)
    scale = tl.load(weight + columns, columns < channels, 0.0).to(tl.float32)
    offset = tl.load(bias + columns, columns < channels, 0.0).to(tl.float32)
    values = centred * spread[:, None] * scale[None, :] + offset[None, :]
    if HAS_POSITIONS:
        frames = (rows // places) % num_frames
        values += tl.load(positions + frames[:, None] * channels + columns[None, :], mask, 0.0).to(tl.float32)
    tl.store(y + at, values.to(y.dtype.element_ty), mask)


@triton.jit
def _add(x, y, bias, num_rows, channels, HAS_BIAS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    columns = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    mask = (rows < num_rows)[:, None] & (columns < channels)[None, :]
    at = rows.to(tl.int64)[:, None] * channels + columns[None, :]
    values = tl.load(x + at, mask, 0.0).to(tl.float32) + tl.load(y + at, mask, 0.0).to(tl.float32)
    if HAS_BIAS:
        values += tl.load(bias + columns, columns < channels, 0.0).to(tl.float32)[None, :]
    tl.store(y + at, values.to(y.dtype.element_ty), mask)


@triton.jit
def _gate(both, bias, y, num_rows, channels, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    columns = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    inside = columns < channels
    mask = (rows < num_rows)[:, None] & inside[None, :]
    at = rows.to(tl.int64)[:, None] * channels
    values = tl.load(both + 2 * at + columns[None, :], mask, 0.0).to(tl.float32)
    opening = tl.load(both + 2 * at + channels + columns[None, :], mask, 0.0).to(tl.float32)
    values += tl.load(bias + columns, inside, 0.0).to(tl.float32)[None, :]
    opening += tl.load(bias + channels + columns, inside, 0.0).to(tl.float32)[None, :]
    # the error function by Abramowitz and Stegun, 7.1.26: within 1.5e-7, a thousandth of what half precision can tell apart
    z = tl.abs(opening) * 0.7071067811865476
    t = 1.0 / (1.0 + 0.3275911 * z)
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * tl.exp(-z * z)
    below = tl.where(opening < 0, 0.5 * tail, 1.0 - 0.5 * tail)
    tl.store(y + at + columns[None, :], (values * opening * below).to(y.dtype.element_ty), mask)


@triton.jit
def _attend_in_time(
    qkv,
    y,
    places,
    channels,
    scale,
    FRAMES: tl.constexpr,
    AT_ONCE: tl.constexpr,
    SIZE: tl.constexpr,
    WIDTH: tl.constexpr,
):
    head = tl.program_id(0)
    clip = tl.program_id(2).to(tl.int64)
    tokens = tl.arange(0, FRAMES * AT_ONCE)
    place = tl.program_id(1) * AT_ONCE + tokens % AT_ONCE
    rows = (clip * FRAMES + tokens // AT_ONCE) * places + place
    lanes = tl.arange(0, WIDTH)
    mask = (place < places)[:, None] & (lanes < SIZE)[None, :]
    at = qkv + rows[:, None] * 3 * channels + head * SIZE + lanes[None, :]
    q = tl.load(at, mask, 0.0)
    k = tl.load(at + channels, mask, 0.0)
    v = tl.load(at + 2 * channels, mask, 0.0)
    scores = tl.dot(q, tl.trans(k)) * scale
    scores = tl.where((tokens % AT_ONCE)[:, None] == (tokens % AT_ONCE)[None, :], scores, float("-inf"))
    shares = tl.exp(scores - tl.max(scores, 1)[:, None])
    shares = shares / tl.sum(shares, 1)[:, None]
    attended = tl.dot(shares.to(v.dtype), v)
    out = y + rows[:, None] * channels + head * SIZE + lanes[None, :]
    tl.store(out, attended.to(y.dtype.element_ty), mask)


@triton.jit
def _interleave(phases, bias, y, height, width, channels, BLOCK: tl.constexpr):
    number = tl.program_id(2).to(tl.int64)
    row = tl.program_id(1)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < 2 * width * channels
    column = at // channels
    channel = at % channels
    down = row % 2
    right = column % 2
    source = (number * (height + 1) + row // 2 + down) * (width + 1) + column // 2 + right
    values = tl.load(phases + source * 4 * channels + (2 * down + right) * channels + channel, mask, 0.0).to(tl.float32)
    values += tl.load(bias + channel, mask, 0.0).to(tl.float32)
    tl.store(y + (number * 2 * height + row) * 2 * width * channels + at, values.to(y.dtype.element_ty), mask)
