"""Writing: screenplay → Fountain text that reads as the same screenplay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from planning.fountain.screenplay import Action, Scene, Screenplay, Speech

_LOUD: Final = re.compile(r"[A-Z][A-Z0-9 .'-]*")
_SPECIAL: Final = re.compile(r"[\\*_\[#~]")


def write_screenplay(screenplay: Screenplay) -> str:
    paragraphs = [
        f"Title: {_escaped(screenplay.title)}" if screenplay.title else ""
    ]  # a first line with a colon would be a title page
    for scene in screenplay.scenes:
        paragraphs += _scene(scene)
    return "\n\n".join(paragraphs) + "\n"


def _scene(scene: Scene) -> Iterator[str]:
    if scene.transition:
        yield f"> {_escaped(scene.transition)}"
    if scene.place:
        yield _heading(scene)
    for part in scene.parts:
        match part:
            case Action():
                yield f"{_mark(part.text)}{_escaped(part.text)}"
            case Speech():
                yield _speech(part)


def _heading(scene: Scene) -> str:
    place = _escaped(scene.place).replace(" - ", " \\- ")
    where = f"{scene.setting} {place}" if scene.setting else f".{place}"
    return f"{where} - {_escaped(scene.time)}" if scene.time else where


def _mark(text: str) -> str:
    """Where an action's text would read as something else."""
    is_plain = text[0].isalpha() and any(c.islower() for c in text) and not _looks_like_heading(text)
    return "" if is_plain else "!"


def _looks_like_heading(text: str) -> bool:
    return text[:3].upper() in ("INT", "EXT", "EST", "I/E")


def _speech(speech: Speech) -> str:
    name = _escaped(_unbracketed(speech.character).rstrip(" ^"))
    cue = name if _LOUD.fullmatch(name) and not _looks_like_heading(name) else f"@{name}"
    lines = [f"{cue} ({_escaped(_unbracketed(speech.extension))})" if speech.extension else cue]
    if speech.manner:
        lines.append(f"({_escaped(_unbracketed(speech.manner))})")
    said = _escaped(speech.text)
    return "\n".join((*lines, f"\\{said}" if said.startswith("(") else said))


def _unbracketed(text: str) -> str:
    return text.translate({ord("("): None, ord(")"): None})


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)
