"""Worlds: change one character, place or prop, or the world as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from api import world_examples as examples
from api.openapi import answers, with_body
from api.parts import ApiParts, Parts
from api.pictures import check_references
from api.requests import known_id
from api.revisions import EvenLocked, IfMatch, change_expected, etag
from api.strict_json import StrictRoute
from api.world_changes import (
    CHARACTER,
    PLACE,
    PROP,
    CharacterEdit,
    PlaceEdit,
    PropEdit,
    WorldEdit,
    edited_entity,
    edited_world,
)
from api.world_shapes import WorldShape
from api.world_shaping import world_shape
from episodes.errors import NotFound
from episodes.world import StoredWorld
from episodes.world_changes import WorldChange

router = APIRouter(prefix="/worlds", tags=["worlds"], route_class=StrictRoute)

_ANSWERS = answers(
    200,
    "The world with the change in it: a new revision, where anything changed.",
    examples.WORLD,
    *with_body("not-found", "conflict", "locked", "precondition-failed"),
)
_WHAT_HAPPENS = (
    "Only what is sent is changed. It is a person's word from then on, which no measurement and no model overwrites. "
    "With `If-Match` only that revision is changed."
)


@router.patch(
    "/{world_id}",
    response_model=WorldShape,
    summary="Change title, style, relations, daylight or weather",
    description=_WHAT_HAPPENS,
    operation_id="edit_world",
    responses=_ANSWERS,
)
def edit_world(
    parts: Parts,
    world_id: str,
    edit: Annotated[WorldEdit, Body(examples=[examples.WORLD_CHANGE])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    return _edited(parts, world_id, edited_world(edit, even_locked=even_locked), response, if_match)


@router.patch(
    "/{world_id}/characters/{character_id}",
    response_model=WorldShape,
    summary="Change a character, or how it is now",
    description=_WHAT_HAPPENS,
    operation_id="edit_character",
    responses=_ANSWERS,
)
def edit_character(
    parts: Parts,
    world_id: str,
    character_id: str,
    edit: Annotated[CharacterEdit, Body(examples=[examples.CHARACTER_CHANGE])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    change = edited_entity(CHARACTER, character_id, edit, even_locked=even_locked)
    return _edited(parts, world_id, _checked(parts, change, edit), response, if_match)


@router.patch(
    "/{world_id}/places/{place_id}",
    response_model=WorldShape,
    summary="Change a place",
    description=_WHAT_HAPPENS,
    operation_id="edit_place",
    responses=_ANSWERS,
)
def edit_place(
    parts: Parts,
    world_id: str,
    place_id: str,
    edit: Annotated[PlaceEdit, Body(examples=[examples.PLACE_CHANGE])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    change = edited_entity(PLACE, place_id, edit, even_locked=even_locked)
    return _edited(parts, world_id, _checked(parts, change, edit), response, if_match)


@router.patch(
    "/{world_id}/props/{prop_id}",
    response_model=WorldShape,
    summary="Change a prop, or who has it now",
    description=_WHAT_HAPPENS,
    operation_id="edit_prop",
    responses=_ANSWERS,
)
def edit_prop(
    parts: Parts,
    world_id: str,
    prop_id: str,
    edit: Annotated[PropEdit, Body(examples=[examples.PROP_CHANGE])],
    response: Response,
    if_match: IfMatch = None,
    even_locked: EvenLocked = False,
) -> WorldShape:
    change = edited_entity(PROP, prop_id, edit, even_locked=even_locked)
    return _edited(parts, world_id, _checked(parts, change, edit), response, if_match)


def _checked(
    parts: ApiParts, change: Callable[[StoredWorld], WorldChange], edit: CharacterEdit | PlaceEdit | PropEdit
) -> Callable[[StoredWorld], WorldChange]:
    """References that are sent have to be the world's own pictures."""

    def checked(stored: StoredWorld) -> WorldChange:
        made = change(stored)
        if "references" in edit.model_fields_set:
            check_references(parts, stored.world_id, made.world)
        return made

    return checked


def _edited(
    parts: ApiParts, world_id: str, change: Callable[[StoredWorld], WorldChange], response: Response, if_match: str | None
) -> WorldShape:
    stored = there(parts, world_id)
    stored = change_expected(parts.worlds, stored.world_id, change, if_match=if_match)
    response.headers["ETag"] = etag(stored.revision)
    return world_shape(stored)


def there(parts: ApiParts, world_id: str) -> StoredWorld:
    """The world as episodes see it. Raises NotFound when nothing of it was ever stored."""
    stored = parts.builder.load(known_id("world", world_id))
    if stored.revision == 0:
        raise NotFound("world", world_id, "PUT /worlds/{id} makes one, and so does POST /worlds/{id}/images.")
    return stored
