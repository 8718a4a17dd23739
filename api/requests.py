"""What clients may send, checked as far as it can be without looking anywhere."""

from __future__ import annotations

import re
from typing import Annotated, Self

from fastapi import Query
from pydantic import Field, ValidationInfo, field_validator, model_validator

from episodes.errors import BadInput, NotFound
from episodes.money import Dollars, micros_of
from episodes.nouns import Id, Name, Noun, Prose
from episodes.plan import EpisodeRequest, Format, Mode, Motion, check_fallbacks
from episodes.world import EMPTY_WORLD_ID

Fresh = Annotated[
    bool, Query(description="Render even what was rendered before: with the same content there would be a copy of that clip.")
]

DEFAULT_FORMATS = {
    Mode.VALIDATE: Format(width=512, height=512, fps=24),
    Mode.FINAL: Format(width=1280, height=720, fps=24),
}

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_SHOWN = 80  # characters of an unknown id that are said back


class NewEpisode(Noun):
    """An intent in a world, and how it should look."""

    world_id: Id = EMPTY_WORLD_ID
    """Whose characters and places play. Left out: the empty world."""
    screenplay: str | None = Field(default=None, min_length=1, max_length=60_000)
    """A screenplay in Fountain, told in place of an intent: its scenes, characters and dialogue are kept, and there are as many beats as
    it needs, whatever `num_beats` says."""
    intent: Annotated[Prose, Field(min_length=1, max_length=2000)] | None = Field(default=None, validate_default=True)
    """The sentence that the episode tells. Has to be given, unless a screenplay is: one of the two."""
    style: Annotated[Prose, Field(max_length=500)] = ""
    """Added to the world's own style."""
    backend: Name | None = None
    """The kind of renderer for every beat. Left out: when it is planned, the first of the fleet that can work then and costs nothing
    per clip is chosen."""
    fallbacks: tuple[Name, ...] = Field(default=(), max_length=8)
    """Kinds that a beat is tried with, one after the other, where it would fail. None: it fails, and the film lacks it."""
    mode: Mode = Mode.VALIDATE
    """`validate`: 512×512, a look before money is spent; `final`: 1280×720. Both at 24 fps unless given."""
    width: int | None = Field(default=None, ge=64, le=3840, multiple_of=2)
    height: int | None = Field(default=None, ge=64, le=2160, multiple_of=2)
    fps: int | None = Field(default=None, ge=1, le=60)
    duration_s: float = Field(default=5.0, ge=0.5, le=30)
    """Of each beat."""
    num_beats: int = Field(default=3, ge=1, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)
    motion: Motion = Motion()
    budget: Dollars | None = None
    """What it may cost in all, in US dollars: a beat that would cost more than is left waits. Left out: there is no limit."""

    @field_validator("intent")
    @classmethod
    def _tells_something(cls, intent: str | None, others: ValidationInfo) -> str | None:
        screenplay = others.data.get("screenplay")
        if intent is None and screenplay is None:
            raise ValueError("give an intent, or a screenplay")
        if intent is not None and screenplay is not None:
            raise ValueError("a screenplay is told in place of an intent: give one of the two")
        return intent

    @model_validator(mode="after")
    def _falls_back_to_each_once(self) -> Self:
        check_fallbacks(self.backend, self.fallbacks)
        return self

    def episode_request(self, about: str = "") -> EpisodeRequest:
        """`about`: what stands for the intent of a screenplay without one."""
        usual = DEFAULT_FORMATS[self.mode]
        return EpisodeRequest(
            world_id=self.world_id,
            intent=self.intent or about,
            screenplay=self.screenplay or "",
            style=self.style,
            backend=self.backend,
            fallbacks=self.fallbacks,
            mode=self.mode,
            format=Format(
                width=usual.width if self.width is None else self.width,
                height=usual.height if self.height is None else self.height,
                fps=usual.fps if self.fps is None else self.fps,
            ),
            duration_s=self.duration_s,
            num_beats=self.num_beats,
            seed=self.seed,
            motion=self.motion,
            budget_micros=None if self.budget is None else micros_of(self.budget),
        )


class NewBudget(Noun):
    """What an episode may cost."""

    budget: Dollars | None
    """In all, in US dollars; null: there is no limit."""


def known_id(what: str, name: str, hint: str = "") -> str:
    """The id, if one could look like that. Else nobody can know it: NotFound, before any database sees it."""
    if not _ID.fullmatch(name):
        raise NotFound(what, name[:MAX_SHOWN], hint)
    return name


def new_world_id(world_id: str) -> str:
    """The id of a world that is written, and may begin with that."""
    if not _ID.fullmatch(world_id):
        raise BadInput(
            "A world_id has 1 to 64 lower-case letters, digits, `_` and `-`, and begins with a letter or digit.",
            "Choose another id.",
            "world_id",
        )
    if world_id == EMPTY_WORLD_ID:
        raise BadInput(f"The world {EMPTY_WORLD_ID!r} stays empty.", "Choose another id.", "world_id")
    return world_id
