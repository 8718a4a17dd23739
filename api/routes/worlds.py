"""Worlds: look, put, and give them pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, File, Header, Query, Request, UploadFile
from starlette.responses import Response

from api import world_examples as examples
from api.media import file_answer
from api.openapi import POST_EXTRA, answers, file_answers, with_body
from api.parts import Parts
from api.pictures import check_references, checked_uploads, is_picture_file, picture_key, store_pictures
from api.requests import MAX_SHOWN, known_id, new_world_id
from api.revisions import EvenLocked, IfMatch, change_expected, etag
from api.strict_json import StrictRoute
from api.world_changes import replaced_world
from api.world_shapes import UploadShape, WorldListShape, WorldShape
from api.world_shaping import world_shape, world_summary_shape
from episodes.errors import NotFound
from episodes.world import World

router = APIRouter(prefix="/worlds", tags=["worlds"], route_class=StrictRoute)

_HOW_TO_BEGIN = "PUT /worlds/{id} makes one, and so does POST /worlds/{id}/images."


@router.get(
    "",
    response_model=WorldListShape,
    summary="List the stored worlds",
    operation_id="list_worlds",
    responses=answers(200, "The newest revision of each.", examples.WORLDS),
)
def list_worlds(parts: Parts) -> WorldListShape:
    return WorldListShape(worlds=[world_summary_shape(stored) for stored in parts.worlds.worlds()])


@router.get(
    "/{world_id}",
    response_model=WorldShape,
    summary="Look at a world as episodes see it",
    operation_id="get_world",
    responses=answers(200, "The newest revision; `ETag` is its number.", examples.WORLD, "not-found"),
)
def get_world(parts: Parts, world_id: str, response: Response) -> WorldShape:
    if not parts.builder.exists(known_id("world", world_id, _HOW_TO_BEGIN)):
        raise NotFound("world", world_id, _HOW_TO_BEGIN)
    stored = parts.builder.load(world_id)
    response.headers["ETag"] = etag(stored.revision)
    return world_shape(stored)


@router.put(
    "/{world_id}",
    response_model=WorldShape,
    summary="Store a world: a new one, or a new revision",
    description=(
        "With `If-Match` (or `revision`) only that revision is replaced, and 412 (or 409) says that somebody was faster; "
        "`If-None-Match: *` only makes a new world. Reference pictures must have been uploaded to this world before. What is changed "
        "is a person's word from then on, which no measurement and no model overwrites."
    ),
    operation_id="put_world",
    responses=answers(200, "The stored revision.", examples.WORLD, *with_body("conflict", "locked", "precondition-failed")),
)
def put_world(
    parts: Parts,
    world_id: str,
    world: Annotated[World, Body(examples=[examples.NEW_WORLD])],
    response: Response,
    if_match: IfMatch = None,
    if_none_match: Annotated[str | None, Header(max_length=200, description="`*`: only if there is none yet.")] = None,
    revision: Annotated[int | None, Query(ge=0, lt=2**31, description="Revision to replace; 0: none yet.")] = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    new_world_id(world_id)
    check_references(parts, world_id, world)
    change = replaced_world(world, even_locked=even_locked)
    stored = change_expected(parts.worlds, world_id, change, if_match=if_match, if_none_match=if_none_match, revision=revision)
    response.headers["ETag"] = etag(stored.revision)
    return world_shape(stored)


@router.post(
    "/{world_id}/images",
    status_code=201,
    response_model=UploadShape,
    summary="Upload reference pictures; what can be measured in them becomes part of the world",
    description="PNG, JPEG or WebP in parts named `file`. The same picture twice is one. A world that was not there begins with it.",
    operation_id="upload_pictures",
    responses=answers(201, "What was measured.", examples.UPLOAD, *with_body("conflict", "locked", "key-reused")),
    openapi_extra=POST_EXTRA,
)
def upload_pictures(
    parts: Parts, world_id: str, file: Annotated[list[UploadFile], File(min_length=1, description="One picture or several.")]
) -> UploadShape:
    uploads = checked_uploads(file, parts.limits)
    return store_pictures(parts.builder, new_world_id(world_id), uploads)


@router.get(
    "/{world_id}/images/{file}",
    response_class=Response,
    summary="Look at an uploaded picture",
    operation_id="get_picture",
    responses=file_answers("image/png"),
)
def get_picture(parts: Parts, request: Request, world_id: str, file: str) -> Response:
    known_id("world", world_id)
    stored = parts.artifacts.head(picture_key(world_id, file)) if is_picture_file(file) else None
    if stored is None:
        raise NotFound("picture", file[:MAX_SHOWN], "GET /worlds/{id} lists those that there are.")
    return file_answer(request, parts.artifacts, stored, file)


router.head("/{world_id}/images/{file}", response_class=Response, include_in_schema=False)(get_picture)
