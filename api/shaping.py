"""How views and nouns become what the API answers: the one place where that is decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from api.shapes import (
    ArtifactShape,
    AttemptShape,
    BeatShape,
    CharacterShape,
    ClipSourceShape,
    EpisodePageShape,
    EpisodeShape,
    EpisodeSummaryShape,
    EventShape,
    PlaceShape,
    SceneShape,
)
from episodes.lifecycle import AttemptState, BeatState
from episodes.model import Artifact, Attempt, BeatView, ClipSource, EpisodePage, EpisodeSummary, EpisodeView, Event
from episodes.money import dollars_of
from episodes.plan import Beat, Scene
from episodes.waiting import why_waiting
from episodes.world import Place

ARTIFACT_PATHS = {
    "video": "video",
    "film": "film",
    "poster": "poster",
    "subtitles_srt": "subtitles.srt",
    "subtitles_vtt": "subtitles.vtt",
}
"""Type → the last part of the path that serves it, below its beat or episode; in the order in which artifacts are listed."""


def percent(share: float) -> int:
    """0 to 100, rounded down, so that 100 means done; the small term mends 0.29 × 100 = 28.999…"""
    return min(100, math.floor(share * 100 + 1e-9))


def artifact_shapes(artifacts: Sequence[Artifact], path: str) -> list[ArtifactShape]:
    """What matters most first: clients of old take the first for the video. `path` is that of the beat or episode."""
    order = list(ARTIFACT_PATHS)
    return sorted((_artifact_shape(a, path) for a in artifacts), key=lambda shape: order.index(shape.type))


def _artifact_shape(artifact: Artifact, path: str) -> ArtifactShape:
    file = artifact.file
    return ArtifactShape(
        type=artifact.artifact_type,
        uri=file.uri,
        version=artifact.version,
        url=f"{path}/{ARTIFACT_PATHS[artifact.artifact_type]}",
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        media_type=file.media_type,
        width=file.width,
        height=file.height,
        fps=file.fps,
        duration_s=file.duration_s,
        num_frames=file.num_frames,
    )


def attempt_shape(attempt: Attempt) -> AttemptShape:
    return AttemptShape(
        attempt_id=attempt.attempt_id,
        number=attempt.number,
        state=attempt.state,
        renderer=attempt.renderer,
        node=attempt.node,
        failure_class=attempt.failure_class,
        reason=attempt.reason,
        opened_at=attempt.opened_at,
        ended_at=attempt.ended_at,
        take=attempt.take,
        seed=attempt.seed,
        reused_from=_source_shape(attempt.reused_from),
        cost=dollars_of(attempt.spent_micros) if attempt.ended_at is not None else None,
    )


def _source_shape(source: ClipSource | None) -> ClipSourceShape | None:
    return ClipSourceShape(**source.model_dump()) if source is not None else None


def beat_shape(view: BeatView, episode: EpisodeView) -> BeatShape:
    path = f"/episodes/{episode.episode_id}/beats/{view.beat.beat_id}"
    return BeatShape(
        state=view.state,
        progress=percent(view.progress),
        reason=view.reason,
        waiting=why_waiting(view, episode),
        revision=view.revision,
        backend=view.backend,
        fallback_reason=f"Rendered by {view.backend} because {view.fallback_reason}" if view.fallback_reason else "",
        reused_from=_source_shape(_source_of(view)),
        preview_url=f"{path}/poster" if has_preview(view) else None,
        artifacts=artifact_shapes(view.artifacts, path),
        attempts=[attempt_shape(a) for a in view.attempts],
        **_planned(view.beat),
    )


def _source_of(view: BeatView) -> ClipSource | None:
    selected = (a for a in view.attempts if a.state is AttemptState.SELECTED and a.revision == view.revision)
    return next((attempt.reused_from for attempt in selected), None)


def has_preview(view: BeatView) -> bool:
    return view.state is BeatState.RENDERING and any(a.has_preview for a in view.attempts if a.revision == view.revision)


def _planned(beat: Beat) -> dict[str, Any]:  # keyword arguments of BeatShape
    kept = (
        "beat_id", "index", "scene_id", "description", "turn", "action", "time_of_day", "shot_size", "angle", "camera_move",
        "first_frame", "last_frame", "movement", "dialogue", "caption", "sound", "duration_s", "transition", "keyframe_density",
        "seed", "starts_from", "prompt", "negative_prompt", "style",
    )  # fmt: skip
    return {
        **{name: getattr(beat, name) for name in kept},
        "effects": list(beat.effects),
        "depends_on": list(beat.depends_on),
        "references": list(beat.references),
        "place": _place_shape(beat.place),
        "characters": [
            CharacterShape(
                character_id=m.character.character_id,
                name=m.character.name,
                action=m.action,
                emotion=m.emotion,
                position=m.position,
                is_target=m.is_target,
            )
            for m in beat.cast
        ],
    }


def _scene_shape(scene: Scene) -> SceneShape:
    return SceneShape(
        scene_id=scene.scene_id,
        place=_place_shape(scene.place),
        time_of_day=scene.time_of_day,
        weather=scene.weather,
        mood=scene.mood,
        wardrobe=list(scene.wardrobe),
    )


def _place_shape(place: Place) -> PlaceShape:
    return PlaceShape(place_id=place.place_id, name=place.name)


def summary_shape(summary: EpisodeSummary) -> EpisodeSummaryShape:
    return EpisodeSummaryShape(**_summary(summary))


def _summary(summary: EpisodeSummary) -> dict[str, Any]:  # keyword arguments of EpisodeSummaryShape
    request = summary.request
    return {
        "episode_id": summary.episode_id,
        "world_id": request.world_id,
        "state": summary.state,
        "progress": percent(summary.progress),
        "reason": summary.reason,
        "intent": request.intent,
        "style": request.style,
        "backend": request.backend,
        "fallbacks": list(request.fallbacks),
        "mode": request.mode,
        "width": request.format.width,
        "height": request.format.height,
        "fps": request.format.fps,
        "duration_s": request.duration_s,
        "num_beats": summary.num_beats or request.num_beats,
        "seed": request.seed,
        "motion": request.motion,
        "created_at": summary.created_at,
        "updated_at": summary.updated_at,
    }


def episode_shape(view: EpisodeView) -> EpisodeShape:
    path = f"/episodes/{view.episode_id}"
    artifacts = artifact_shapes(view.artifacts, path)
    return EpisodeShape(
        **_summary(view),
        world_revision=view.world_revision,
        plan_version=view.plan_version,
        logline=view.logline,
        tone=view.treatment.tone,
        look=view.treatment.style,
        scenes=[_scene_shape(scene) for scene in view.treatment.scenes],
        writing=view.treatment.writing,
        beats=[beat_shape(beat, view) for beat in view.beats],
        budget=None if view.funds.budget_micros is None else dollars_of(view.funds.budget_micros),
        spent=dollars_of(view.funds.spent_micros),
        film=next((a for a in artifacts if a.type == "film"), None),
        artifacts=artifacts,
        film_attempts=[attempt_shape(a) for a in view.film_attempts],
    )


def page_shape(page: EpisodePage) -> EpisodePageShape:
    return EpisodePageShape(episodes=[summary_shape(e) for e in page.episodes], next_cursor=page.next_cursor)


def event_shape(event: Event) -> EventShape:
    return EventShape(episode_id=event.episode_id, number=event.number, type=event.event_type, at=event.at, data=event.data)
