"""A vision model of the tests: it tells what it was told to tell, and counts who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planning.extraction.decode import Decoded
from planning.models import ModelAccess
from planning.vision.sight import Seen, Shown, Sight, Unseen

A_MODEL = ModelAccess(provider="openai", model="a-vision-model")


def a_sight(shows: Shown = Shown.PLACE, **fields: Any) -> Sight:
    given = {"description": "a harbour with three cranes"} if shows is Shown.PLACE else {"description": "tall, with grey eyes"}
    return Sight(shows=shows, **{**given, **fields})


class ToldModel:
    """`answers` one after the other, the last one for ever."""

    def __init__(
        self, *answers: Sight | Unseen, access: ModelAccess = A_MODEL, before: Callable[[], None] = lambda: None
    ) -> None:
        self.access = access
        self.asked: list[str] = []
        self._answers = list(answers)
        self._before = before

    def look(self, picture: Decoded) -> Seen | Unseen:
        self.asked.append(picture.sha256)
        self._before()
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return told if isinstance(told, Unseen) else Seen(sight=told, model=self.access.name)
