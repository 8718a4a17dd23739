"""What a clip depends on, as one hash: two beats with the same show the same, in whatever episode they stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from episodes.job import StartFrame
from episodes.plan import Beat, Format, Motion

CLIPS_VERSION = 1
"""Raise it when the same beat of the same kind gives another clip than before: then those made until now are not used again."""

_PLACE_IN_THE_PLAN = {"beat_id", "index", "scene_id", "effects", "depends_on", "starts_from", "references"}
"""What is true of a beat and does not show. Everything else counts, the fixed looks and the chosen pictures of who plays in it too."""


def kind_recipe(backend: str, options: Mapping[str, str]) -> str:
    """How a kind of renderer makes its clips, as a hash. Two kinds with the same make the same of the same beat."""
    return _sha256({"version": CLIPS_VERSION, "backend": backend, "options": dict(options)})


def content_key(beat: Beat, recipe: str, clip_format: Format, motion: Motion, start_frame: StartFrame | None) -> str:
    """`beat` is at the kind that `recipe` is of; it begins with the last frame of the clip `start_frame`, or with one of its own."""
    return _sha256(
        {
            "recipe": recipe,
            "beat": beat.as_rendered().model_dump(mode="json", exclude=_PLACE_IN_THE_PLAN),
            "format": clip_format.model_dump(),
            "motion": motion.model_dump(),
            "start_frame": None if start_frame is None else start_frame.sha256,
        }
    )


def _sha256(told: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
