"""Blocks: the parts of a UNetMotionModel, rewritten exactly, on frames whose channels come last.

Each is made from diffusers' own module and uses its weights, joined where one matrix product does for three. What is computed is the
same; what is saved is said where it is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rendering.backends.animatediff import ops
from rendering.backends.animatediff.attending import attend
from rendering.backends.animatediff.ops import Norm
from rendering.backends.libraries import Part


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What all blocks look at beside their input."""

    num_clips: int
    num_frames: int
    """Of each clip."""
    times_C: torch.Tensor
    """The step's time embedding, projected for every ResNet, one after the other."""
    words_NTC: torch.Tensor
    """Keys and values of each clip's prompt for every cross-attention, one after the other."""
    pictures_NTC: tuple[torch.Tensor, ...]
    """The same for each IP-Adapter's pictures."""


class Resnet:
    """ResnetBlock2D. The first convolution's bias goes in with the time embedding, the others' with the residual.

    So do the biases that the parts after it owe: see Transformer.
    """

    def __init__(self, module: Part, times: slice, owed: Sequence[torch.Tensor] = ()) -> None:
        if module.time_embedding_norm != "default" or module.output_scale_factor != 1.0:
            raise ValueError("Only ResNets that add their time embedding are known.")
        self._norms = Norm.of(module.norm1), Norm.of(module.norm2)
        self._convs = _conv_weight(module.conv1), _conv_weight(module.conv2)
        self._times = times
        self._shortcut = None if module.conv_shortcut is None else _matrix(module.conv_shortcut)
        biases = [module.conv2.bias] + ([] if module.conv_shortcut is None else [module.conv_shortcut.bias])
        self._bias = _sum([*biases, *owed])

    def __call__(self, x: torch.Tensor, given: Given) -> torch.Tensor:
        h = ops.group_norm(x, self._norms[0], rows=len(x), silu=True)
        h = ops.convolve(h, self._convs[0])
        h = ops.group_norm(h, self._norms[1], rows=len(x), silu=True, shift_C=given.times_C[self._times])
        h = ops.convolve(h, self._convs[1])
        return ops.add(x if self._shortcut is None else ops.linear(x, self._shortcut), h, self._bias)


class SelfAttention:
    """Queries, keys and values come out of one matrix product. The last bias is owed to the norm that follows, which adds it for nothing."""

    def __init__(self, module: Part) -> None:
        _demand_plain(module)
        self.num_heads = int(module.heads)
        self.qkv = joined([module.to_q, module.to_k, module.to_v])
        self.out = module.to_out[0].weight
        self.owed = module.to_out[0].bias

    def in_pictures(self, x_BLC: torch.Tensor) -> torch.Tensor:
        """Each place attends to all places of its own picture."""
        batch, length, _ = x_BLC.shape
        qkv = ops.linear(x_BLC, self.qkv).view(batch, length, 3, self.num_heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        attended = attend(q, k, v).transpose(1, 2).reshape(x_BLC.shape)
        return ops.linear(attended, self.out)

    def in_time(self, x_NFLC: torch.Tensor) -> torch.Tensor:
        """Each place attends to itself at all times."""
        return ops.linear(ops.attend_in_time(ops.linear(x_NFLC, self.qkv), self.num_heads), self.out)


class CrossAttention:
    """One key and value per prompt, made once a clip: all frames' queries attend to them, where stock repeats them for each frame.

    The last bias is owed, as by SelfAttention.
    """

    def __init__(self, module: Part, words: slice) -> None:
        _demand_plain(module)
        self._num_heads = int(module.heads)
        self._words = words
        self._query = module.to_q.weight
        self._out = module.to_out[0].weight
        self.owed = module.to_out[0].bias
        self._scales = [float(scale) for scale in getattr(module.processor, "scale", ())]

    def __call__(self, x_BLC: torch.Tensor, given: Given) -> torch.Tensor:
        q = self._heads(ops.linear(x_BLC, self._query).reshape(given.num_clips, -1, x_BLC.shape[-1]))
        attended = self._attended(q, given.words_NTC)
        for scale, pictures in zip(self._scales, given.pictures_NTC, strict=True):
            if scale:
                attended = attended + scale * self._attended(q, pictures)
        return ops.linear(attended.reshape(x_BLC.shape), self._out)

    def _attended(self, q: torch.Tensor, context_NTC: torch.Tensor) -> torch.Tensor:
        k, v = (self._heads(part) for part in context_NTC[..., self._words].chunk(2, dim=-1))
        return attend(q, k, v).transpose(1, 2)

    def _heads(self, x_NLC: torch.Tensor) -> torch.Tensor:
        return x_NLC.reshape(*x_NLC.shape[:2], self._num_heads, -1).transpose(1, 2)


class FeedForward:
    """GEGLU and a linear layer."""

    def __init__(self, module: Part) -> None:
        gate, _, out = module.net
        self._gate = gate.proj.weight, gate.proj.bias
        self._out = out.weight, out.bias

    def onto(self, total: torch.Tensor, x: torch.Tensor, *, is_last: bool) -> torch.Tensor:
        """Added to the total; without its bias where it is a transformer's last, which owes it."""
        if is_last:
            return ops.accumulate(total, ops.gated(x, *self._gate), self._out[0])
        return ops.add(total, ops.linear(ops.gated(x, *self._gate), *self._out))


class Transformer:
    """Transformer2DModel: every frame by itself, then by the prompt. Its 1 × 1 convolutions are matrix products here.

    Its last products are added to its input where that lies, which leaves no room for biases: they are owed. The ResNet before it has added
    them to its input beforehand, with its own; here they are taken off again where they would be seen, at the norm.
    """

    def __init__(self, module: Part, words: Sequence[slice], owed_after: Sequence[torch.Tensor] = ()) -> None:
        self._norm = Norm.of(module.norm)
        self._into = _matrix(module.proj_in)
        self._out = _matrix(module.proj_out)
        self.owed = (*_owed(module, self._out), *owed_after)
        self._shift = -_sum(self.owed)
        self._layers = [
            (SelfAttention(layer.attn1), CrossAttention(layer.attn2, place), FeedForward(layer.ff), _norms(layer))
            for layer, place in zip(module.transformer_blocks, words, strict=True)
        ]
        self._shifts = _shifts(module.proj_in.bias, [(first.owed, second.owed) for first, second, *_ in self._layers])

    def __call__(self, x_BHWC: torch.Tensor, given: Given) -> torch.Tensor:
        h = ops.group_norm(x_BHWC, self._norm, rows=len(x_BHWC), shift_C=self._shift).flatten(1, 2)
        h = ops.linear(h, self._into)
        for (alone, by_words, forward, norms), shifts in zip(self._layers, self._shifts, strict=True):
            h, normed = ops.layer_norm(h, norms[0], shift_C=shifts[0])
            h, normed = ops.layer_norm(h, norms[1], shift_C=shifts[1], delta=alone.in_pictures(normed))
            h, normed = ops.layer_norm(h, norms[2], shift_C=shifts[2], delta=by_words(normed, given))
            h = forward.onto(h, normed, is_last=shifts is self._shifts[-1])
        return ops.accumulate(x_BHWC, h, self._out)


class Motion:
    """AnimateDiffTransformer3D: every place by itself, over time.

    All but the attention itself does not care for the order of frames and places, so nothing is turned around for it. Its biases
    are owed as a Transformer's are.
    """

    def __init__(self, module: Part) -> None:
        self._norm = Norm.of(module.norm)
        self._into = module.proj_in.weight
        self._out = module.proj_out.weight
        self.owed = _owed(module, self._out)
        self._shift = -_sum(self.owed)
        self._layers = [
            (
                SelfAttention(layer.attn1),
                SelfAttention(layer.attn2),
                FeedForward(layer.ff),
                _norms(layer),
                layer.pos_embed.pe[0],
            )
            for layer in module.transformer_blocks
        ]
        self._shifts = _shifts(module.proj_in.bias, [(first.owed, second.owed) for first, second, *_ in self._layers])

    def __call__(self, x_BHWC: torch.Tensor, given: Given) -> torch.Tensor:
        clips, frames = given.num_clips, given.num_frames
        h = ops.group_norm(x_BHWC, self._norm, rows=clips, shift_C=self._shift).view(clips, frames, -1, x_BHWC.shape[-1])
        h = ops.linear(h, self._into)
        for (once, again, forward, norms, positions_FC), shifts in zip(self._layers, self._shifts, strict=True):
            at = positions_FC[:frames]
            h, normed = ops.layer_norm(h, norms[0], shift_C=shifts[0], positions_FC=at)
            h, normed = ops.layer_norm(h, norms[1], shift_C=shifts[1], delta=once.in_time(normed), positions_FC=at)
            h, normed = ops.layer_norm(h, norms[2], shift_C=shifts[2], delta=again.in_time(normed))
            h = forward.onto(h, normed, is_last=shifts is self._shifts[-1])
        return ops.accumulate(x_BHWC, h, self._out)


class Shrink:
    """Downsample2D."""

    def __init__(self, module: Part) -> None:
        self._weight = _conv_weight(module.conv)
        self._bias: torch.Tensor = module.conv.bias
        self._padding = int(module.padding)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return ops.convolve(x, self._weight, stride=2, padding=self._padding) + self._bias


class Grow:
    """Upsample2D, in 4/9 of its arithmetic."""

    def __init__(self, module: Part) -> None:
        self._weight, self._bias = ops.growing_weight(module.conv.weight), module.conv.bias

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return ops.grow(x, self._weight, self._bias)


def joined(modules: Sequence[Part]) -> torch.Tensor:
    """Linear layers' weights as one, of which theirs become parts, so that nothing is held twice."""
    weight = torch.cat([module.weight for module in modules])
    start = 0
    for module in modules:
        stop = start + len(module.weight)
        module.weight.data = weight[start:stop]
        start = stop
    return weight


def _shifts(into: torch.Tensor, owed: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> list[tuple[torch.Tensor, ...]]:
    """For each layer what its three norms add to what they are given: the biases that the products before them left out.

    The first norm only looks at its sum, so what it adds the second adds again, for good.
    """
    shifts: list[tuple[torch.Tensor, ...]] = []
    before = into
    for once, again in owed:
        shifts.append((before, _sum([before, once]), again))
        before = torch.zeros_like(into)
    return shifts


def _owed(module: Part, out: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The biases of a transformer's last two layers, as they come out of it."""
    forward = module.transformer_blocks[-1].ff.net[2].bias
    return module.proj_out.bias, (out.double() @ forward.double()).to(out.dtype)


def _sum(biases: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack([bias.float() for bias in biases]).sum(0).to(biases[0].dtype)


def _demand_plain(module: Part) -> None:
    """Of an attention: no normalization, mask or residual of its own."""
    odd = [part for part in ("group_norm", "spatial_norm", "norm_q", "norm_k", "norm_cross") if getattr(module, part, None)]
    if odd or module.residual_connection or module.rescale_output_factor != 1.0 or module.upcast_attention:
        raise ValueError("Only plain attention is known.")


def _norms(layer: Part) -> tuple[Norm, Norm, Norm]:
    if layer.norm_type != "layer_norm" or layer.attn2 is None:
        raise ValueError("Only transformers with two attentions and layer norms are known.")
    return Norm.of(layer.norm1), Norm.of(layer.norm2), Norm.of(layer.norm3)


def _matrix(module: Part) -> torch.Tensor:
    """The weight of a linear layer or of a 1 × 1 convolution."""
    weight: torch.Tensor = module.weight
    return weight if weight.ndim == 2 else weight.flatten(1)


def _conv_weight(module: Part) -> torch.Tensor:
    """Laid channels last once and for all, in the module itself."""
    module.weight.data = ops.channels_last(module.weight.data)
    weight: torch.Tensor = module.weight
    return weight
