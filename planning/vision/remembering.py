"""RememberingEyes: what was told about a picture once is kept beside the pictures, and never paid for again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from pydantic import ValidationError

from episodes.errors import ArtifactConflict, NotFound, StoryWorldError
from episodes.nouns import Noun
from episodes.ports import ArtifactStore
from planning.extraction.decode import Decoded
from planning.models import ModelAccess
from planning.vision.asking import Refused
from planning.vision.prompts import PROMPT_VERSION
from planning.vision.sight import Seen, Sight, Unseen

NOT_ASKED: Final = Unseen(reason="The vision model was not asked: the upload was cut off. Upload the picture again.")


MAX_LOOKS_AT_ONCE: Final = 8
"""That wait for a model: each holds one of the 40 threads in which the API answers."""
TOO_MANY: Final = Unseen(
    reason=f"{MAX_LOOKS_AT_ONCE} pictures are being looked at at this moment, which is as many as may be. Upload it again."
)


class Asking(Protocol):
    """A model that is asked each time."""

    access: ModelAccess

    def look(self, picture: Decoded) -> Seen | Unseen: ...


def sight_key(sha256: str, access: ModelAccess) -> str:
    """Where it is kept. A server of another address is another model, whatever it is called."""
    asked = f"{access.name}\n{access.base_url or ''}\n{PROMPT_VERSION}"
    return f"sights/{sha256}/{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"


class _Told(Noun):
    """As it is kept: by whom, what was asked, and what came of it."""

    model: str
    prompt_version: int
    sight: Sight | None = None
    refusal: str = ""


class RememberingEyes:
    """Implements Eyes. Keyed by the picture's hash, the model and the prompt's version; a refusal is an answer, a time-out is none.

    In one process the same picture at once is asked about once, and no more than MAX_LOOKS_AT_ONCE wait. Two processes that are asked
    about it in the same minute both pay, and go by what was stored first.
    """

    def __init__(self, model: Asking, artifacts: ArtifactStore) -> None:
        self._model = model
        self._artifacts = artifacts
        self._turns = _Turns()
        self._places = threading.BoundedSemaphore(MAX_LOOKS_AT_ONCE)

    def look(self, picture: Decoded) -> Seen | Unseen:
        key = self._key(picture.sha256)
        kept = self._kept(key)
        if kept is not None:
            return kept
        if not self._places.acquire(blocking=False):
            return TOO_MANY
        try:
            with self._turns.of(key):
                return self._kept(key) or self._asked(key, picture)
        finally:
            self._places.release()

    def recall(self, sha256: str) -> Seen | Unseen:
        return self._kept(self._key(sha256)) or NOT_ASKED

    def _asked(self, key: str, picture: Decoded) -> Seen | Unseen:
        told = self._model.look(picture)
        return self._keep(key, told) if isinstance(told, (Seen, Refused)) else told

    def _key(self, sha256: str) -> str:
        return sight_key(sha256, self._model.access)

    def _kept(self, key: str) -> Seen | Unseen | None:
        try:
            told = _Told.model_validate_json(self._artifacts.get_bytes(key))
        except (NotFound, ValidationError):
            return None
        return Refused(reason=told.refusal) if told.sight is None else Seen(sight=told.sight, model=told.model)

    def _keep(self, key: str, told: Seen | Refused) -> Seen | Unseen:
        """A store that does not take it costs a second question later, and the answer not."""
        noun = _Told(
            model=self._model.access.name,
            prompt_version=PROMPT_VERSION,
            sight=told.sight if isinstance(told, Seen) else None,
            refusal="" if isinstance(told, Seen) else told.reason,
        )
        try:
            self._artifacts.put_bytes(key, noun.model_dump_json().encode(), "application/json")
        except ArtifactConflict:
            return self._kept(key) or told
        except StoryWorldError:
            return told
        return told


class _Turns:
    """A lock for each key that somebody wants now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        with self._lock:
            turn, num = self._held.get(key, (threading.Lock(), 0))
            self._held[key] = (turn, num + 1)
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, num = self._held[key]
                if num == 1:
                    del self._held[key]
                else:
                    self._held[key] = (turn, num - 1)
