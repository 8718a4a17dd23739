"""What clients may change of a planned beat, and the beat that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from episodes.effects import MAX_EFFECTS, Effect
from episodes.errors import BadInput
from episodes.nouns import Name, Noun, Prose
from episodes.plan import Beat, CameraMove, Line, ShotSize, TimeOfDay, Transition
from episodes.shots import Angle, KeyframeDensity

MAX_PROMPT = 2000  # characters, as Prose has it; what matters least stands last


def _as_it_was() -> Any:  # noqa: ANN401  # it stands in for a value of any field
    """The default of every field, never read: only what was sent is changed."""
    return None


class BeatChange(Noun):
    """Only what is sent is changed. Values equal to the present ones change nothing and render nothing."""

    description: Annotated[Prose, Field(min_length=1)] = Field(default_factory=_as_it_was)
    """What happens. Sent without `prompt`: takes the old description's place in the prompt, or is put in front of it
    where the prompt does not have it word for word; what then no longer fits into 2000 characters is cut off at the end."""
    prompt: Prose = Field(default_factory=_as_it_was)
    """What models read. Its words on shot, camera and light are the planner's: send it anew when you change those."""
    negative_prompt: Prose = Field(default_factory=_as_it_was)
    duration_s: float = Field(default_factory=_as_it_was, ge=0.5, le=30)
    seed: int = Field(default_factory=_as_it_was, ge=0, lt=2**63)
    """Another seed, another take."""
    shot_size: ShotSize = Field(default_factory=_as_it_was)
    angle: Angle = Field(default_factory=_as_it_was)
    camera_move: CameraMove = Field(default_factory=_as_it_was)
    time_of_day: TimeOfDay = Field(default_factory=_as_it_was)
    transition: Transition = Field(default_factory=_as_it_was)
    keyframe_density: KeyframeDensity = Field(default_factory=_as_it_was)
    references: tuple[str, ...] = Field(default_factory=_as_it_was, max_length=32)
    """Keys of reference pictures of its cast and its place, from which alone it is rendered; none: from whichever its backend chooses."""
    dialogue: Line | None = Field(default_factory=_as_it_was)
    """By a character of the beat; null: nobody speaks."""
    caption: Annotated[Prose, Field(max_length=200)] = Field(default_factory=_as_it_was)
    effects: tuple[Effect, ...] = Field(default_factory=_as_it_was, max_length=MAX_EFFECTS)
    """What is otherwise after it, for `GET /episodes/{id}/continuity`; in place of all that it had."""
    backend: Name = Field(default_factory=_as_it_was)
    """The kind of renderer that makes its frames: its new first choice, before the episode's fallbacks."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


def changed_beat(beat: Beat, change: BeatChange) -> Beat:
    """The beat with the change in it. Raises BadInput for a speaker who does not play in it, and for a picture of somebody else."""
    sent = {name: getattr(change, name) for name in change.model_fields_set}
    if change.dialogue is not None:
        _check_speaker(beat, change.dialogue)
    if "references" in sent:
        _check_references(beat, change.references)
    if "description" in sent and "prompt" not in sent:
        sent["prompt"] = _retold(beat, change.description)
    return Beat.model_validate({**dict(beat), **sent})


def _check_speaker(beat: Beat, line: Line) -> None:
    known = [member.character.character_id for member in beat.cast]
    if line.character_id not in known:
        raise BadInput(
            f"Nobody of that id plays in {beat.beat_id}. Known are: {', '.join(known) or 'none'}.",
            "Let one of them speak, or tell it in `caption`.",
            "dialogue.character_id",
        )


def _check_references(beat: Beat, references: Sequence[str]) -> None:
    known = {picture.key for picture in beat.pictures()}
    if not known.issuperset(references):
        raise BadInput(
            f"Not all of these are pictures of {beat.beat_id}'s cast and place, which have {len(known)}.",
            "GET /worlds/{id} shows the pictures of everybody and every place with their keys.",
            "references",
        )


def _retold(beat: Beat, description: str) -> str:
    if description == beat.description:
        return beat.prompt
    if beat.description and beat.description in beat.prompt:
        return beat.prompt.replace(beat.description, description)[:MAX_PROMPT]
    return f"{description} {beat.prompt}"[:MAX_PROMPT]
