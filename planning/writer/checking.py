"""What is wrong with a draft, beyond its shape, in sentences by which it can be mended. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from episodes.plan import MAX_WORDS, EpisodeRequest, keeps_to_target
from episodes.world import World
from planning.names import comparable
from planning.writer.draft import Draft, DraftBeat, DraftScene, NewCharacter, NewPlace


def mistakes_in(draft: Draft, request: EpisodeRequest, world: World) -> list[str]:
    """In the order in which they are worth mending."""
    return [
        *_length(draft, request),
        *_additions(
            "character", [_known(one) for one in draft.new_characters], [c.character_id for c in world.characters], request
        ),
        *_additions("place", [_known(one) for one in draft.new_places], [p.place_id for p in world.places], request),
        *_unknown(draft, world),
        *(mistake for number, beat in enumerate(draft.beats(), start=1) for mistake in _beat(f"Beat {number}", beat)),
        *(mistake for number, scene in enumerate(draft.scenes, start=1) for mistake in _scene(f"Scene {number}", scene)),
    ]


def _length(draft: Draft, request: EpisodeRequest) -> Iterator[str]:
    beats = draft.beats()
    if len(beats) != request.num_beats:
        yield f"There are {len(beats)} beats; make exactly {request.num_beats}."
    total_s = sum(beat.duration_s for beat in beats)
    if not keeps_to_target([total_s], request.target_s):
        yield f"All beats together last {total_s:g} s; make it {request.target_s:g} s, a tenth more or less at most."


def _known(new: NewCharacter | NewPlace) -> tuple[str, str]:
    return (new.character_id if isinstance(new, NewCharacter) else new.place_id), new.name


def _additions(what: str, new: Sequence[tuple[str, str]], known: Sequence[str], request: EpisodeRequest) -> Iterator[str]:
    """Nobody comes into a world that has somebody but whom the intent names."""
    for new_id in _twice([*known, *(one for one, _ in new)]):
        yield f"The {what}_id {new_id!r} is taken; give the new {what} another, or use the one that is there."
    intent = f" {comparable(request.intent)} "
    for new_id, name in new:
        if known and f" {comparable(name)} " not in intent:
            yield f"The intent names no {name!r}, so the {what} {new_id!r} cannot be added; use one of {_listed(known)}."


def _unknown(draft: Draft, world: World) -> Iterator[str]:
    characters = [*(c.character_id for c in world.characters), *(c.character_id for c in draft.new_characters)]
    places = [*(p.place_id for p in world.places), *(p.place_id for p in draft.new_places)]
    played = (m.character_id for beat in draft.beats() for m in beat.cast)
    dressed = (one.character_id for scene in draft.scenes for one in scene.wardrobe)
    for stranger in dict.fromkeys(one for one in (*played, *dressed) if one not in characters):
        yield f"There is no character {stranger!r}; there are {_listed(characters)}."
    for nowhere in dict.fromkeys(scene.place_id for scene in draft.scenes if scene.place_id not in places):
        yield f"There is no place {nowhere!r}; there are {_listed(places)}."


def _beat(name: str, beat: DraftBeat) -> Iterator[str]:
    num_words = len(beat.description.split())
    if num_words > MAX_WORDS:
        yield f"{name} is described in {num_words} words; use at most {MAX_WORDS}."
    cast = [member.character_id for member in beat.cast]
    for twice in _twice(cast):
        yield f"{name} has {twice!r} twice in its cast."
    if beat.dialogue is not None and beat.dialogue.character_id not in cast:
        yield f"{name}: {beat.dialogue.character_id!r} speaks and is not in the cast."


def _scene(name: str, scene: DraftScene) -> Iterator[str]:
    if scene.beats[0].continues:
        yield f"{name}: its first beat continues nothing; only later beats of a scene can."
    for twice in _twice(one.character_id for one in scene.wardrobe):
        yield f"{name}: {twice!r} stands twice in its wardrobe."


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, number in Counter(names).items() if number > 1]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
