"""Unet: UNetMotionModel's prediction, rewritten exactly to be fast. Equality with the stock model is what its tests are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from episodes.errors import BadInput
from rendering.backends.animatediff import ops
from rendering.backends.animatediff.blocks import Given, Grow, Motion, Resnet, Shrink, Transformer, joined
from rendering.backends.libraries import Part

Layer = Callable[[torch.Tensor, Given], torch.Tensor]


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What a clip's words and pictures come to: keys and values for every cross-attention, made once a clip."""

    words_NTC: torch.Tensor
    pictures_NTC: tuple[torch.Tensor, ...] = ()


Residuals = tuple[tuple[torch.Tensor, ...], torch.Tensor]
"""What a guide adds after each part of the way down, and in the middle, channels first as diffusers' networks give them."""


class Unet:
    """Made from diffusers' model, whose weights it uses and joins; the model itself goes on working."""

    def __init__(self, model: Part) -> None:
        """Raises BadInput for a UNet with parts that it does not know."""
        self._model = model
        self._num_times = 0
        self._num_words = 0
        self._resnets: list[Part] = []
        self._cross: list[Part] = []
        try:
            self._read(model)
        except (AttributeError, ValueError) as error:
            raise BadInput(f"This UNet is none of SD 1.5 with motion: {error}", where="model") from error

    def times(self, timesteps: Sequence[float]) -> torch.Tensor:
        """(timesteps, channels): the time embedding as every ResNet adds it. A schedule's are constants: computed once."""
        model, device = self._model, self._model.device
        steps = torch.tensor(timesteps, device=device)
        emb = functional.silu(model.time_embedding(model.time_proj(steps).to(model.dtype)))
        parts = [functional.linear(emb, r.time_emb_proj.weight, r.time_emb_proj.bias) + r.conv1.bias for r in self._resnets]
        return torch.cat(parts, dim=-1)

    def context(self, words_NTD: torch.Tensor, pictures: Sequence[torch.Tensor] = ()) -> Context:
        """`pictures`: for each IP-Adapter its image embeddings (N, images, …)."""
        words = functional.linear(words_NTD, self._words)
        if not pictures:
            return Context(words_NTC=words)
        projected = [part.flatten(1, 2) for part in self._model.encoder_hid_proj(list(pictures))]
        heads = zip(projected, self._pictures, strict=True)
        return Context(words_NTC=words, pictures_NTC=tuple(functional.linear(part, weight) for part, weight in heads))

    def __call__(
        self, latents_NCFHW: torch.Tensor, times_C: torch.Tensor, context: Context, residuals: Residuals | None = None
    ) -> torch.Tensor:
        """The predicted noise, like the latents. `times_C`: a row of `times`."""
        clips, _, frames, _, _ = latents_NCFHW.shape
        given = Given(
            num_clips=clips,
            num_frames=frames,
            times_C=times_C,
            words_NTC=context.words_NTC,
            pictures_NTC=context.pictures_NTC,
        )
        x = latents_NCFHW.permute(0, 2, 3, 4, 1).flatten(0, 1)
        x = ops.convolve(x, self._into[0]) + self._into[1]
        x, skips = self._go_down(x, given)
        if residuals is not None:
            skips = [skip + part.permute(0, 2, 3, 1) for skip, part in zip(skips, residuals[0], strict=True)]
        for layer in self._middle:
            x = layer(x, given)
        if residuals is not None:
            x = x + residuals[1].permute(0, 2, 3, 1)
        x = self._go_up(x, skips, given)
        x = ops.group_norm(x, self._out_norm, rows=len(x), silu=True)
        x = ops.convolve(x, self._out[0]) + self._out[1]
        predicted: torch.Tensor = x.view(clips, frames, *x.shape[1:]).permute(0, 4, 1, 2, 3)
        return predicted

    def _go_down(self, x: torch.Tensor, given: Given) -> tuple[torch.Tensor, list[torch.Tensor]]:
        skips = [x]
        for layers, shrink in self._down:
            for parts in layers:
                for part in parts:
                    x = part(x, given)
                skips.append(x)
            if shrink is not None:
                x = shrink(x)
                skips.append(x)
        return x, skips

    def _go_up(self, x: torch.Tensor, skips: list[torch.Tensor], given: Given) -> torch.Tensor:
        for layers, grow in self._up:
            for parts in layers:
                x = torch.cat((x, skips.pop()), dim=-1)
                for part in parts:
                    x = part(x, given)
            if grow is not None:
                x = grow(x)
        return x

    def _read(self, model: Part) -> None:
        if model.config.addition_embed_type is not None:
            raise ValueError("it looks at more than time and words")
        self._into = ops.channels_last(model.conv_in.weight), model.conv_in.bias
        self._down = [
            (self._layers(block), None if block.downsamplers is None else Shrink(block.downsamplers[0]))
            for block in model.down_blocks
        ]
        self._middle = self._middle_layers(model.mid_block)
        self._up = [
            (self._layers(block), None if block.upsamplers is None else Grow(block.upsamplers[0])) for block in model.up_blocks
        ]
        self._out_norm = ops.Norm.of(model.conv_norm_out)
        self._out = ops.channels_last(model.conv_out.weight), model.conv_out.bias
        self._words = joined([part for attention in self._cross for part in (attention.to_k, attention.to_v)])
        adapters = [attention.processor for attention in self._cross if hasattr(attention.processor, "to_k_ip")]
        self._pictures = [
            joined([part[place] for adapter in adapters for part in (adapter.to_k_ip, adapter.to_v_ip)])
            for place in range(len(adapters[0].to_k_ip) if adapters else 0)
        ]

    def _layers(self, block: Part) -> list[tuple[Layer, ...]]:
        attentions = getattr(block, "attentions", [None] * len(block.resnets))
        together = zip(block.resnets, attentions, block.motion_modules, strict=True)
        return [self._parts(resnet, attention, motion) for resnet, attention, motion in together]

    def _middle_layers(self, block: Part) -> list[Layer]:
        """Old motion adapters have no motion in the middle."""
        motions = getattr(block, "motion_modules", [None] * len(block.attentions))
        layers: list[Layer] = []
        for resnet, attention, motion in zip(block.resnets, block.attentions, motions, strict=False):
            layers += self._parts(resnet, attention, motion)
        return [*layers, self._resnet(block.resnets[-1], ())]

    def _parts(self, resnet: Part, attention: Part, motion: Part) -> tuple[Layer, ...]:
        """In their order; each is told what those after it owe."""
        after: tuple[Transformer | Motion, ...] = () if motion is None else (Motion(motion),)
        if attention is not None:
            after = (self._transformer(attention, after[0].owed if after else ()), *after)
        return (self._resnet(resnet, after[0].owed), *after)

    def _resnet(self, module: Part, owed: Sequence[torch.Tensor]) -> Resnet:
        self._resnets.append(module)
        start, self._num_times = self._num_times, self._num_times + int(module.out_channels)
        return Resnet(module, slice(start, self._num_times), owed)

    def _transformer(self, module: Part, owed_after: Sequence[torch.Tensor]) -> Transformer:
        places = []
        for layer in module.transformer_blocks:
            self._cross.append(layer.attn2)
            start, self._num_words = self._num_words, self._num_words + 2 * int(layer.attn2.to_k.out_features)
            places.append(slice(start, self._num_words))
        return Transformer(module, places, owed_after)
