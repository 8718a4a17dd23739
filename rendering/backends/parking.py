"""Parking: weights out of a GPU into pinned memory of the host, from which they are back in the time that the bus takes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import torch

from rendering.backends.libraries import Part


def to_host(modules: Iterable[Part]) -> None:
    """The very same modules, with their weights in pinned memory. What lies on the host already stays as it is."""
    tensors = chain.from_iterable(chain(module.parameters(), module.buffers()) for module in modules)
    devices = set[torch.device]()
    for tensor in tensors:
        if tensor.is_cuda:
            devices.add(tensor.device)
            host = torch.empty_like(tensor.data, device="cpu", pin_memory=True)
            tensor.data = host.copy_(tensor.data, non_blocking=True)
    for device in devices:
        torch.cuda.synchronize(device)
        torch.cuda.empty_cache()


def to_device(modules: Iterable[Part], device: torch.device) -> None:
    """All of it on its way; whatever the device does next comes after."""
    for module in modules:
        module.to(device, non_blocking=True)
