"""Reading one part of a model with its library's own from_pretrained, and saying in a sentence why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import transformers

from rendering.backends import hub
from rendering.backends.libraries import Part, quieten
from rendering.backends.weights import Weights

quieten()  # before the first class of theirs is asked for: what it imports talks

HINT = "Give a hub id or a folder of an SD 1.5 model as `save_pretrained` writes it, with safetensors."


@dataclass(kw_only=True, slots=True)
class Parts:
    unet: Part
    vae: Part
    text_encoder: Part
    tokenizer: Part
    scheduler: Part
    """The base model's own; the recipe's options come on top."""
    are_random: bool


def read(cls: Part, weights: Weights, subfolder: str | None, dtype: torch.dtype) -> Part:
    with reading(weights, subfolder or cls.__name__):
        model, told = cls.from_pretrained(
            weights.repository,
            subfolder=subfolder,
            revision=weights.revision,
            variant=weights.variant,
            torch_dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
        )
        if absent := [*told["missing_keys"], *told["mismatched_keys"]]:  # they would stay empty without a word
            raise ValueError(f"its weights have no {absent[0]} for a {cls.__name__}.")
        return model


def read_text_encoder(base: Weights, dtype: torch.dtype) -> Part:
    with reading(base, "text encoder"):
        model, told = transformers.CLIPTextModel.from_pretrained(
            base.repository,
            subfolder="text_encoder",
            revision=base.revision,
            variant=base.variant,
            dtype=dtype,
            use_safetensors=True,
            output_loading_info=True,
        )
        if absent := sorted(told["missing_keys"]):
            raise ValueError(f"its weights have no {absent[0]} for a CLIPTextModel.")
        return model


@contextmanager
def reading(weights: Weights, what: str) -> Iterator[None]:
    with hub.reading(weights, what, hint=HINT):
        yield
