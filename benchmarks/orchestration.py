"""Speed of the orchestration, as ratios: to a bare Ray chain of the same actors, and to the architecture that this one replaces.

`python -m benchmarks.orchestration` takes up to ten minutes on two cores, `--quick` up to two. What it prints is also written to
`outputs/benchmarks/orchestration.json`. Systems that are compared take turns, so that both meet the same machine; medians are given.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(ROOT))
os.environ["RAY_AUTH_MODE"] = "token"  # the API runs on no Ray without; Ray reads it while it is imported

from benchmarks.bare_chain import run_bare  # noqa: E402 - the path comes first
from benchmarks.event_streams import measure_latency, open_streams, running_api  # noqa: E402
from benchmarks.free_parts import prepared_clip  # noqa: E402
from benchmarks.growth import WARM_BEATS, Growth  # noqa: E402
from benchmarks.listened_api import NUM_RENDERERS, PACE_S  # noqa: E402
from benchmarks.old_pipeline import OldPipeline, old_pipeline  # noqa: E402
from benchmarks.redis_server import running_redis  # noqa: E402
from benchmarks.system import LARGE, NUM_FRAMES, TINY, System, running_ray, running_system  # noqa: E402
from episodes.plan import Format  # noqa: E402

OUTPUTS = ROOT / "outputs" / "benchmarks"
NUM_STREAMS = 50
SURVEY_S = 1.5
"""After work that the coordinator did not give, its next survey finds the renderers idle again."""
LEAST_RATIO_TO_RAY = 0.5
MOST_SHARE_OF_OLD = 0.2
MOST_BYTES_PER_BEAT = 500
"""Flat, as far as can be told: the memory of a process swings by 2 MB, which over the 9,000 beats that are looked at is 200 bytes a beat."""
WARM_UP = 10


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured."""

    num_turns: int
    num_beats: int
    num_beats_encoded: int
    num_episodes: int
    curve: tuple[int, ...]
    num_requests: int


FULL = Size(num_turns=5, num_beats=60, num_beats_encoded=8, num_episodes=100, curve=(10, 100, 1000, 10_000), num_requests=300)
QUICK = Size(num_turns=3, num_beats=30, num_beats_encoded=4, num_episodes=10, curve=(10, 100, 500), num_requests=100)


@dataclass(kw_only=True)
class Report:
    """Prints lines and keeps their figures."""

    figures: dict[str, object] = field(default_factory=dict)
    ratios_to_ray: list[float] = field(default_factory=list)
    shares_of_old: list[float] = field(default_factory=list)
    bytes_per_beat: float | None = None
    """Of the coordinator's memory. None: it did not lead long enough to tell."""

    def say(self, line: str, name: str, **figures: object) -> None:
        print(line, flush=True)
        self.figures[name] = figures

    def write(self) -> None:
        OUTPUTS.mkdir(parents=True, exist_ok=True)
        (OUTPUTS / "orchestration.json").write_text(json.dumps(self.figures, indent=1))


def compare_with_ray(report: Report, size: Size) -> None:
    """Beats per second from `execute` to the last accepted beat, against the bare chain on the very same actors."""
    print("\nbeats per second: the whole system, a bare Ray chain of the same actors")
    for encodes in (False, True):
        for num_renderers in (1, 4):
            with running_system(num_renderers=num_renderers, encodes=encodes) as system:
                num_beats = size.num_beats_encoded if encodes else size.num_beats
                for name, film_format in (("12.6MB", LARGE), ("tiny", TINY)):
                    system.run(2 * num_renderers, film_format)
                    _compare_one(report, system, 3 if encodes else size.num_turns, num_beats, film_format, name, encodes)


def _compare_one(
    report: Report, system: System, num_turns: int, num_beats: int, film_format: Format, name: str, encodes: bool
) -> None:
    of_system, of_ray = [], []
    for _ in range(num_turns):
        moments = system.moments(system.run(num_beats, film_format))
        of_system.append(num_beats / (moments["beat.accepted"] - moments["episode.executing"]))
        of_ray.append(num_beats / run_bare(system.renderers, num_beats, film_format))
        time.sleep(SURVEY_S)
    ratio = statistics.median(of_system) / statistics.median(of_ray)
    if film_format == LARGE:
        report.ratios_to_ray.append(ratio)
    case = f"renderers={len(system.renderers)}, encoding={'in' if encodes else 'out'}, frames={name}"
    rates = f"{statistics.median(of_system):.1f} against {statistics.median(of_ray):.1f} beats/s"
    report.say(f"ratio_to_ray: {ratio:.2f} ({case}; {rates})", case, ratio=ratio, system=of_system, ray=of_ray)


def compare_with_old(report: Report, size: Size, folder: Path) -> None:
    """From `execute` to COMPLETED, with nothing rendered and nothing encoded in either: all of it is overhead.

    Storing the clips is in both; the results, events, film attempt and syncs of the new one are counted against it.
    """
    print("\nseconds from execute to COMPLETED: the whole system, the architecture that it replaces")
    clip = folder / "clip.mp4"
    clip.write_bytes(prepared_clip(TINY, NUM_FRAMES).video)
    with (
        running_redis(OUTPUTS / "redis") as port,
        old_pipeline(folder, port, clip) as old,
        running_system(num_renderers=1, encodes=False) as new,
    ):
        _run_both(new, old, 1)
        turns = [_run_both(new, old, 1) for _ in range(size.num_turns)]
        _say_share(report, 1, [t[0] for t in turns], [t[1] for t in turns])
        turns = [_run_both(new, old, size.num_episodes) for _ in range(3)]
        _say_share(report, size.num_episodes, [t[0] for t in turns], [t[1] for t in turns])


def _run_both(new: System, old: OldPipeline, num_episodes: int) -> tuple[float, float]:
    """Seconds that an episode took on average."""
    ids = [new.prepare(3, TINY) for _ in range(num_episodes)]
    new.execute(ids)
    new.wait(ids, 300)
    moments = [new.moments(episode_id) for episode_id in ids]
    took_s = [m["episode.completed"] - m["episode.executing"] for m in moments]
    return statistics.mean(took_s), statistics.mean(old.execute([old.prepare(3) for _ in range(num_episodes)]))


def _say_share(report: Report, num_episodes: int, new_s: list[float], old_s: list[float]) -> None:
    new, old = statistics.median(new_s), statistics.median(old_s)
    report.shares_of_old.append(new / old)
    line = f"overhead_share_of_old: {new / old:.3f} (episodes={num_episodes}; {new:.3f} against {old:.3f} s an episode)"
    report.say(line, f"old, episodes={num_episodes}", share=new / old, new_s=new_s, old_s=old_s)


def draw_curve(report: Report, size: Size) -> None:
    """Cost of a beat and the coordinator's memory, in episodes of more and more beats."""
    print("\n  beats   ms a beat   film s   coordinator MB before, half-way, at the last beat, after the film")
    with running_system(num_renderers=1, encodes=False) as system:
        system.run(WARM_UP, TINY)
        growth = Growth(system, num_led=WARM_UP)
        for num_beats in size.curve:
            before = system.coordinator_rss_bytes()
            episode_id = system.prepare(num_beats, TINY)
            system.execute([episode_id])
            samples = growth.follow(episode_id, num_beats)
            system.wait([episode_id], 600)
            memory = [before, samples[len(samples) // 2].rss_bytes, samples[-1].rss_bytes, system.coordinator_rss_bytes()]
            moments = system.moments(episode_id)
            beat_ms = (moments["beat.accepted"] - moments["episode.executing"]) / num_beats * 1000
            film_s = moments["episode.completed"] - moments["beat.accepted"]
            megabytes = [rss_bytes / 1e6 for rss_bytes in memory]
            line = f"{num_beats:7}   {beat_ms:9.1f}   {film_s:6.2f}   " + "  ".join(f"{mb:.0f}" for mb in megabytes)
            report.say(line, f"curve, beats={num_beats}", beat_ms=beat_ms, film_s=film_s, coordinator_mb=megabytes)
        report.bytes_per_beat = growth.bytes_per_beat()
        report.figures["coordinator memory, beats led → bytes"] = [(s.num_led, s.rss_bytes) for s in growth.samples]


def listen_in(report: Report, size: Size) -> None:
    """GET /episodes/{id} while fifty streams follow an episode that is being rendered, through the real Serve application."""
    print(f"\nGET /episodes/{{id}} while an episode is rendered, without and with {NUM_STREAMS} event streams on it")
    with running_system(num_renderers=NUM_RENDERERS, encodes=False, pace_s=PACE_S) as system, running_api() as api:
        asked = system.run(3, TINY)
        followed = system.prepare(1000, TINY)
        system.execute([followed])
        measure_latency(api, asked, 20)
        without = measure_latency(api, asked, size.num_requests)
        with open_streams(api, followed, NUM_STREAMS) as followers:
            before = sum(followers.num_events)
            during = measure_latency(api, asked, size.num_requests)
            num_events = sum(followers.num_events) - before
        system.store.cancel(followed)
    for name, latency in (("without", without), ("with", during)):
        line = f"{name:>8}: median {latency.median_s * 1000:.1f} ms, 95 % within {latency.p95_s * 1000:.1f} ms"
        report.say(line, f"requests {name} streams", median_s=latency.median_s, p95_s=latency.p95_s)
    print(f"          {num_events} events were sent meanwhile", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything, in two minutes")
    size = QUICK if parser.parse_args().quick else FULL
    report = Report()
    began_s = time.monotonic()
    with TemporaryDirectory() as folder, running_ray(Path(folder)):
        compare_with_ray(report, size)
        compare_with_old(report, size, Path(folder))
        draw_curve(report, size)
        listen_in(report, size)
    report.write()
    least, most = min(report.ratios_to_ray), max(report.shares_of_old)
    print(f"\nleast ratio_to_ray with 12.6 MB a beat: {least:.2f} (wanted: at least {LEAST_RATIO_TO_RAY})")
    print(f"largest overhead_share_of_old: {most:.3f} (wanted: at most {MOST_SHARE_OF_OLD})")
    print(_memory_verdict(report.bytes_per_beat))
    print(f"{time.monotonic() - began_s:.0f} s")
    is_flat = report.bytes_per_beat is None or report.bytes_per_beat <= MOST_BYTES_PER_BEAT
    return 0 if least >= LEAST_RATIO_TO_RAY and most <= MOST_SHARE_OF_OLD and is_flat else 1


def _memory_verdict(bytes_per_beat: float | None) -> str:
    if bytes_per_beat is None:
        return f"coordinator memory per beat: too few beats to tell (the first {WARM_BEATS:,} fill caches)"
    after = f"after the first {WARM_BEATS:,}"
    return f"coordinator memory per beat: {bytes_per_beat:.0f} bytes {after} (wanted: flat, at most {MOST_BYTES_PER_BEAT})"


if __name__ == "__main__":
    sys.exit(main())
