"""Prompts: words → CLIP embeddings, each encoded once and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch

from rendering.backends.animatediff.models import Models

NUM_REMEMBERED = 256  # 118 KB each in half precision: 30 MB in all


class Prompts:
    """Encodes prompts as the stock pipeline does, without its second tokenizing; beats of an episode repeat their negative prompt."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._remembered: OrderedDict[str, torch.Tensor] = OrderedDict()

    def encode(self, prompts: Sequence[str]) -> torch.Tensor:
        """(prompts, tokens, channels) on the device, in the UNet's type."""
        missing = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._remembered]
        if missing:
            for prompt, embedding in zip(missing, self._encoded(missing), strict=True):
                self._remembered[prompt] = embedding
        for prompt in prompts:
            self._remembered.move_to_end(prompt)
        found = torch.stack([self._remembered[prompt] for prompt in prompts])
        while len(self._remembered) > NUM_REMEMBERED:
            self._remembered.popitem(last=False)
        return found.to(self._models.device, non_blocking=True)

    def _encoded(self, prompts: list[str]) -> torch.Tensor:
        tokenizer, encoder = self._models.tokenizer, self._models.text_encoder
        tokens = tokenizer(
            prompts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
        )
        embeddings: torch.Tensor = encoder(tokens.input_ids.to(encoder.device))[0]
        return embeddings.to(self._models.dtype)

    def forget(self) -> None:
        """The embeddings live on the device; parking empties it."""
        self._remembered.clear()
