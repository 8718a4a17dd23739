"""Prompts: what image and video models are told, composed from the plan and the world's fixed descriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from episodes.plan import CameraMove, CastMember, ShotSize, TimeOfDay
from episodes.world import Place, Prop

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
NEGATIVE: Final = "blurry, low quality, deformed hands, extra limbs, duplicate character, text, watermark, logo"


def prompt_for(
    *,
    description: str,
    cast: Sequence[CastMember],
    place: Place,
    time_of_day: TimeOfDay,
    weather: str,
    shot_size: ShotSize,
    camera_move: CameraMove,
    props: Sequence[Prop],
    style: str,
) -> str:
    """The shot and what happens first (short text encoders cut off the end), then every character's and the place's
    description word for word, light, camera, style. What no longer fits into MAX_CHARS is left out from the end."""
    return _fitting(
        [
            f"{_SHOTS[shot_size]}: {description}",
            *(_person(member) for member in cast),
            f"{place.name}: {place.description}" if place.description else place.name,
            *(f"{prop.name}: {prop.description}" for prop in props if prop.description),
            ", ".join(part for part in (_LIGHTS[time_of_day], weather) if part),
            _CAMERAS[camera_move],
            style,
        ]
    )


def negative_prompt_for(world_negative: str) -> str:
    return _fitting([NEGATIVE, world_negative], separator=", ")


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


def _person(member: CastMember) -> str:
    looks = (
        f"{member.character.name}: {member.character.description}" if member.character.description else member.character.name
    )
    return f"{looks}, {member.action}" if member.action else looks


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
