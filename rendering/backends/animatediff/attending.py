"""Attending: one scaled dot-product attention, by whichever of PyTorch's kernels is the fastest for a shape on this GPU."""

from __future__ import annotations

from math import isfinite

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from rendering.backends.memory import is_shortage

_CANDIDATES = (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION)
_REPEATS = 5
_fastest: dict[tuple[object, ...], SDPBackend] = {}


def attend(q_BHLD: torch.Tensor, k_BHSD: torch.Tensor, v_BHSD: torch.Tensor) -> torch.Tensor:
    """(batch, heads, length, channels of a head), like the queries. The first call for a shape on a GPU tries the kernels out."""
    if not q_BHLD.is_cuda or q_BHLD.dtype == torch.float32:
        return functional.scaled_dot_product_attention(q_BHLD, k_BHSD, v_BHSD)
    key = (q_BHLD.shape, k_BHSD.shape, q_BHLD.stride(), k_BHSD.stride(), q_BHLD.dtype, q_BHLD.device)
    if key not in _fastest:
        if torch.cuda.is_current_stream_capturing():
            return functional.scaled_dot_product_attention(q_BHLD, k_BHSD, v_BHSD)
        _fastest[key] = _try_out(q_BHLD, k_BHSD, v_BHSD)
    with sdpa_kernel(_fastest[key]):
        return functional.scaled_dot_product_attention(q_BHLD, k_BHSD, v_BHSD)


def chosen() -> dict[str, str]:
    """What was found the fastest, by shape, for people to read."""
    return {f"q{tuple(key[0])} k{tuple(key[1])}": backend.name for key, backend in _fastest.items()}  # type: ignore[arg-type]


def _try_out(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> SDPBackend:
    times_ms = {backend: _time_ms(backend, q, k, v) for backend in _CANDIDATES}
    fastest = min(times_ms, key=lambda backend: times_ms[backend])
    return fastest if isfinite(times_ms[fastest]) else SDPBackend.MATH


def _time_ms(backend: SDPBackend, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> float:
    """Of the GPU alone, hence recorded and replayed. Infinite for a kernel that does not take this shape."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    graph = torch.cuda.CUDAGraph()
    try:
        with sdpa_kernel(backend):
            functional.scaled_dot_product_attention(q, k, v)
            torch.cuda.synchronize()
            with torch.cuda.graph(graph):
                for _ in range(_REPEATS):
                    functional.scaled_dot_product_attention(q, k, v)
    except RuntimeError as error:
        if is_shortage(error):
            raise
        return float("inf")
    graph.replay()
    begin.record()
    graph.replay()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end))
