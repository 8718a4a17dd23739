"""Limits: what is said fits into its beat, and the camera can do what it is told."""

from __future__ import annotations

from collections.abc import Iterator

from episodes.contradictions import Code, Contradiction
from episodes.plan import Beat
from episodes.speech import COMFORTABLE_WORDS_PER_MIN, FASTEST_WORDS_PER_MIN, spoken_s
from planning.continuity.noting import error, warning
from planning.continuity.script import Script


def check_words(beat: Beat) -> Iterator[Contradiction]:
    if beat.dialogue is None or spoken_s(beat.dialogue.text) <= beat.duration_s:
        return
    text = beat.dialogue.text
    wanted_s = spoken_s(text)
    mend = f"Give {beat.beat_id} {wanted_s:.1f} s, or say less."
    if spoken_s(text, FASTEST_WORDS_PER_MIN) > beat.duration_s:
        yield error(
            Code.TOO_MANY_WORDS,
            beat,
            None,
            f"What is said in {beat.beat_id} takes {spoken_s(text, FASTEST_WORDS_PER_MIN):.1f} s at {FASTEST_WORDS_PER_MIN} words a "
            f"minute, beyond which nobody follows, and the beat lasts {beat.duration_s:g} s.",
            mend,
        )
    else:
        yield warning(
            Code.TOO_MANY_WORDS,
            beat,
            None,
            f"What is said in {beat.beat_id} takes {wanted_s:.1f} s in lively talk ({COMFORTABLE_WORDS_PER_MIN} words a minute), "
            f"and the beat lasts {beat.duration_s:g} s: it has to be hurried.",
            mend,
        )


def check_camera(beat: Beat, script: Script) -> Iterator[Contradiction]:
    moves = script.moves.get(beat.backend)
    if moves is None or beat.camera_move in moves:
        return
    others = sorted(kind for kind, can in script.moves.items() if can is None or beat.camera_move in can)
    elsewhere = f", or another backend: {', '.join(others)}" if others else ""
    yield error(
        Code.CAMERA_MOVE,
        beat,
        None,
        f'{beat.beat_id} asks for the camera move "{beat.camera_move}", which {beat.backend} cannot make.',
        f"Choose one of: {', '.join(sorted(moves)) or 'none'}{elsewhere}.",
    )
