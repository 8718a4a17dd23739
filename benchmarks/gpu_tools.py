"""How the GPU benchmark measures: ceilings, counted arithmetic, times by the GPU's own clock, distances, profiles."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.gpu_report import Ceilings
from rendering.backends.animatediff.models import Models
from rendering.backends.animatediff.recipes import RECIPES


def ceilings() -> Ceilings:
    """On random data: zeros are faster than anything real."""
    left, right = (torch.randn((8192, 8192), device="cuda", dtype=torch.bfloat16) for _ in range(2))
    product = torch.empty_like(left)
    matmul_ms = gpu_ms(lambda: torch.mm(left, right, out=product), repeats=15)
    source = torch.randn(2**30, device="cuda")
    target = torch.empty_like(source)
    copy_ms = gpu_ms(lambda: target.copy_(source), repeats=8)
    return Ceilings(
        card=torch.cuda.get_device_name(),
        matmul_tflops=2 * 8192**3 / matmul_ms / 1e9,
        copy_tbs=2 * source.nbytes / copy_ms / 1e9,
    )


def gpu_ms(work: Callable[[], object], *, repeats: int = 7) -> float:
    """The median by the GPU's clock, after three calls to warm up."""
    for _ in range(3):
        work()
    times_ms = []
    for _ in range(repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        begin.record()
        work()
        end.record()
        end.synchronize()
        times_ms.append(float(begin.elapsed_time(end)))
    return statistics.median(times_ms)


@torch.no_grad()
def counted_tflop(models: Models) -> dict[str, float]:
    """Of the stock modules: one UNet call on 16 frames, decoding them, and whole clips of each tier. Matrix products and convolutions."""
    from diffusers import AutoencoderTiny

    device, dtype = models.device, models.dtype
    latents = torch.randn((1, 4, 16, 64, 64), device=device, dtype=dtype)
    words = torch.randn((16, 77, 768), device=device, dtype=dtype)
    with device:
        tiny = AutoencoderTiny().to(dtype)
    pictures = latents[0].transpose(0, 1).contiguous()
    parts = {
        "UNet": _counted(lambda: models.unet(latents, torch.tensor(1.0, device=device), words)),
        "VAE": _counted(lambda: models.vae.decode(pictures)),
        "tiny VAE": _counted(lambda: tiny.decode(pictures)),
    }
    for tier, recipe in RECIPES.items():
        decode = parts["tiny VAE" if recipe.tiny_vae else "VAE"]
        parts[tier.value] = recipe.num_steps * (2 if recipe.has_guidance else 1) * parts["UNet"] + decode
    return parts


def _counted(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops()) / 1e12


def relative(out: torch.Tensor, reference: torch.Tensor) -> float:
    return float((out.double() - reference.double()).norm() / reference.double().norm())


def profile_of(work: Callable[[], object], path: Path) -> None:
    """Where the GPU's time goes, by operation and shape, into a file; the longest are printed."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], record_shapes=True) as profiler:
        work()
        torch.cuda.synchronize()
    events = [event for event in profiler.key_averages(group_by_input_shape=True) if event.self_device_time_total > 0]
    events.sort(key=lambda event: -event.self_device_time_total)
    lines = [
        f"{event.self_device_time_total / 1000:8.2f} ms {event.count:5d} × {event.key[:70]} {str(event.input_shapes)[:110]}"
        for event in events
    ]
    path.write_text("\n".join(lines))
    print("\n".join(lines[:45]), flush=True)
