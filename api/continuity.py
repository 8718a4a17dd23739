"""What the API says about contradictions in plans, and where it refuses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from api.money_shapes import EstimateShape
from api.parts import ApiParts
from api.shapes import EpisodeShape, Shape
from api.shaping import episode_shape
from episodes.contradictions import Code, Contradiction, Severity, errors_among
from episodes.errors import Contradictory
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import BeatView, EpisodeView
from episodes.plan import Plan
from episodes.world import StoredWorld


class ContradictionShape(Shape):
    code: Code
    """Which kind it is."""
    severity: Severity
    """`error`: the plan is not executed unless somebody forces it; `warning`: it can be meant like that."""
    beat_id: str
    """Where it shows."""
    other_beat_id: str | None
    """The beat that says otherwise; null: it is this beat's own, or the world's."""
    what: str
    suggestion: str


class ContinuityShape(Shape):
    episode_id: str
    num_errors: int
    num_warnings: int
    contradictions: list[ContradictionShape]
    """In story order."""


class PlannedShape(EpisodeShape):
    dry_run: bool
    """Nothing was stored: the beats are those that it would get, and all else is as it was."""
    contradictions: list[ContradictionShape]
    """Where the plan contradicts itself, in story order."""
    estimate: EstimateShape | None
    """With `dry_run`, what rendering it would take; null: it is stored, and `GET /episodes/{id}/estimate` tells."""


def planned_shape(
    view: EpisodeView, contradictions: Sequence[Contradiction], *, estimate: EstimateShape | None = None
) -> PlannedShape:
    """`estimate`: of a plan that is only shown."""
    told = _shapes(contradictions)
    return PlannedShape(**dict(episode_shape(view)), dry_run=estimate is not None, contradictions=told, estimate=estimate)


def continuity_shape(episode_id: str, contradictions: tuple[Contradiction, ...]) -> ContinuityShape:
    num_errors = len(errors_among(contradictions))
    return ContinuityShape(
        episode_id=episode_id,
        num_errors=num_errors,
        num_warnings=len(contradictions) - num_errors,
        contradictions=_shapes(contradictions),
    )


def contradictions_of(parts: ApiParts, episode: EpisodeView) -> tuple[Contradiction, ...]:
    """Of its plan as it stands, with all that was changed in it; none where it has no plan yet."""
    if not episode.beats:
        return ()
    beats = tuple(view.beat.model_copy(update={"backend": view.backend}) for view in episode.beats)
    world = parts.builder.load(episode.request.world_id)
    return parts.supervisor.contradictions(episode.plan.model_copy(update={"beats": beats}), world.world, parts.kinds)


def refuse_contradictions(parts: ApiParts, episode: EpisodeView) -> None:
    """Raises Contradictory where the plan that is about to be executed has errors."""
    if episode.state is EpisodeState.PLANNED and (errors := errors_among(contradictions_of(parts, episode))):
        raise Contradictory(errors)


def as_it_would_be(episode: EpisodeView, plan: Plan, world: StoredWorld) -> EpisodeView:
    """The episode with a plan that is not stored. Attempts of earlier beats with the same ids are those of its beats."""
    tried = {view.beat.beat_id: view.attempts for view in episode.beats}
    beats = (
        BeatView(
            beat=b,
            revision=0,
            state=BeatState.PENDING,
            progress=0.0,
            backend=b.backend,
            attempts=tried.get(b.beat_id, ()),
        )
        for b in plan.beats
    )
    return replace(
        episode,
        num_beats=len(plan.beats),
        world_revision=world.revision,
        logline=plan.logline,
        treatment=plan.treatment,
        beats=tuple(beats),
    )


def _shapes(contradictions: Sequence[Contradiction]) -> list[ContradictionShape]:
    return [ContradictionShape(**asdict(one)) for one in contradictions]
