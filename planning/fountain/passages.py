"""Passages: what one beat of a screenplay shows, and who says what in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from episodes.plan import MAX_WORDS
from planning.fountain.reading import wrong
from planning.fountain.screenplay import Action, Scene, Screenplay, Speech

MAX_PASSAGES: Final = 300
"""Some half an hour of film."""
MAX_LINE: Final = 300
"""Characters that one beat can say."""
MAX_CAPTION: Final = 200
MAX_TEXT: Final = 1000

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    scene: Scene
    text: str = ""
    """What is seen; empty: somebody just speaks, or it is only the place."""
    speech: Speech | None = None
    is_first: bool = False
    """In its scene."""


def passages_of(screenplay: Screenplay) -> tuple[Passage, ...]:
    """In story order; a scene in which nothing happens shows its place. Raises BadInput, which names the line."""
    found: list[Passage] = []
    for scene in screenplay.scenes:
        of_scene = list(_passages(scene)) or [Passage(scene=scene)]
        found += [replace(of_scene[0], is_first=True), *of_scene[1:]]
        if len(found) > MAX_PASSAGES:
            raise wrong(
                scene.line, f"Up to here it makes {len(found)} beats.", f"One episode has at most {MAX_PASSAGES}: part it."
            )
    return tuple(found)


def _passages(scene: Scene) -> Iterator[Passage]:
    waiting = ""
    """Action whose speech may follow."""
    for part in scene.parts:
        match part:
            case Action():
                if waiting:
                    yield Passage(scene=scene, text=waiting)
                *whole, waiting = pieces(part.text, max_chars=MAX_TEXT, max_words=MAX_WORDS)
                yield from (Passage(scene=scene, text=text) for text in whole)
            case Speech():
                for said in pieces(part.text, max_chars=MAX_CAPTION if is_narration(part) else MAX_LINE):
                    yield Passage(scene=scene, text=waiting, speech=replace(part, text=said))
                    waiting = ""
    if waiting:
        yield Passage(scene=scene, text=waiting)


def is_narration(speech: Speech) -> bool:
    """Told over the picture, by somebody who is not in it."""
    return speech.extension.replace(".", "").replace(" ", "").upper() == "VO"


def pieces(text: str, *, max_chars: int, max_words: int = 10_000) -> list[str]:
    """The text in runs of whole sentences that fit; a sentence that is too long is parted between words. At least one."""
    found: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        for part in _fitting(sentence, max_chars, max_words):
            longer = f"{found[-1]} {part}" if found else part
            if found and len(longer) <= max_chars and len(longer.split()) <= max_words:
                found[-1] = longer
            else:
                found.append(part)
    return found


def _fitting(sentence: str, max_chars: int, max_words: int) -> Iterator[str]:
    run: list[str] = []
    size = 0
    for word in (piece[at : at + max_chars] for piece in sentence.split() for at in range(0, len(piece), max_chars)):
        if run and (size + len(word) > max_chars or len(run) == max_words):
            yield " ".join(run)
            run, size = [], 0
        run.append(word)
        size += len(word) + 1
    if run:
        yield " ".join(run)
