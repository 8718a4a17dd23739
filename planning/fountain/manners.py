"""Manners: how a line is spoken and to whom, out of the brackets below a name; and the words of a beat that shows nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from planning.names import exact
from planning.offline.words import word_set

_UNPLAYED: Final = (
    *("beat", "pause", "silence", "moment", "then", "more", "v o", "vo", "o s", "os", "o c", "oc", "off screen", "off camera"),
    *("voice over", "cont d", "contd", "cont", "continued", "continuing", "continues"),
)
"""Remarks for whoever reads it; a place of the sound, or a rest between two sentences, is nothing that anybody does."""
_LENGTHS: Final = word_set("a an another the long short brief slight small quick")


LISTENS: Final = "listens"
"""What somebody does who is spoken to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    how: str = ""
    """ "whispering"."""
    to: str = ""
    """ "Tom", "the dog and Mika"."""


def manner_of(remark: str) -> Manner:
    """What is played of it: "beat, to Tom, whispering"."""
    parts = [part.strip(" .") for part in re.split(r"[,;]", remark)]
    played = [part for part in parts if part and _without_length(part) not in _UNPLAYED]
    return Manner(
        how=", ".join(part for part in played if not _is_address(part)),
        to=" and ".join(as_name(part[3:]) for part in played if _is_address(part)),
    )


def as_name(text: str) -> str:
    """As it stands in a sentence: "MIKA" is Mika."""
    return text.title() if text.isupper() else text


def _without_length(part: str) -> str:
    return " ".join(word for word in exact(part).split() if word not in _LENGTHS)


def _is_address(part: str) -> bool:
    return part[:3].casefold() == "to "


def spoken(name: str, manner: Manner) -> str:
    """What a beat shows in which somebody just speaks."""
    to = f" to {manner.to}" if manner.to else ""
    how = f", {manner.how}" if manner.how else ""
    return f"{name} speaks{to}{how}."


def manner_in(text: str, name: str) -> Manner | None:
    """The other way round; None where the text shows something else."""
    found = re.fullmatch(rf"{re.escape(name)} speaks(?: to (?P<to>[^,]+))?(?:, (?P<how>.+))?\.", text)
    return Manner(how=found["how"] or "", to=found["to"] or "") if found else None


def remark(manner: Manner) -> str:
    """As it stands in brackets."""
    return ", ".join(part for part in (manner.to and f"to {manner.to}", manner.how) if part)
