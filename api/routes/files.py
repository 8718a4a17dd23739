"""Clips, posters, films and subtitles: the newest version of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api import examples
from api.media import file_answer, file_of
from api.openapi import file_answers
from api.parts import ApiParts, Parts
from api.requests import known_id
from api.routes.episodes import known_episode
from episodes.errors import NotFound
from episodes.model import BeatView

router = APIRouter(tags=["files"])

FILE_WORDS = {
    "video": "clip",
    "film": "film",
    "poster": "poster",
    "subtitles_srt": "subtitle file",
    "subtitles_vtt": "subtitle file",
}
"""What people call an artifact of this type."""


def serving(
    router: APIRouter, path: str, media_type: str, summary: str, operation_id: str, example: str = ""
) -> Callable[..., Any]:
    """GET and HEAD of a file at one path; only GET is in the description."""

    def register(answer: Callable[..., Response]) -> Callable[..., Response]:
        router.get(
            path,
            response_class=Response,
            summary=summary,
            operation_id=operation_id,
            responses=file_answers(media_type, example),
        )(answer)
        router.head(path, response_class=Response, include_in_schema=False)(answer)
        return answer

    return register


@serving(router, "/episodes/{episode_id}/beats/{beat_id}/video", "video/mp4", "A beat's clip", "get_beat_video")
def get_beat_video(parts: Parts, request: Request, episode_id: str, beat_id: str) -> Response:
    return _of_beat(parts, request, episode_id, beat_id, "video", ".mp4")


@serving(
    router,
    "/episodes/{episode_id}/beats/{beat_id}/poster",
    "image/jpeg",
    "A beat's poster; while it renders, how it looks so far",
    "get_beat_poster",
)
def get_beat_poster(parts: Parts, request: Request, episode_id: str, beat_id: str) -> Response:
    """While the beat renders and has none: how it looks so far."""
    beat = _known_beat(parts, episode_id, beat_id)
    preview = parts.episodes.preview(episode_id, beat_id) if file_of(beat.artifacts, "poster") is None else None
    if preview is not None:
        return Response(preview, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
    return _of_beat(parts, request, episode_id, beat_id, "poster", ".jpg")


@serving(router, "/episodes/{episode_id}/film", "video/mp4", "The episode's film", "get_film")
def get_film(parts: Parts, request: Request, episode_id: str) -> Response:
    return _of_episode(parts, request, episode_id, "film", ".mp4")


@serving(router, "/episodes/{episode_id}/poster", "image/jpeg", "The film's poster", "get_film_poster")
def get_film_poster(parts: Parts, request: Request, episode_id: str) -> Response:
    return _of_episode(parts, request, episode_id, "poster", ".jpg")


@serving(
    router,
    "/episodes/{episode_id}/subtitles.srt",
    "application/x-subrip",
    "The film's subtitles as SRT",
    "get_srt",
    examples.SUBTITLES,
)
def get_srt(parts: Parts, request: Request, episode_id: str) -> Response:
    return _of_episode(parts, request, episode_id, "subtitles_srt", ".srt")


@serving(
    router,
    "/episodes/{episode_id}/subtitles.vtt",
    "text/vtt",
    "The film's subtitles as WebVTT",
    "get_vtt",
    f"WEBVTT\n\n{examples.SUBTITLES}",
)
def get_vtt(parts: Parts, request: Request, episode_id: str) -> Response:
    return _of_episode(parts, request, episode_id, "subtitles_vtt", ".vtt")


def _of_episode(parts: ApiParts, request: Request, episode_id: str, artifact_type: str, suffix: str) -> Response:
    episode = known_episode(parts, episode_id)
    file = file_of(episode.artifacts, artifact_type)
    if file is None:
        hint = f"The episode is {episode.state}; its film is there when GET /episodes/{{id}} lists it."
        raise NotFound(f"{FILE_WORDS[artifact_type]} of episode", episode_id, hint)
    return file_answer(request, parts.artifacts, file, f"{episode_id}{suffix}")


def _of_beat(parts: ApiParts, request: Request, episode_id: str, beat_id: str, artifact_type: str, suffix: str) -> Response:
    beat = _known_beat(parts, episode_id, beat_id)
    file = file_of(beat.artifacts, artifact_type)
    if file is None:
        hint = f"The beat is {beat.state}; its clip is there when it is ACCEPTED. {beat.reason}".strip()
        raise NotFound(f"{FILE_WORDS[artifact_type]} of beat", beat_id, hint)
    return file_answer(request, parts.artifacts, file, f"{episode_id}-{beat_id}{suffix}")


def _known_beat(parts: ApiParts, episode_id: str, beat_id: str) -> BeatView:
    episode = known_episode(parts, episode_id)
    known_id("beat", beat_id)
    for view in episode.beats:
        if view.beat.beat_id == beat_id:
            return view
    raise NotFound("beat", beat_id, f"The episode is {episode.state} and has {len(episode.beats)} beats.")
