"""Each kernel against the plain form that it stands for, on numbers drawn afresh."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from rendering.backends.animatediff import kernels, ops
from rendering.backends.animatediff.ops import Norm

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CHANNELS = 128
BOUND = 2e-3  # of half precision; a wrong index is off by a hundred times as much


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape).to(DEVICE, torch.float16)


def a_norm() -> Norm:
    return Norm(drawn(CHANNELS), drawn(CHANNELS), 1e-6, 32)


def assert_same(out: torch.Tensor, reference: torch.Tensor) -> None:
    assert out.shape == reference.shape
    assert float((out.double() - reference.double()).norm() / reference.double().norm()) < BOUND


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ops stay plain; the kernels are called by name."""
    monkeypatch.setattr(ops, "has_kernels", lambda _: False)


@pytest.mark.parametrize("rows", [6, 2], ids=["pictures", "clips"])
@pytest.mark.parametrize("silu", [True, False])
@pytest.mark.parametrize("has_shift", [True, False])
def test_group_norms_are_equal(rows: int, silu: bool, has_shift: bool) -> None:
    x, norm, shift_C = drawn(6, 9, 11, CHANNELS), a_norm(), drawn(CHANNELS) if has_shift else None

    y = kernels.group_norm(x, norm.weight, norm.bias, norm.eps, norm.num_groups, rows=rows, silu=silu, shift_C=shift_C)

    assert_same(y, ops.group_norm(x, norm, rows=rows, silu=silu, shift_C=shift_C))


@pytest.mark.parametrize("has_delta", [True, False])
@pytest.mark.parametrize("has_positions", [True, False])
def test_layer_norms_and_their_sums_are_equal(has_delta: bool, has_positions: bool) -> None:
    x, norm, shift_C = drawn(2, 16, 5, CHANNELS), a_norm(), drawn(CHANNELS)
    delta = drawn(2, 16, 5, CHANNELS) if has_delta else None
    positions_FC = drawn(16, CHANNELS) if has_positions else None
    reference = ops.layer_norm(x, norm, shift_C=shift_C, delta=delta, positions_FC=positions_FC)

    total, y = kernels.layer_norm(x, norm.weight, norm.bias, norm.eps, shift_C=shift_C, delta=delta, positions_FC=positions_FC)

    assert_same(total, reference[0])
    assert_same(y, reference[1])


@pytest.mark.parametrize("has_bias", [True, False])
def test_sums_are_equal(has_bias: bool) -> None:
    x, y, bias_C = drawn(3, 5, CHANNELS), drawn(3, 5, CHANNELS), drawn(CHANNELS) if has_bias else None
    reference = ops.add(x, y, bias_C)

    assert_same(kernels.add(x, y, bias_C), reference)


def test_gates_are_equal_far_below_zero_too() -> None:
    x, weight, bias = drawn(3, 5, CHANNELS), drawn(2 * 96, CHANNELS) / 4, drawn(2 * 96)

    assert_same(kernels.gate(functional.linear(x, weight), bias), ops.gated(x, weight, bias))


@pytest.mark.parametrize("num_frames", [16, 32])
def test_attention_over_time_is_equal(num_frames: int) -> None:
    qkv = drawn(2, num_frames, 7, 3 * 8 * 20)

    assert kernels.takes_times(num_frames)
    assert_same(kernels.attend_in_time(qkv, 8), ops.attend_in_time(qkv, 8))


def test_what_has_grown_is_what_the_doubled_picture_is_convolved_to() -> None:
    x, weight, bias = drawn(2, 5, 6, CHANNELS), drawn(24, CHANNELS, 3, 3) / 30, drawn(24)
    doubled = functional.interpolate(x.permute(0, 3, 1, 2).float(), scale_factor=2.0)
    reference = functional.conv2d(doubled, weight.float(), bias.float(), padding=1).permute(0, 2, 3, 1)
    growing = ops.growing_weight(weight)

    assert_same(ops.grow(x, growing, bias), reference)
    assert_same(kernels.interleave(ops.convolve(x, growing), bias), reference)
