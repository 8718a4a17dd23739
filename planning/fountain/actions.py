"""Actions: what a paragraph of action says about people; the rest of it (strings, engines, montages) is only described."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from planning.names import comparable
from planning.offline.casting import Player
from planning.offline.mentions import kind_of
from planning.offline.story import Moment
from planning.offline.words import PRONOUNS, word_set

_HEADS: Final = (
    r"(?:THE\s+)?(?:MONTAGE|SERIES OF SHOTS|INTERCUT(?:TING)?(?:\s+WITH)?|(?:END\s+(?:OF\s+)?)?FLASHBACK|DREAM SEQUENCE|CLOSE(?:\s+UP)?(?:\s+ON)?"
    r"|ANGLE ON|WIDE ON|ON|PAN TO|POV|REVEAL|BACK TO(?:\s+SCENE)?|(?:MOMENTS|HOURS|DAYS|MUCH)?\s*LATER|CONTINUOUS|END (?:OF\s+)?MONTAGE)"
)
_HEAD: Final = re.compile(rf"{_HEADS}\b\s*(?:[-–—:.]+\s*|$)")
_SHOWN_AS_TEXT: Final = re.compile(r"(?:SUPER(?:IMPOSE)?|TITLE(?:\s+CARD)?|CHYRON|CAPTION|INSERT)\b.*", re.DOTALL)
_REMARK: Final = re.compile(r"\s*\([^()]*\)")
_LOUD: Final = re.compile(r"\b[^\W\d_]{2,}\b")
_ONLY_BEINGS: Final = word_set("talk meet love dance celebrate sleep cry eat cook build search chase flee rescue")
"""Families of deeds that nobody tells of a thing: whoever does them is somebody, even one that no list of beings knows."""


def sentence_of(action: str) -> str:
    """The action as a sentence: "MONTAGE - ANNA TRAINS" → "Anna trains"; empty where only words are shown."""
    text = _HEAD.sub("", action, count=1) if _HEAD.match(action) else action
    text = _REMARK.sub("", "" if _SHOWN_AS_TEXT.fullmatch(text) else text).strip()
    if text.isupper():
        return text[:1] + text[1:].lower()
    return _LOUD.sub(lambda word: word[0].title() if word[0].isupper() else word[0], text)


def people_in(told: Moment, text: str, known: Collection[str]) -> tuple[tuple[Player, ...], tuple[Player, ...]]:
    """Who acts, and to whom it is done. `known`: ids of characters. Whom the offline planner makes up has no part in a screenplay."""
    are_beings = told.family.name in _ONLY_BEINGS
    actors = told.actors if told.scene.clause.subjects and _names_somebody(told, text) else ()
    return (
        tuple(one for one in actors if are_beings or _is_somebody(one, known)),
        tuple(one for one in told.targets if _is_somebody(one, known)),
    )


def is_unnamed(player: Player) -> bool:
    """ "He", "they": somebody of before."""
    return player.character.name.casefold() in PRONOUNS


def _is_somebody(player: Player, known: Collection[str]) -> bool:
    character = player.character
    is_named = not character.description  # of whom the planner makes up it describes those without a name
    return character.character_id in known or is_named or is_unnamed(player) or bool(kind_of(character))


def _names_somebody(told: Moment, text: str) -> bool:
    said = comparable(text)
    return any(
        comparable(one.core).split()[-1:] and comparable(one.core).split()[-1] in said for one in told.scene.clause.subjects
    )
