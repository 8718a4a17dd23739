"""Takes of a beat: further clips of it, and which of them it has."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from api import take_examples as examples
from api.idempotency import lasting_id
from api.media import file_answer, file_of
from api.openapi import POST_EXTRA, answers, with_body
from api.parts import ApiParts, Parts
from api.plan_edits import edited_shape
from api.requests import MAX_SHOWN, known_id
from api.routes.episodes import known_episode
from api.routes.files import FILE_WORDS, serving
from api.strict_json import StrictRoute
from api.take_shapes import NewTakes, SelectedShape, TakeShape, TakesShape, take_shape, takes_shape
from episodes.errors import NotFound
from episodes.model import Take

_PATH = "/episodes/{episode_id}/beats/{beat_id}/takes"
_HINT = "GET …/takes lists those that there are."

router = APIRouter(tags=["takes"], route_class=StrictRoute)


@router.post(
    _PATH,
    response_model=TakesShape,
    status_code=202,
    summary="Render further takes of a beat that has its clip; beat and film stay as they are",
    description=(
        "Each has a seed of its own and what else the beat shows now. Whatever makes it show something else cancels those that wait or "
        "render; they are paid from the episode's budget, and no film waits for them."
    ),
    operation_id="ask_for_takes",
    responses=answers(
        202, "All takes of the beat.", examples.TAKES, *with_body("not-found", "illegal-move", "conflict", "key-reused")
    ),
    openapi_extra=POST_EXTRA,
)
def ask_for_takes(
    parts: Parts,
    request: Request,
    episode_id: str,
    beat_id: str,
    new: Annotated[NewTakes, Body(openapi_examples=examples.NEW_TAKES)],
) -> TakesShape:
    of_beat = _known(episode_id, beat_id)
    takes = parts.episodes.ask_for_takes(*of_beat, new.wanted, once=lasting_id(request.scope, parts.episodes))
    parts.coordinator.wake()
    return takes_shape(parts.episodes.episode(episode_id), beat_id, takes)


@router.get(
    _PATH,
    response_model=TakesShape,
    summary="A beat's takes, of all its revisions",
    operation_id="list_takes",
    responses=answers(200, "By number.", examples.TAKES, "not-found"),
)
def list_takes(parts: Parts, episode_id: str, beat_id: str) -> TakesShape:
    episode = known_episode(parts, episode_id)
    return takes_shape(episode, beat_id, parts.episodes.takes(*_known(episode_id, beat_id)))


@router.post(
    f"{_PATH}/{{number}}/select",
    response_model=SelectedShape,
    summary="Make a take the beat's clip: the film is cut anew, and what starts from its last frame is rendered anew",
    description="The one that was selected can be selected again. The beat's seed becomes the take's, so that the plan tells this clip.",
    operation_id="select_take",
    responses=answers(
        200,
        "The episode with the take in it, and what that does.",
        examples.SELECTED,
        "not-found",
        "illegal-move",
        "conflict",
        "bad-input",
        "key-reused",
    ),
    openapi_extra=POST_EXTRA,
)
def select_take(
    parts: Parts,
    request: Request,
    episode_id: str,
    beat_id: str,
    number: str,
    dry_run: Annotated[bool, Query(description="Change nothing, and answer what would be.")] = False,
) -> SelectedShape:
    of_take = (*_known(episode_id, beat_id), _number(number))
    once = None if dry_run else lasting_id(request.scope, parts.episodes)
    change, view = parts.episodes.select_take(*of_take, dry_run=dry_run, once=once)
    if not dry_run:
        parts.coordinator.wake()
    shown = edited_shape(view, change, dry_run=dry_run)
    return SelectedShape(**{name: getattr(shown, name) for name in type(shown).model_fields}, beat_id=beat_id, take=of_take[2])


@router.post(
    f"{_PATH}/{{number}}/cancel",
    response_model=TakeShape,
    summary="Stop a take that waits or renders. Repeating it changes nothing",
    operation_id="cancel_take",
    responses=answers(200, "The take.", examples.CANCELLED, "not-found", "illegal-move", "key-reused"),
    openapi_extra=POST_EXTRA,
)
def cancel_take(parts: Parts, request: Request, episode_id: str, beat_id: str, number: str) -> TakeShape:
    of_take = (*_known(episode_id, beat_id), _number(number))
    take = parts.episodes.cancel_take(*of_take, once=lasting_id(request.scope, parts.episodes))
    parts.coordinator.wake()
    return take_shape(parts.episodes.episode(episode_id), beat_id, take)


@serving(router, f"{_PATH}/{{number}}/video", "video/mp4", "A take's clip", "get_take_video")
def get_take_video(parts: Parts, request: Request, episode_id: str, beat_id: str, number: str) -> Response:
    return _file(parts, request, _take(parts, episode_id, beat_id, number), (episode_id, beat_id, "video", ".mp4"))


@serving(router, f"{_PATH}/{{number}}/poster", "image/jpeg", "A take's poster", "get_take_poster")
def get_take_poster(parts: Parts, request: Request, episode_id: str, beat_id: str, number: str) -> Response:
    return _file(parts, request, _take(parts, episode_id, beat_id, number), (episode_id, beat_id, "poster", ".jpg"))


def _file(parts: ApiParts, request: Request, take: Take, which: tuple[str, str, str, str]) -> Response:
    episode_id, beat_id, artifact_type, suffix = which
    file = file_of(take.artifacts, artifact_type)
    if file is None:
        hint = f"The take is {take.state}; its clip is there when it is ACCEPTED. {take.reason}".strip()
        raise NotFound(f"{FILE_WORDS[artifact_type]} of take", str(take.number), hint)
    return file_answer(request, parts.artifacts, file, f"{episode_id}-{beat_id}-{take.number}{suffix}")


def _take(parts: ApiParts, episode_id: str, beat_id: str, number: str) -> Take:
    wanted = _number(number)
    takes = parts.episodes.takes(*_known(episode_id, beat_id))
    found = next((take for take in takes if take.number == wanted), None)
    if found is None:
        raise NotFound("take", number, _HINT)
    return found


def _known(episode_id: str, beat_id: str) -> tuple[str, str]:
    return known_id("episode", episode_id), known_id("beat", beat_id)


def _number(number: str) -> int:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound("take", number[:MAX_SHOWN], _HINT)
    return int(number)
