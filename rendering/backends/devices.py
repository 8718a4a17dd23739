"""Devices: where a model computes."""

from __future__ import annotations

import torch

from episodes.errors import BadInput


def chosen_device(asked: str | None) -> torch.device:
    """None: a GPU where there is one, else the CPU. Raises BadInput for a GPU that this process does not see."""
    device = torch.device(asked or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise BadInput("This process sees no GPU.", "Give the renderer num_gpus, or the option device=cpu.")
    return device


def device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
