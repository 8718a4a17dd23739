"""Option values: what backends read alike out of the texts of their options. Needs no torch."""

from __future__ import annotations

from episodes.errors import BadInput

DEVICES = "cuda or cpu; default: cuda where there is one"


def device_of(text: str | None) -> str | None:
    """A process has one GPU: Ray shows a renderer no other, and what is recorded and timed there is of the first that it sees."""
    if text is None or text in ("cpu", "cuda"):
        return text
    hint = (
        "CUDA_VISIBLE_DEVICES=1, where the renderer starts, shows it the second GPU alone." if text.startswith("cuda:") else ""
    )
    raise BadInput(f"{text!r} is no device.", hint or f"It is {DEVICES}.", where="options.device")


def truth_of(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise BadInput(f"{option} is {text!r}.", "It is true or false.", where=f"options.{option}")
    return text == "true"


def sizes_of(text: str) -> tuple[tuple[int, int], ...]:
    try:
        sizes = tuple((int(width), int(height)) for width, height in (one.split("x") for one in text.split(",")))
    except ValueError:
        raise BadInput(f"{text!r} are no sizes.", "Write them like 512x512,1280x720.", where="options.warm") from None
    if any(not 64 <= side <= 3840 for size in sizes for side in size):
        raise BadInput(f"{text!r} holds a size that no clip has.", "Sides are 64 to 3840 pixels.", where="options.warm")
    return sizes
