"""What operators watch, as Ray metrics: every node's agent offers them to Prometheus."""

from __future__ import annotations

from ray.util.metrics import Counter, Gauge, Histogram

_SECONDS = [0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0]
"""From a cartoon's keyframes to a long take of a large model."""


class RayMeter:
    """Implements Meter. Made once in the coordinator's process."""

    def __init__(self) -> None:
        self._attempts = Counter(
            "storyworld_attempts", description="Attempts that ended, by outcome.", tag_keys=("backend", "outcome")
        )
        self._rendering = Gauge("storyworld_beats_rendering", description="Beats in the hands of a renderer or publisher.")
        self._ready = Gauge("storyworld_queue_depth", description="Beats that could start now, as far as was looked.")
        self._episodes = Gauge("storyworld_episodes_active", description="Episodes that execute, are cut or cancelled.")
        self._wait = Histogram(
            "storyworld_wait_seconds",
            description="How long a ready beat waited for a renderer.",
            boundaries=_SECONDS,
            tag_keys=("backend",),
        )
        self._render = Histogram(
            "storyworld_render_seconds", description="Making keyframes.", boundaries=_SECONDS, tag_keys=("backend",)
        )
        self._publish = Histogram(
            "storyworld_publish_seconds",
            description="In-betweens, encoding, checking, storing.",
            boundaries=_SECONDS,
            tag_keys=("backend",),
        )

        self._cold = Histogram(
            "storyworld_cold_first_beat_seconds",
            description="Start of a renderer to its first beat's keyframes, less the time that it stood ready and waited.",
            boundaries=_SECONDS,
            tag_keys=("backend",),
        )
        self._warm = Histogram(
            "storyworld_warm_first_beat_seconds",
            description="Making the keyframes of a renderer's first beat, once it was ready.",
            boundaries=_SECONDS,
            tag_keys=("backend",),
        )

    def attempt_ended(self, backend: str, outcome: str) -> None:
        self._attempts.inc(1, tags={"backend": backend or "film", "outcome": outcome})

    def queue(self, *, num_rendering: int, num_ready: int, num_episodes: int) -> None:
        self._rendering.set(num_rendering)
        self._ready.set(num_ready)
        self._episodes.set(num_episodes)

    def waited(self, backend: str, seconds: float) -> None:
        self._wait.observe(max(seconds, 1e-6), tags={"backend": backend})

    def worked(self, backend: str, *, render_s: float, publish_s: float) -> None:
        tags = {"backend": backend or "film"}
        self._render.observe(max(render_s, 1e-6), tags=tags)
        self._publish.observe(max(publish_s, 1e-6), tags=tags)

    def first_beat(self, backend: str, *, ready_s: float, render_s: float) -> None:
        self._cold.observe(max(ready_s + render_s, 1e-6), tags={"backend": backend})
        self._warm.observe(max(render_s, 1e-6), tags={"backend": backend})
