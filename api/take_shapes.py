"""What clients ask of takes, and what the API answers about them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from api.shapes import ArtifactShape, AttemptShape, EditedShape, Shape
from api.shaping import artifact_shapes, attempt_shape, percent
from episodes.lifecycle import BeatState
from episodes.model import EpisodeView, Take
from episodes.nouns import Noun
from episodes.waiting import why_take_waits

MAX_AT_ONCE = 8

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class NewTakes(Noun):
    """So many further clips of a beat, to choose from."""

    count: int = Field(default=1, ge=1, le=MAX_AT_ONCE)
    seeds: tuple[Seed, ...] = Field(default=(), max_length=MAX_AT_ONCE)
    """Of the first ones; the others get seeds that no other take has."""

    @model_validator(mode="after")
    def _has_as_many(self) -> Self:
        if len(self.seeds) > self.count:
            raise ValueError(f"{len(self.seeds)} seeds for {self.count} takes")
        return self

    @property
    def wanted(self) -> list[int | None]:
        """The seed of each; None: any."""
        return [*self.seeds, *[None] * (self.count - len(self.seeds))]


class TakeShape(Shape):
    number: int
    """Of all takes that the beat has had, from 1: its first clip."""
    revision: int
    """Of the beat; one of an older revision can be looked at, and not be selected."""
    seed: int | None
    """null: its clip is of a time when nobody kept it."""
    state: BeatState
    """ACCEPTED: its clip is there."""
    is_selected: bool
    """Its clip is the beat's, and plays in the film."""
    progress: int = Field(ge=0, le=100)
    reason: str
    """Why it failed, or its last attempt did; empty when there is nothing to say."""
    waiting: str
    """Why a pending one is not being rendered; empty for other states."""
    attempt: AttemptShape | None
    """The newest at it; null: none was begun."""
    video_url: str | None
    poster_url: str | None
    artifacts: list[ArtifactShape]


class TakesShape(Shape):
    episode_id: str
    beat_id: str
    takes: list[TakeShape]
    """By number."""


class SelectedShape(EditedShape):
    """The episode with the take in it; with `dry_run` as it would be."""

    beat_id: str
    take: int


def takes_shape(episode: EpisodeView, beat_id: str, takes: list[Take]) -> TakesShape:
    shown = [take_shape(episode, beat_id, take) for take in takes]
    return TakesShape(episode_id=episode.episode_id, beat_id=beat_id, takes=shown)


def take_shape(episode: EpisodeView, beat_id: str, take: Take) -> TakeShape:
    artifacts = artifact_shapes(take.artifacts, f"/episodes/{episode.episode_id}/beats/{beat_id}/takes/{take.number}")
    urls = {one.type: one.url for one in artifacts}
    beat = next((view for view in episode.beats if view.beat.beat_id == beat_id), None)
    return TakeShape(
        number=take.number,
        revision=take.revision,
        seed=take.seed,
        state=take.state,
        is_selected=take.is_selected,
        progress=percent(take.progress),
        reason=take.reason,
        waiting=why_take_waits(take, beat, episode) if beat is not None else "",
        attempt=attempt_shape(take.attempt) if take.attempt is not None else None,
        video_url=urls.get("video"),
        poster_url=urls.get("poster"),
        artifacts=artifacts,
    )
