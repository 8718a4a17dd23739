"""Weights: where a model's numbers come from, as a recipe names them and as an option writes them. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

from episodes.errors import BadInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """Where weights come from: a hub repository at a revision, or a local folder. Only safetensors are ever read."""

    repository: str
    """`owner/name`, or a path."""
    revision: str | None = None
    """A commit or branch; None: the hub's newest."""
    file: str | None = None
    """One file in it; None: the folder as `save_pretrained` writes it."""
    variant: str | None = None
    """`fp16`: files that carry this in their name."""
    licence: str = ""

    @property
    def label(self) -> str:
        """How a person names them: "owner/name/file@revision"."""
        path = f"{self.repository}/{self.file}" if self.file else self.repository
        return f"{path}@{self.revision}" if self.revision else path


@dataclass(frozen=True, kw_only=True, slots=True)
class Lora:
    """Fused into the model when it is loaded, so that it costs nothing per step."""

    weights: Weights
    scale: float = 1.0


def weights_of(option: str, text: str, home: Path | None) -> Weights:
    """A path stays one where it exists or looks like one; anything else is the hub's: owner/name[/file][@revision]."""
    path = Path(text).expanduser()
    if not path.is_absolute() and home is not None:
        path = home / path
    if path.exists() or text.startswith(("/", ".", "~")):
        if path.suffix == ".safetensors":
            return Weights(repository=str(path.parent), file=path.name)
        return Weights(repository=str(path))
    name, _, revision = text.partition("@")
    parts = name.split("/")
    if len(parts) < 2 or not all(parts):
        hint = "Write owner/name, owner/name@revision or the path of a folder that exists."
        raise BadInput(f"{text!r} is neither a folder nor a hub id.", hint, where=f"options.{option}")
    return Weights(repository="/".join(parts[:2]), file="/".join(parts[2:]) or None, revision=revision or None)


def lora_of(text: str, home: Path | None) -> Lora:
    weights, scale = scaled_of("lora", text, home)
    return Lora(weights=weights, scale=scale)


def scaled_of(option: str, text: str, home: Path | None) -> tuple[Weights, float]:
    """Weights and, after a colon, how strongly they count; without it: 1."""
    name, _, scale = text.strip().rpartition(":")
    if not name:
        return weights_of(option, scale, home), 1.0
    weights = weights_of(option, name, home)
    if not isfinite(number := _number(scale)):
        hint = "Write it like owner/name:0.8 or owner/name/file.safetensors:0.8."
        raise BadInput(f"{text!r} has no number as its scale.", hint, where=f"options.{option}")
    return weights, number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan
