"""Changing a plan beat by beat: how every route that does it goes about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from pydantic import Field

from api.beat_changes import BeatChange, changed_beat
from api.idempotency import lasting_id
from api.parts import ApiParts
from api.problems import ProblemError
from api.requests import known_id
from api.revisions import etag
from api.shapes import EditedShape, PlanDifferenceShape
from api.shaping import episode_shape
from episodes.choosing import chosen_kind
from episodes.editing import PlanDifference, free_id, place_of
from episodes.errors import BadInput, IllegalMove, RevisionConflict
from episodes.lifecycle import NO_PLAN
from episodes.model import EpisodeView
from episodes.nouns import Id, Noun, Prose
from episodes.plan import Beat

MAX_TRIES = 5
"""Of a change that names no version, where others change the plan at the same time."""

IN_LINE_S = 10.0
"""For those who collided before: a planner that takes its time is not waited for."""

_COLLIDED = threading.Lock()

_UNTOLD = {"dialogue": None, "caption": "", "first_frame": "", "last_frame": "", "movement": "", "sound": "", "effects": ()}
"""What a new beat does not take over from the one before it."""


class NewBeat(BeatChange):
    """A beat as the one before it, in its place and with its cast, but for what is sent."""

    description: Annotated[Prose, Field(min_length=1)]
    """What happens. Sent without `prompt`: takes the place of the other beat's description in its prompt."""
    after: Id | None = Field(default_factory=lambda: None)
    """The beat that it follows; null: it is the first. Left out: it is the last."""


class NewPlace(Noun):
    after: Id | None
    """The beat that it follows from now on; null: it is the first."""


class NewPlan(Noun):
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    """For another telling; left out: the episode's own, which gives the same beat again unless the world has changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """On which a client wants a plan changed."""

    dry_run: bool
    plan_version: int | None
    if_match: str | None

    def check(self, episode: EpisodeView) -> None:
        """Raises RevisionConflict, or 412 for the header."""
        there = episode.plan_version
        if self.plan_version is not None and self.plan_version != there:
            raise RevisionConflict(
                f"The plan is at version {there}, not {self.plan_version}.", "Read it again and put your change on top."
            )
        tags = [tag.strip() for tag in self.if_match.split(",")] if self.if_match is not None else None
        if tags is not None and "*" not in tags and etag(there) not in tags:
            hint = "GET the episode, and name its `plan_version`."
            raise ProblemError(
                412, "precondition-failed", f"The plan is at version {there}, not the one of `If-Match`.", hint=hint
            )


def _terms(
    dry_run: Annotated[bool, Query(description="Change nothing, and answer what would be.")] = False,
    plan_version: Annotated[
        int | None, Query(ge=0, lt=2**31, description="`plan_version` that is changed; 409 where it is another by now.")
    ] = None,
    if_match: Annotated[str | None, Header(max_length=200, description='The same, as `"3"`; 412 where it is another.')] = None,
) -> Terms:
    return Terms(dry_run=dry_run, plan_version=plan_version, if_match=if_match)


EditTerms = Annotated[Terms, Depends(_terms)]

Beats = Sequence[Beat]
Edit = Callable[[EpisodeView, Beats], tuple[Beats, str]]
"""From an episode and its beats to those that take their place, and what was done, in a few words."""


def edited(
    parts: ApiParts, episode_id: str, edit: Edit, terms: Terms, *, anew: Sequence[str] = (), once: str | None = None
) -> EditedShape:
    """Change single beats of the plan that is there."""

    def change(episode: EpisodeView) -> tuple[PlanDifference, EpisodeView]:
        if not episode.beats:
            raise IllegalMove(f"the plan of episode {episode_id}", episode.state, "change", hint=NO_PLAN)
        beats, cause = edit(episode, [view.beat for view in episode.beats])
        return parts.episodes.edit_plan(
            episode_id, beats, cause=cause, anew=anew, expected=episode.plan_version, dry_run=terms.dry_run, once=once
        )

    return plan_changed(parts, episode_id, change, terms)


def plan_changed(
    parts: ApiParts, episode_id: str, change_plan: Callable[[EpisodeView], tuple[PlanDifference, EpisodeView]], terms: Terms
) -> EditedShape:
    """Whoever names no version changes the plan whatever others do meanwhile."""
    for num_tries in range(1, MAX_TRIES + 1):
        try:
            with _in_line() if num_tries > 1 else nullcontext():
                episode = parts.episodes.episode(known_id("episode", episode_id))
                terms.check(episode)
                change, view = change_plan(episode)
        except RevisionConflict:
            if num_tries == MAX_TRIES or terms.plan_version is not None:
                raise
            continue
        if not terms.dry_run and not change.is_empty:
            parts.coordinator.wake()
        return edited_shape(view, change, dry_run=terms.dry_run)
    raise AssertionError("unreachable: the last try returns or raises")


@contextmanager
def _in_line() -> Iterator[None]:
    """Who collided tries again when nobody else of this process does, so that twelve at once collide once, and not twelve times."""
    has_turn = _COLLIDED.acquire(timeout=IN_LINE_S)
    try:
        yield
    finally:
        if has_turn:
            _COLLIDED.release()


def lasting_edit(parts: ApiParts, request: Request, terms: Terms) -> str | None:
    """`once` of a change by POST; a look has no effect to be had once."""
    return None if terms.dry_run else lasting_id(request.scope, parts.episodes)


def unchanged(episode: EpisodeView, terms: Terms) -> EditedShape:
    kept = PlanDifference(kept=tuple(view.beat.beat_id for view in episode.beats))
    return edited_shape(episode, kept, dry_run=terms.dry_run)


def edited_shape(episode: EpisodeView, change: PlanDifference, *, dry_run: bool) -> EditedShape:
    shown = episode_shape(episode)
    told = PlanDifferenceShape(**asdict(change))
    return EditedShape(**{name: getattr(shown, name) for name in type(shown).model_fields}, difference=told, dry_run=dry_run)


def new_beat(beats: Beats, new: NewBeat) -> tuple[Beat, str | None]:
    """With the beat that it follows, None: it is the first. Raises NotFound and BadInput."""
    after = new.after if "after" in new.model_fields_set else beats[-1].beat_id
    like = beats[place_of(beats, after)] if after is not None else beats[0]
    alone = {"beat_id": free_id(beats, len(beats) + 1), "depends_on": (), "starts_from": None}
    change = BeatChange(**{name: getattr(new, name) for name in new.model_fields_set if name != "after"})
    return changed_beat(like.model_copy(update={**_UNTOLD, **alone}), change), after


def beat_planned_anew(parts: ApiParts, episode: EpisodeView, old: Beat, seed: int | None) -> Beat:
    """As the planner tells it now, in the newest revision of its world; in its old place. Raises BadInput where it does not tell it."""
    world = parts.builder.load(episode.request.world_id)
    backend = episode.request.backend or chosen_kind(parts.kinds, episode.fleet)
    asked = {"backend": backend, **({} if seed is None else {"seed": seed})}
    plan = parts.planner.plan(episode.episode_id, episode.request.model_copy(update=asked), world)
    found = next((beat for beat in plan.beats if beat.beat_id == old.beat_id), None)
    if found is None:
        raise BadInput(
            f"The planner tells no beat {old.beat_id!r} of this episode.",
            "It was put in by hand: PATCH it, or plan another one.",
        )
    kept = ("index", "scene_id", "depends_on", "starts_from")
    return found.model_copy(update={name: getattr(old, name) for name in kept})
