"""Reading one part of a model with its library's own from_pretrained, and saying in a sentence why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

from episodes.errors import BadInput, StoryWorldError, Unavailable
from rendering.backends.animatediff.libraries import Part, quieten
from rendering.backends.animatediff.recipes import Weights

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
    try:
        yield
    except StoryWorldError:
        raise
    except Exception as error:
        raise _plainly(error, weights, what) from error


def _plainly(error: Exception, weights: Weights, what: str) -> StoryWorldError:
    """Their libraries report all of this as OSError, ValueError or KeyError, with the cause below."""
    causes = [error, *_causes(error)]
    if any(isinstance(c, (LocalEntryNotFoundError, OfflineModeIsEnabled, ConnectionError, TimeoutError)) for c in causes):
        return Unavailable(f"The hub cannot be reached for {weights.label!r}.", "Give a folder, or run `warm` where it can be.")
    refused = next((c for c in causes if isinstance(c, HfHubHTTPError)), None)
    if refused is not None:
        return BadInput(f"The hub does not give out {weights.label!r}: {_first_line(refused)}", HINT, where="options")
    folder = Path(weights.repository)
    if folder.is_absolute() and not folder.exists():
        return BadInput(f"There is no folder {weights.repository!r} to load the {what} from.", HINT, where="options")
    return BadInput(f"The {what} of {weights.label!r} cannot be loaded: {_first_line(error)}", HINT, where="options")


def _causes(error: BaseException) -> list[BaseException]:
    below = error.__cause__ or error.__context__
    return [] if below is None else [below, *_causes(below)]


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
