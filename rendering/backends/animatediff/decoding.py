"""Decoding: latents → uint8 frames on the device, by exact rewrites of diffusers' two decoders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch.nn import functional

from episodes.errors import BadInput
from rendering.backends.animatediff import ops
from rendering.backends.animatediff.ops import Norm
from rendering.backends.animatediff.previews import to_uint8
from rendering.backends.libraries import Part


class Decoder(Protocol):
    def __call__(self, latents_NCHW: torch.Tensor) -> torch.Tensor:
        """Scaled latents as they come out of sampling → colours (N, height, width, 3), -1 to 1, in the decoder's type."""


def decoder_of(vae: Part) -> Decoder:
    """Raises BadInput for a VAE that it does not know."""
    match type(vae).__name__:
        case "AutoencoderKL":
            return FullDecoder(vae)
        case "AutoencoderTiny":
            return TinyDecoder(vae)
        case name:
            raise BadInput(f"Nobody taught the sampler to decode with {name}.", where="vae")


def frames_of(decoder: Decoder, latents_NCHW: torch.Tensor) -> torch.Tensor:
    """uint8 (N, height, width, 3), on the device."""
    return to_uint8(decoder(latents_NCHW))


class FullDecoder:
    """AutoencoderKL's decoder. It is a third of a four-step clip's arithmetic, a seventh of which is saved where pictures grow."""

    def __init__(self, vae: Part) -> None:
        decoder = vae.decoder
        self._dtype = decoder.conv_in.weight.dtype
        self._scale = float(vae.config.scaling_factor)
        self._shift = float(vae.config.get("shift_factor") or 0.0)
        self._before = vae.post_quant_conv
        self._into = _conv(decoder.conv_in)
        middle = decoder.mid_block
        self._first, self._second = _Resnet(middle.resnets[0]), _Resnet(middle.resnets[1])
        self._attention = _Attention(middle.attentions[0])
        self._up = [
            ([_Resnet(resnet) for resnet in block.resnets], None if block.upsamplers is None else block.upsamplers[0].conv)
            for block in decoder.up_blocks
        ]
        self._grow = [None if conv is None else (ops.growing_weight(conv.weight), conv.bias) for _, conv in self._up]
        self._norm = Norm.of(decoder.conv_norm_out)
        self._out = _padded(decoder.conv_out)

    def __call__(self, latents_NCHW: torch.Tensor) -> torch.Tensor:
        latents = (latents_NCHW / self._scale + self._shift).to(self._dtype)
        if self._before is not None:
            latents = self._before(latents)
        x = ops.convolve(latents.permute(0, 2, 3, 1), self._into[0]) + self._into[1]
        x = self._second(self._attention(self._first(x)))
        for (resnets, _), grow in zip(self._up, self._grow, strict=True):
            for resnet in resnets:
                x = resnet(x)
            if grow is not None:
                x = ops.grow(x, *grow)
        x = ops.group_norm(x, self._norm, rows=len(x), silu=True)
        return (ops.convolve(x, self._out[0])[..., :3] + self._out[1]).contiguous()


class TinyDecoder:
    """AutoencoderTiny's decoder: convolutions, each with its bias, its residual and its ReLU at once."""

    def __init__(self, vae: Part) -> None:
        self._scale = float(vae.config.scaling_factor)
        layers = list(vae.decoder.layers)
        self._dtype = layers[0].weight.dtype
        self._layers: list[Callable[[torch.Tensor], torch.Tensor]] = []
        while layers:
            layer = layers.pop(0)
            match type(layer).__name__:
                case "Conv2d" if layers and type(layers[0]).__name__ == "ReLU":
                    layers.pop(0)
                    self._layers.append(_Activated(layer))
                case "Conv2d":
                    self._layers.append(_Plain(layer))
                case "AutoencoderTinyBlock":
                    self._layers.append(_TinyBlock(layer))
                case "Upsample":
                    self._layers.append(layer)
                case name:
                    raise BadInput(f"This tiny VAE has a layer {name}.", where="vae")

    def __call__(self, latents_NCHW: torch.Tensor) -> torch.Tensor:
        x = (latents_NCHW / self._scale).to(self._dtype)
        x = ops.channels_last(torch.tanh(x / 3) * 3)
        for layer in self._layers:
            x = layer(x)
        return x.permute(0, 2, 3, 1).contiguous() * 2 - 1


class _Resnet:
    """ResnetBlock2D without time. The first convolution's bias goes in with the second norm, the others' with the residual."""

    def __init__(self, module: Part) -> None:
        self._norms = Norm.of(module.norm1), Norm.of(module.norm2)
        self._convs = _conv(module.conv1), _conv(module.conv2)
        self._shortcut = None if module.conv_shortcut is None else module.conv_shortcut.weight.flatten(1)
        self._bias = module.conv2.bias if module.conv_shortcut is None else module.conv2.bias + module.conv_shortcut.bias

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        (first, first_bias), (second, _) = self._convs
        h = ops.convolve(ops.group_norm(x, self._norms[0], rows=len(x), silu=True), first)
        h = ops.convolve(ops.group_norm(h, self._norms[1], rows=len(x), silu=True, shift_C=first_bias), second)
        return ops.add(x if self._shortcut is None else ops.linear(x, self._shortcut), h, self._bias)


class _Attention:
    """One head as wide as the picture has channels: PyTorch's attention kernels are slow there, matrix products are not."""

    def __init__(self, module: Part) -> None:
        self._norm = Norm.of(module.group_norm)
        parts = (module.to_q, module.to_k, module.to_v)
        self._qkv = torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])
        self._out = module.to_out[0].weight, module.to_out[0].bias
        self._num_heads = int(module.heads)
        self._scale = float(module.scale)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        h = ops.group_norm(x, self._norm, rows=len(x)).flatten(1, 2)
        qkv = ops.linear(h, *self._qkv).view(*h.shape[:2], 3, self._num_heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = (part.flatten(0, 1) for part in qkv)
        scores = torch.baddbmm(q.new_zeros(()), q, k.transpose(1, 2), beta=0, alpha=self._scale)
        attended = torch.bmm(functional.softmax(scores, dim=-1), v).view(len(x), self._num_heads, h.shape[1], -1)
        return ops.add(x, ops.linear(attended.transpose(1, 2).flatten(2), *self._out).view(x.shape))


class _Activated:
    """Convolution and ReLU."""

    def __init__(self, module: Part) -> None:
        self._weight, self._bias = _conv(module)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if ops.has_kernels(x):
            return torch.cudnn_convolution_relu(x, self._weight, self._bias, (1, 1), (1, 1), (1, 1), 1)
        return functional.relu(functional.conv2d(x, self._weight, self._bias, padding=1))


class _Plain:
    """Convolution, with a bias or without."""

    def __init__(self, module: Part) -> None:
        self._weight, self._bias = _conv(module)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.conv2d(x, self._weight, self._bias, padding=1)


class _TinyBlock:
    """AutoencoderTinyBlock: three convolutions and a residual."""

    def __init__(self, module: Part) -> None:
        first, _, second, _, last = module.conv
        self._first, self._second = _Activated(first), _Activated(second)
        self._weight, self._bias = _conv(last)
        self._skip = module.skip

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        h = self._second(self._first(x))
        if ops.has_kernels(x):
            skipped = self._skip(x)
            return torch.cudnn_convolution_add_relu(h, self._weight, skipped, 1.0, self._bias, (1, 1), (1, 1), (1, 1), 1)
        return functional.relu(functional.conv2d(h, self._weight, self._bias, padding=1) + self._skip(x))


def _conv(module: Part) -> tuple[torch.Tensor, torch.Tensor]:
    module.weight.data = ops.channels_last(module.weight.data)
    return module.weight, module.bias


def _padded(module: Part) -> tuple[torch.Tensor, torch.Tensor]:
    """Three colours as eight channels, five of them empty: matrix units take eights."""
    weight = functional.pad(module.weight, (0, 0, 0, 0, 0, 0, 0, 8 - len(module.weight)))
    return ops.channels_last(weight), module.bias
