"""Joins: within a scene, and where no cut lies between two beats, hour, place, weather and clothes stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from episodes.contradictions import Code, Contradiction
from episodes.effects import Happening
from episodes.plan import Beat, TimeOfDay
from planning.continuity.noting import error, warning
from planning.continuity.script import Script
from planning.continuity.state import StoryState, Worn

_NEXT: Final = {
    TimeOfDay.DAWN: TimeOfDay.DAY,
    TimeOfDay.DAY: TimeOfDay.DUSK,
    TimeOfDay.DUSK: TimeOfDay.NIGHT,
    TimeOfDay.NIGHT: TimeOfDay.DAWN,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LastFrame:
    """How a beat ended that another one starts from."""

    beat: Beat
    worn: Mapping[str, Worn]
    weather: str
    time_passes: bool


@dataclass(kw_only=True, slots=True)
class Joins:
    """Remembers the last frames that are still needed; one for each look at a plan."""

    script: Script
    frames: dict[str, LastFrame] = field(default_factory=dict)
    _needed: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._needed = {beat.starts_from for beat in self.script.plan.beats if beat.starts_from is not None}

    def check(self, beat: Beat, state: StoryState) -> Iterator[Contradiction]:
        """Before the beat."""
        frame = self.frames.get(beat.starts_from) if beat.starts_from is not None else None
        before = state.latest.get(self.script.key(beat)) if beat.scene_id is not None else None
        if frame is not None:
            yield from self._without_a_cut(frame, beat, state)
        if before is not None and (frame is None or frame.beat is not before):
            is_open = self.script.key(beat) in state.hour_is_open or _time_passes(beat)
            yield from _in_one_scene(before, beat, f"scene {beat.scene_id}", is_open=is_open)
        elif before is None and (scene := self.script.scene_of(beat)) is not None and scene.time_of_day is not beat.time_of_day:
            yield warning(
                Code.TIME_JUMPS,
                beat,
                None,
                f"{beat.beat_id} opens scene {scene.scene_id} at {beat.time_of_day}, and the scene plays at {scene.time_of_day}.",
                "Change `time_of_day` of one of them.",
            )

    def remember(self, beat: Beat, state: StoryState) -> None:
        """After the beat."""
        if beat.beat_id not in self._needed:
            return
        scene = self.script.scene_of(beat)
        self.frames[beat.beat_id] = LastFrame(
            beat=beat,
            worn=dict(state.clothes(self.script.key(beat))),
            weather=scene.weather if scene is not None else "",
            time_passes=_time_passes(beat),
        )

    def _without_a_cut(self, frame: LastFrame, beat: Beat, state: StoryState) -> Iterator[Contradiction]:
        yield from _in_one_scene(frame.beat, beat, "one take", is_open=frame.time_passes or _time_passes(beat))
        scene = self.script.scene_of(beat)
        weather = scene.weather if scene is not None else ""
        if frame.weather and weather and _plain(frame.weather) != _plain(weather):
            yield error(
                Code.WEATHER_JUMPS,
                beat,
                frame.beat,
                f"{beat.beat_id} starts from the last frame of {frame.beat.beat_id}: {frame.weather} there, {weather} here.",
                "Give both scenes one weather, or let `starts_from` be null.",
            )
        worn = state.clothes(self.script.key(beat))
        for who in _in_both(frame.beat, beat):
            if who in worn and who in frame.worn and _plain(worn[who].clothes) != _plain(frame.worn[who].clothes):
                yield _changed(self.script.name(who), frame.worn[who], worn[who], frame.beat, beat)


def _in_one_scene(before: Beat, beat: Beat, what: str, *, is_open: bool) -> Iterator[Contradiction]:
    """Place, hour and looks of two beats that belong together."""
    if before.time_of_day is not beat.time_of_day and not is_open:
        noted = warning if _NEXT[before.time_of_day] is beat.time_of_day else error
        yield noted(
            Code.TIME_JUMPS,
            beat,
            before,
            f"{before.beat_id} plays at {before.time_of_day} and {beat.beat_id} at {beat.time_of_day}, in {what}.",
            f"Give {before.beat_id} the effect `time passes`, open another scene, or change `time_of_day` of one of them.",
        )
    if before.place.place_id != beat.place.place_id:
        yield error(
            Code.PLACE_JUMPS,
            beat,
            before,
            f"{before.beat_id} plays at {before.place.name} and {beat.beat_id} at {beat.place.name}, in {what}.",
            "Open another scene where the place changes, and let no beat start from a frame of another place.",
        )
    looks = {m.character.character_id: m.character.description for m in before.cast}
    for member in beat.cast:
        who = member.character
        if looks.get(who.character_id, who.description) != who.description:
            yield error(
                Code.CLOTHES_JUMP,
                beat,
                before,
                f"{who.name} is described otherwise in {beat.beat_id} than in {before.beat_id}, in {what}.",
                "Plan both beats anew from one revision of the world.",
            )


def _changed(name: str, then: Worn, now: Worn, before: Beat, beat: Beat) -> Contradiction:
    change = now.beat_id if now.beat_id is not None and now.beat_id != beat.beat_id else None
    new = f'put on "{now.clothes}" in {change}' if change is not None else f'wears "{now.clothes}" in {beat.beat_id}'
    return error(
        Code.CLOTHES_JUMP,
        beat,
        change or before,
        f'{name} wears "{then.clothes}" in {before.beat_id} and {new}, and {beat.beat_id} starts from the last frame of {before.beat_id}.',
        "Let `starts_from` be null, so that there is a cut, or let it start from a beat with the new clothes.",
    )


def _in_both(before: Beat, beat: Beat) -> list[str]:
    there = {m.character.character_id for m in before.cast}
    return [who for m in beat.cast if (who := m.character.character_id) in there]


def _time_passes(beat: Beat) -> bool:
    return any(effect.happens is Happening.TIME_PASSES for effect in beat.effects)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
