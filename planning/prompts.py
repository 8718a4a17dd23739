"""Prompts: what image and video models are told, composed from the plan and the world's fixed descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from episodes.effects import Happening
from episodes.plan import Beat, CameraMove, CastMember, Scene, ShotSize, TimeOfDay
from episodes.shots import Angle, Position
from episodes.world import Prop

MAX_CHARS: Final = 2000
"""What the Prose type holds."""

_SHOTS: Final = {
    ShotSize.EXTREME_WIDE: "extreme wide shot",
    ShotSize.WIDE: "wide shot",
    ShotSize.FULL: "full shot",
    ShotSize.MEDIUM: "medium shot",
    ShotSize.CLOSE_UP: "close-up",
}
_LIGHTS: Final = {
    TimeOfDay.DAWN: "at dawn, soft early light",
    TimeOfDay.DAY: "by day, clear light",
    TimeOfDay.DUSK: "at dusk, warm low light",
    TimeOfDay.NIGHT: "at night, moonlight and dark blue shadows",
}
_CAMERAS: Final = {
    CameraMove.STATIC: "static camera",
    CameraMove.PAN_LEFT: "camera pans left",
    CameraMove.PAN_RIGHT: "camera pans right",
    CameraMove.TILT_UP: "camera tilts up",
    CameraMove.TILT_DOWN: "camera tilts down",
    CameraMove.PUSH_IN: "camera pushes in slowly",
    CameraMove.PULL_OUT: "camera pulls out slowly",
    CameraMove.HANDHELD: "handheld camera",
}
_ANGLES: Final = {
    Angle.EYE_LEVEL: "",
    Angle.LOW: "low angle from below",
    Angle.HIGH: "high angle from above",
    Angle.OVERHEAD: "seen from straight overhead",
    Angle.DUTCH: "dutch angle, tilted horizon",
}
_POSITIONS: Final = {
    Position.LEFT: "on the left",
    Position.CENTRE: "in the middle",
    Position.RIGHT: "on the right",
}
NEGATIVE: Final = "blurry, low quality, deformed hands, extra limbs, duplicate character, text, watermark, logo"


def with_prompts(beat: Beat, scene: Scene, props: Sequence[Prop], negative: str) -> Beat:
    """The beat with what models are told of it. `props`: those that play in it; `negative`: what the world never shows."""
    told = {"prompt": prompt_for(beat, scene, props), "negative_prompt": _fitting([NEGATIVE, negative], separator=", ")}
    return Beat.model_validate({**dict(beat), **told})


def prompt_for(beat: Beat, scene: Scene, props: Sequence[Prop]) -> str:
    """The shot and what happens first (short text encoders cut off the end), then every character's and the place's
    description word for word, light, camera, style, and how it begins, moves, ends and sounds.

    What is said of a character, a place or a prop itself is the same in every beat, byte for byte, or is not there:
    what no longer fits into MAX_CHARS is left out from the end.
    """
    return _fitting(
        [
            f"{_shot(beat)}: {beat.description}",
            *(_person(member, scene.clothes_of(member.character.character_id)) for member in beat.cast),
            described(beat.place.name, beat.place.description),
            *(described(prop.name, prop.description) for prop in props if prop.description),
            ", ".join(part for part in (_LIGHTS[beat.time_of_day], scene.weather) if part),
            _CAMERAS[beat.camera_move],
            beat.style,
            _told("Begins", beat.first_frame),
            _told("Movement", beat.movement),
            _told("Ends", beat.last_frame),
            _told("Sound", beat.sound),
        ]
    )


def as_dressed(scene: Scene, before: Sequence[Beat]) -> Scene:
    """The scene for the beat that comes after these: whoever has changed clothes in it wears the new ones."""
    changes = (effect for beat in before if beat.scene_id == scene.scene_id for effect in beat.effects)
    new = {effect.character_id: effect.detail for effect in changes if effect.happens is Happening.CHANGES_CLOTHES}
    wardrobe = (one.model_copy(update={"clothes": new.get(one.character_id, one.clothes)}) for one in scene.wardrobe)
    return scene.model_copy(update={"wardrobe": tuple(wardrobe)})


def described(name: str, description: str) -> str:
    """What is always said of somebody or something: "Mika: girl of ten with a red coat"."""
    return f"{name}: {description}" if description else name


def style_of(world_style: str, asked: str) -> str:
    """The world's look and what was asked for on top of it."""
    return _fitting([world_style, asked], separator=", ")


def clipped(text: str, max_chars: int) -> str:
    """At most so long, cut between words."""
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[max_chars // 2 :] else cut
    return at_word.rstrip(" ,;:") + "…"


def first_words(text: str, max_words: int) -> str:
    """At most so many words, as they stand."""
    words = text.split()
    return text if len(words) <= max_words else f"{' '.join(words[:max_words]).rstrip(' ,;:.')}…"


def _shot(beat: Beat) -> str:
    return ", ".join(part for part in (_SHOTS[beat.shot_size], _ANGLES[beat.angle]) if part)


def _person(member: CastMember, clothes: str) -> str:
    character = member.character
    # what the description says need not be told again
    new = [one for one in clothes.split(", ") if one not in character.description]
    worn = f"wearing {', '.join(new)}" if new else ""
    stands = _POSITIONS[member.position] if member.position is not None else ""
    parts = (described(character.name, character.description), worn, member.action, member.emotion, stands)
    return ", ".join(part for part in parts if part)


def _told(what: str, text: str) -> str:
    return f"{what}: {text}" if text else ""


def _fitting(parts: Sequence[str], separator: str = ". ") -> str:
    text = ""
    for part in parts:
        stripped = part.strip().rstrip(".")
        if not stripped:
            continue
        longer = f"{text}{separator}{stripped}" if text else stripped
        if len(longer) > MAX_CHARS:
            return text or clipped(stripped, MAX_CHARS)
        text = longer
    return text
