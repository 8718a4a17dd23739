"""Reading: Fountain text → screenplay. Notes, comments, sections, synopses, page breaks and scene numbers are left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from episodes.errors import BadInput
from planning.fountain.screenplay import Action, Scene, Screenplay, Speech

MAX_CHARS: Final = 60_000
"""Some forty pages; a film of half an hour."""
MAX_PARAGRAPH: Final = 2000
"""Characters; what a description holds."""
MAX_NAME: Final = 80

_HEADING = re.compile(r"(?P<setting>INT\.?/EXT|EXT\.?/INT|I/E|INT|EXT|EST)(?:\.\s*|\s+)(?P<rest>.*)", re.IGNORECASE)
_SETTINGS: Final = {"INT": "INT.", "EXT": "EXT.", "EST": "EST."}
_NUMBER = re.compile(r"\s*#[A-Za-z0-9.\-)]+#$")
_TITLE_LINE = re.compile(r"[A-Za-z][A-Za-z ]{0,40}:")
_CUE = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<extension>[^()]*)\))?\s*\^?")
_OPENING = re.compile(r"\\.|/\*|\[\[", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)|\*+|(?<!\w)_|_(?!\w)")


def read_screenplay(text: str) -> Screenplay:
    """Raises BadInput, which names the line."""
    if len(text) > MAX_CHARS:
        raise BadInput(f"The screenplay has {len(text)} characters.", f"At most {MAX_CHARS} are read.", "screenplay")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    for number, line in enumerate(text.split("\n"), 1):
        _check_characters(line, number)
    lines = [" ".join(line.split()) for line in _without_remarks(text).split("\n")]
    title, first = _title_page(lines)
    scenes = _Reader(lines, first).scenes()
    if not any(scene.place for scene in scenes):
        raise wrong(1, "There is no scene in it.", "Begin scenes with a heading like INT. KITCHEN - NIGHT.")
    return Screenplay(scenes=tuple(scenes), title=title)


def wrong(line: int, message: str, hint: str) -> BadInput:
    return BadInput(f"Line {line}: {message}", hint, "screenplay")


def _without_remarks(text: str) -> str:
    """Without comments and notes; line ends stay, so that lines keep their numbers."""
    kept: list[str] = []
    at = 0
    for opened in _OPENING.finditer(text):
        if opened[0].startswith("\\") or opened.start() < at:
            continue
        closing = "*/" if opened[0] == "/*" else "]]"
        end = text.find(closing, opened.end())
        if end < 0:
            line = text.count("\n", 0, opened.start()) + 1
            raise wrong(line, "What begins here never ends.", f"Close it with {closing}, or put a backslash before it.")
        kept += (text[at : opened.start()], "\n" * text.count("\n", opened.start(), end))
        at = end + 2
    return "".join((*kept, text[at:]))


def _check_characters(line: str, number: int) -> None:
    for character in line:
        if unicodedata.category(character) in ("Cc", "Cs"):
            raise wrong(number, f"It contains the control character U+{ord(character):04X}.", "Take it out.")


def _title_page(lines: list[str]) -> tuple[str, int]:
    """The title, and the place of the first line after the title page, if there is one."""
    if not _TITLE_LINE.match(lines[0]) or lines[0].rstrip().upper().endswith("TO:") or lines[0].upper().startswith("FADE "):
        return "", 0
    end = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    title: list[str] = []
    is_title = False
    for line in lines[:end]:
        if _TITLE_LINE.match(line):
            is_title = line.partition(":")[0].strip().casefold() == "title"
            line = line.partition(":")[2]
        title += [line.strip()] if is_title else []
    return _plain(" ".join(part for part in title if part))[:MAX_NAME], end


class _Reader:
    """Goes through the lines once."""

    def __init__(self, lines: list[str], first: int) -> None:
        self._lines = lines
        self._at = first

    def scenes(self) -> list[Scene]:
        found: list[Scene] = []
        scene, parts = Scene(line=1), list[Action | Speech]()
        transition = ""
        for one in self._elements():
            match one:
                case Scene():
                    if scene.place or parts:
                        found.append(replace(scene, parts=tuple(parts)))
                    scene, parts, transition = replace(one, transition=transition), [], ""
                case str():
                    transition = one
                case Action(text=""):
                    continue
                case _:
                    parts.append(one)
        return [*found, replace(scene, parts=tuple(parts))] if scene.place or parts else found

    def _elements(self) -> Iterator[Scene | Action | Speech | str]:
        """A string is a transition."""
        while self._at < len(self._lines):
            number, line = self._at + 1, self._lines[self._at]
            if not line or line.startswith(("#", "=")):
                self._at += 1
            elif heading := _heading(line, number):
                self._at += 1
                yield heading
            elif self._is_alone() and (transition := _transition(line)):
                self._at += 1
                yield transition
            elif self._is_cue(line):
                yield self._speech()
            else:
                yield self._action()

    def _is_alone(self) -> bool:
        return self._is_blank(self._at - 1) and self._is_blank(self._at + 1)

    def _is_blank(self, place: int) -> bool:
        return not 0 <= place < len(self._lines) or not self._lines[place]

    def _is_cue(self, line: str) -> bool:
        if line.startswith("@"):
            return True
        name = line.partition("(")[0]
        is_loud = name.upper() == name and any(c.isalpha() for c in name) and not line.startswith(("!", ">", "~"))
        return is_loud and self._is_blank(self._at - 1) and not self._is_blank(self._at + 1) and _cue(line) is not None

    def _speech(self) -> Speech:
        number, line = self._at + 1, self._lines[self._at].removeprefix("@").strip()
        cue = _cue(line)
        name = _plain(cue["name"]) if cue else ""
        if not name or len(name) > MAX_NAME:
            raise wrong(number, "This is no character's name.", f"Write one of at most {MAX_NAME} characters, like @McAvoy.")
        self._at += 1
        said = self._paragraph()
        manner = [_plain(line[1:-1]) for line in said if line.startswith("(") and line.endswith(")")]
        words = [line.removeprefix("~") for line in said if not (line.startswith("(") and line.endswith(")"))]
        text = self._prose(words, number)
        if not text:
            raise wrong(number, "The character says nothing.", "Write what it says into the line below its name.")
        extension = _plain((cue["extension"] or "") if cue else "")
        return Speech(character=name, text=text, extension=extension, manner=", ".join(filter(None, manner)), line=number)

    def _action(self) -> Action:
        number = self._at + 1
        return Action(text=self._prose([_told(line) for line in self._paragraph()], number), line=number)

    def _paragraph(self) -> list[str]:
        """The lines up to the next blank one."""
        start = self._at
        while not self._is_blank(self._at):
            self._at += 1
        return self._lines[start : self._at]

    def _prose(self, lines: list[str], number: int) -> str:
        text = _plain(" ".join(lines))
        if len(text) > MAX_PARAGRAPH:
            raise wrong(number, f"The paragraph has {len(text)} characters.", f"Part it: at most {MAX_PARAGRAPH} are read.")
        return text


def _heading(line: str, number: int) -> Scene | None:
    is_forced = line.startswith(".") and not line.startswith("..")
    text = _NUMBER.sub("", line.removeprefix(".") if is_forced else line).strip()
    found = _HEADING.fullmatch(text)
    if not found and not is_forced:
        return None
    setting = _SETTINGS.get(found["setting"].upper().rstrip("."), "INT./EXT.") if found else ""
    place, dash, time = f" {found['rest'] if found else text}".rpartition(" - ")
    if not dash:
        place, time = time, ""
    place = _plain(place.strip(" -"))
    if not place or len(place) > MAX_NAME:
        raise wrong(number, "The heading names no place.", f"Write one of at most {MAX_NAME} characters: INT. KITCHEN - NIGHT.")
    return Scene(setting=setting, place=place, time=_plain(time)[:MAX_NAME], line=number)


def _cue(line: str) -> re.Match[str] | None:
    return _CUE.fullmatch(line) if len(line) <= 2 * MAX_NAME else None


def _transition(line: str) -> str:
    """Empty: it is none."""
    if line.startswith(">") and not line.endswith("<"):
        return _plain(line.removeprefix(">"))
    is_loud = line.upper() == line and not line.startswith("!")
    return line if is_loud and (line.endswith(" TO:") or line in ("FADE IN:", "FADE IN.", "FADE OUT.", "FADE OUT:")) else ""


def _told(line: str) -> str:
    if line.startswith(">") and line.endswith("<") and len(line) > 1:
        return line[1:-1].strip()
    return line[1:] if line.startswith(("!", "~")) else line


def _plain(text: str) -> str:
    """Without emphasis and backslashes, with single spaces."""
    return " ".join(_ESCAPED.sub(lambda found: found[1] or "", text).split())
