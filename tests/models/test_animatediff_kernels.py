"""Each kernel against the plain form that it stands for, and whole models with kernels in them against stock.

Without a GPU Triton's interpreter runs them, on small tensors: a program of a kernel takes it a few milliseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional

if sys.platform != "linux":
    pytest.skip("Triton is for Linux", allow_module_level=True)

from rendering.backends.animatediff import kernels, ops
from rendering.backends.animatediff.decoding import decoder_of
from rendering.backends.animatediff.ops import Norm
from rendering.backends.animatediff.unet import Unet

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
CHANNELS, GROUPS = 80, 8
"""A tile and a part of one; ten channels a group, as in SD 1.5's first blocks."""
BOUND = 2e-3  # of half precision; a wrong index is off by a hundred times as much
WHOLE_BOUND = 5e-3  # what a whole model makes of it; a kernel that is left out or reads what was overwritten is off by a hundred times as much


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape).to(DEVICE, torch.float16)


def a_norm() -> Norm:
    return Norm(drawn(CHANNELS), drawn(CHANNELS), 1e-6, GROUPS)


def difference(out: torch.Tensor, reference: torch.Tensor) -> float:
    assert out.shape == reference.shape
    return float((out.double() - reference.double()).norm() / reference.double().norm())


def assert_same(out: torch.Tensor, reference: torch.Tensor) -> None:
    assert difference(out, reference) < BOUND


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ops stay plain; the kernels are called by name, but where a test says otherwise."""
    torch.manual_seed(0)
    monkeypatch.setattr(ops, "has_kernels", lambda _: False)


@pytest.mark.parametrize(
    ("rows", "silu", "has_shift"), [(6, True, True), (6, False, False), (2, True, False), (2, False, True)]
)
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
    qkv = drawn(2, num_frames, 7, 3 * 4 * 20)

    assert kernels.takes_times(num_frames)
    assert_same(kernels.attend_in_time(qkv, 4), ops.attend_in_time(qkv, 4))


def test_what_has_grown_is_what_the_doubled_picture_is_convolved_to() -> None:
    x, weight, bias = drawn(2, 5, 6, CHANNELS), drawn(24, CHANNELS, 3, 3) / 30, drawn(24)
    doubled = functional.interpolate(x.permute(0, 3, 1, 2).float(), scale_factor=2.0)
    reference = functional.conv2d(doubled, weight.float(), bias.float(), padding=1).permute(0, 2, 3, 1)
    growing = ops.growing_weight(weight)

    assert_same(ops.grow(x, growing, bias), reference)
    assert_same(kernels.interleave(ops.convolve(x, growing), bias), reference)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Half precision takes the kernels wherever it is computed; the names of those that were called."""
    names: set[str] = set()

    def watched(name: str) -> Callable[..., object]:
        kernel = getattr(kernels, name)

        def call(*given: object, **named: object) -> object:
            names.add(name)
            return kernel(*given, **named)

        return call

    for name in ("group_norm", "layer_norm", "add", "gate", "attend_in_time", "interleave"):
        monkeypatch.setattr(kernels, name, watched(name))
    monkeypatch.setattr(ops, "has_kernels", lambda values: values.dtype == torch.float16)
    return names


@torch.no_grad()
def test_a_unet_with_kernels_predicts_what_stock_predicts(called: set[str]) -> None:
    """Those that write over what they are given are right only where nobody reads it again."""
    model = outspoken(a_unet())
    latents, words = torch.randn((1, 4, 16, 4, 2)), torch.randn((1, 7, 32))
    reference = model(latents, torch.tensor(499.0), words.repeat_interleave(16, 0)).sample
    unet = Unet(model.to(DEVICE, torch.float16))

    predicted = unet(half(latents), unet.times([499.0])[0], unet.context(half(words)))

    assert called == {"group_norm", "layer_norm", "add", "gate", "attend_in_time", "interleave"}
    print(f"UNet with kernels: relative difference {difference(predicted.cpu(), reference):.1e}")  # noqa: T201 - for people
    assert difference(predicted.cpu(), reference) < WHOLE_BOUND


@torch.no_grad()
def test_a_decoder_with_kernels_paints_what_stock_paints(called: set[str]) -> None:
    model = outspoken(a_vae())
    latents = torch.randn((2, 4, 4, 4)) * model.config.scaling_factor
    reference = model.decode(latents / model.config.scaling_factor).sample.permute(0, 2, 3, 1)
    decoder = decoder_of(model.to(DEVICE, torch.float16))

    colours = decoder(latents.to(DEVICE))

    assert called == {"group_norm", "add", "interleave"}
    print(f"Decoder with kernels: relative difference {difference(colours.cpu(), reference):.1e}")  # noqa: T201 - for people
    assert difference(colours.cpu(), reference) < WHOLE_BOUND


def half(values: torch.Tensor) -> torch.Tensor:
    return values.to(DEVICE, torch.float16)


def outspoken(model: Any) -> Any:
    """Weights that keep a signal's strength, and biases: both begin so small that a wrong one would hardly show."""
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter += torch.randn(parameter.shape) * 0.3
        else:
            parameter.normal_(0, parameter[0].numel() ** -0.5)
    return model


def a_unet() -> Any:
    """Every kind of block that SD 1.5 with motion has, once or twice."""
    from diffusers import UNetMotionModel

    return UNetMotionModel(
        sample_size=4,
        block_out_channels=(32, 80),
        down_block_types=("CrossAttnDownBlockMotion", "DownBlockMotion"),
        up_block_types=("UpBlockMotion", "CrossAttnUpBlockMotion"),
        layers_per_block=1,
        norm_num_groups=2,
        cross_attention_dim=32,
        num_attention_heads=2,
        motion_num_attention_heads=2,
        use_motion_mid_block=False,
    ).eval()


def a_vae() -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        sample_size=8,
        block_out_channels=(16, 24),
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    ).eval()
