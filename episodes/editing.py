"""A plan that is changed beat by beat: which beats show something else then, and what the change comes to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from episodes.errors import BadInput, NotFound
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import BeatView, EpisodeView
from episodes.plan import Beat

_ORDER = {"index", "scene_id", "effects", "depends_on"}
"""What may change of a beat without its showing anything else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanDifference:
    """What a change of a plan does; beat ids in story order."""

    kept: tuple[str, ...] = ()
    """They stay as they are, with their clips, and whoever renders them goes on."""
    cancelled: tuple[str, ...] = ()
    """They were being rendered, and that is stopped."""
    removed: tuple[str, ...] = ()
    to_render: tuple[str, ...] = ()
    """They wait for a clip of what they show now; where such a clip is there already, it is copied."""
    film_to_recut: bool = False
    """There is a film, or one is being cut, that this plan has outgrown."""

    @property
    def is_empty(self) -> bool:
        return not (self.cancelled or self.removed or self.to_render or self.film_to_recut)


def difference(before: EpisodeView, after: EpisodeView, *, retaken: str | None = None) -> PlanDifference:
    """Between an episode just before its plan was changed and just after. `retaken`: the beat that got the clip of another take."""
    there = {view.beat.beat_id: view for view in after.beats}
    had = {view.beat.beat_id: view for view in before.beats}
    to_render = [one for one, view in there.items() if _waits_anew(had.get(one), view)]
    removed = [one for one in had if one not in there]
    gone = {*removed, *to_render}
    is_other_film = bool(gone) or [*had] != [*there] or retaken is not None
    has_film = before.state is EpisodeState.CUTTING or any(a.artifact_type == "film" for a in before.artifacts)
    return PlanDifference(
        kept=tuple(one for one in there if one not in gone and one != retaken),
        cancelled=tuple(one for one, view in had.items() if one in gone and view.state is BeatState.RENDERING),
        removed=tuple(removed),
        to_render=tuple(to_render),
        film_to_recut=has_film and is_other_film,
    )


def _waits_anew(before: BeatView | None, after: BeatView) -> bool:
    if before is None or before.revision != after.revision:
        return True
    return before.state in (BeatState.FAILED, BeatState.CANCELLED) and after.state is BeatState.PENDING


def shown_otherwise(before: Mapping[str, Beat], after: Sequence[Beat], anew: Collection[str] = ()) -> set[str]:
    """The beats of `before` (by id) that show something else now, are wanted `anew`, or start from a beat of which that is true."""
    others: set[str] = set()
    new: set[str] = set()
    for beat in after:
        old = before.get(beat.beat_id)
        if old is None:
            new.add(beat.beat_id)
        elif beat.beat_id in anew or beat.starts_from in others | new or _shown(beat) != _shown(old):
            others.add(beat.beat_id)
    return others


def _shown(beat: Beat) -> dict[str, object]:
    return beat.model_dump(exclude=_ORDER)


# --- changes of a row of beats; each gives the whole row ---


def with_beat(beats: Sequence[Beat], new: Beat, after: str | None) -> tuple[Beat, ...]:
    """Put in behind the beat `after`, None: before all others. Raises NotFound, and BadInput for an id that is taken."""
    if any(beat.beat_id == new.beat_id for beat in beats):
        raise BadInput(f"There is a beat {new.beat_id!r} already.", "Choose another id, or leave it out.", "beat_id")
    place = 0 if after is None else place_of(beats, after) + 1
    return _numbered([*beats[:place], new, *beats[place:]])


def without_beat(beats: Sequence[Beat], beat_id: str) -> tuple[Beat, ...]:
    """Those that waited for it wait for it no more, and those that started from it start by themselves. Raises NotFound."""
    place = place_of(beats, beat_id)
    return _numbered([_apart_from(beat, {beat_id}) for beat in (*beats[:place], *beats[place + 1 :])])


def with_beat_moved(beats: Sequence[Beat], beat_id: str, after: str | None) -> tuple[Beat, ...]:
    """Behind the beat `after`, None: before all others. Whoever stands now before what it waited for waits for it no more.

    Raises NotFound, and BadInput where a beat is moved behind itself.
    """
    place = place_of(beats, beat_id)
    rest = [*beats[:place], *beats[place + 1 :]]
    if after == beat_id:
        raise BadInput("A beat cannot stand behind itself.", "Name another beat, or null for the first place.", "after")
    target = 0 if after is None else place_of(rest, after) + 1
    seen: set[str] = set()
    moved = []
    for beat in (*rest[:target], beats[place], *rest[target:]):
        moved.append(_apart_from(beat, set(beat.depends_on) - seen))
        seen.add(beat.beat_id)
    return _numbered(moved)


def with_beat_changed(beats: Sequence[Beat], new: Beat) -> tuple[Beat, ...]:
    """In its place. Raises NotFound."""
    place = place_of(beats, new.beat_id)
    return (*beats[:place], new, *beats[place + 1 :])


def free_id(beats: Collection[Beat], wanted: int) -> str:
    """`b4`, or the next number that no beat has."""
    taken = {beat.beat_id for beat in beats}
    while f"b{wanted}" in taken:
        wanted += 1
    return f"b{wanted}"


def place_of(beats: Sequence[Beat], beat_id: str) -> int:
    """Raises NotFound."""
    for place, beat in enumerate(beats):
        if beat.beat_id == beat_id:
            return place
    raise NotFound("beat", beat_id)


def _apart_from(beat: Beat, others: Collection[str]) -> Beat:
    if not set(beat.depends_on).intersection(others):
        return beat
    starts_from = None if beat.starts_from in others else beat.starts_from
    left = tuple(one for one in beat.depends_on if one not in others)
    return beat.model_copy(update={"depends_on": left, "starts_from": starts_from})


def _numbered(beats: Sequence[Beat]) -> tuple[Beat, ...]:
    return tuple(beat if beat.index == place else beat.model_copy(update={"index": place}) for place, beat in enumerate(beats))
