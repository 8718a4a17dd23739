"""What the GPU benchmark found, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.gpu_queue import QueueResult


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceilings:
    """What this very card does at its best, measured in the same run."""

    card: str
    matmul_tflops: float
    copy_tbs: float
    """Terabytes a second, read and written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """One contender, from prompt to file, one clip of 16 frames at a time."""

    name: str
    tier: str
    is_ours: bool
    clip_ms: float
    """The median."""
    fastest_ms: float
    slowest_ms: float
    num_clips: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    ceilings: Ceilings
    dtype: str
    torch: str
    work_tflop: dict[str, float]
    """Of the stock pipeline for a clip of each tier: the arithmetic that its recipe asks for."""
    equality: dict[str, float]
    parts_ms: dict[str, float]
    attention: dict[str, str]
    timings: list[Timing] = field(default_factory=list)
    in_a_row: dict[str, QueueResult] = field(default_factory=dict)
    """Clips of each tier one after the other, each encoded while the next is rendered."""
    queue: QueueResult | None = None


def table(result: Result) -> str:
    """Markdown."""
    found = result.ceilings
    lines = [
        f"{found.card}, torch {result.torch}, {result.dtype}. Its own ceilings: {found.matmul_tflops:.0f} TFLOP/s, {found.copy_tbs:.2f} TB/s.",
        "",
        "| 16 frames of 512 × 512, prompt → MP4 | ms a clip (fastest–slowest, clips) | clips an hour | share of the compute ceiling |",
        "|---|---|---|---|",
    ]
    for timing in result.timings:
        share = result.work_tflop[timing.tier] / found.matmul_tflops * 1000 / timing.clip_ms
        spread = f"{timing.fastest_ms:.0f}–{timing.slowest_ms:.0f}, {timing.num_clips}"
        lines.append(f"| {timing.name} | {timing.clip_ms:.0f} ({spread}) | {3.6e6 / timing.clip_ms:,.0f} | {share:.0%} |")
    for tier, row in result.in_a_row.items():
        share = result.work_tflop[tier] / found.matmul_tflops * 1000 / row.beat_ms
        name = f"ours, {tier}, {row.num_beats} in a row, each encoded beside the next"
        lines.append(f"| {name} | {row.beat_ms:.0f} | {3.6e6 / row.beat_ms:,.0f} | {share:.0%} |")
    lines += ["", *_ratios(result), "", "| part, on the GPU | ms | share of the compute ceiling |", "|---|---|---|"]
    for name, part_ms in result.parts_ms.items():
        lines.append(f"| {name} | {part_ms:.1f} | {_part_share(name, part_ms, result)} |")
    lines += ["", "| distance from the reference, ‖out − ref‖ / ‖ref‖ | |", "|---|---|"]
    lines += [f"| {name} | {value:.1e} |" for name, value in result.equality.items()]
    if result.queue is not None:
        lines += ["", *_queue(result.queue, result)]
    return "\n".join(lines) + "\n"


def _ratios(result: Result) -> list[str]:
    times = {timing.name: timing.clip_ms for timing in result.timings}
    times |= {f"ours, {tier}, in a row": row.beat_ms for tier, row in result.in_a_row.items()}
    pairs = [
        ("ours, standard", "stock, 4 steps"),
        ("ours, standard", "stock compiled, 4 steps"),
        ("ours, standard", "stock, 25 steps with guidance"),
        ("ours, draft", "stock, 25 steps with guidance"),
        ("ours, master", "stock, 25 steps with guidance"),
        ("ours, standard, in a row", "stock, 4 steps"),
        ("ours, standard, in a row", "stock compiled, 4 steps"),
        ("ours, master, in a row", "stock, 25 steps with guidance"),
        ("ours, standard, in a row", "stock, 25 steps with guidance"),
        ("ours, draft, in a row", "stock, 25 steps with guidance"),
    ]
    known = [(ours, theirs) for ours, theirs in pairs if ours in times and theirs in times]
    return [f"* {ours} against {theirs}: {times[theirs] / times[ours]:.2f} ×" for ours, theirs in known]


def _part_share(name: str, part_ms: float, result: Result) -> str:
    kind = "tiny VAE" if "tiny" in name else "VAE" if "VAE" in name else "UNet"
    times = 3 if "3 windows" in name else 1
    return f"{times * result.work_tflop[kind] / result.ceilings.matmul_tflops * 1000 / part_ms:.0%}"


def _queue(queue: QueueResult, result: Result) -> list[str]:
    windows, frames = 3, 40
    work = 4 * windows * result.work_tflop["UNet"] + frames / 16 * result.work_tflop["VAE"]
    return [
        f"A queue of {queue.num_beats} standard beats of {frames} frames, filled up to 24 a second and encoded: "
        f"{queue.beat_ms:.0f} ms a beat ({3.6e6 / queue.beat_ms:,.0f} beats an hour), of which {queue.render_ms:.0f} ms are the render call; "
        f"{work / result.ceilings.matmul_tflops * 1000 / queue.beat_ms:.0%} of the compute ceiling; "
        f"{queue.wall_s:.1f} s from the first prompt to the last file.",
        f"The GPU was busy {queue.gpu_busy:.0%} of the time; {queue.renderer_cores:.1f} cores rendered, "
        f"{queue.publisher_cores:.1f} cores filled up and encoded.",
    ]
