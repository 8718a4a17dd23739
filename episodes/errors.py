"""Every error that StoryWorld raises on purpose.

StoryWorldError
├── NotFound                an id that nobody knows                          404
├── IllegalMove             a state change that the table does not have      409
├── Conflict                somebody else was first, or other bytes          409
│   ├── RevisionConflict        the world changed meanwhile
│   ├── FieldsLocked            somebody locked what would have been changed
│   ├── ArtifactConflict        the key already holds other bytes
│   └── KeyReused               an Idempotency-Key came with another body    422
├── BadInput                what was asked for can never work                422
│   ├── TooLarge                more than is allowed                         413
│   └── Contradictory           a plan that cannot be true                   422
├── PlannerFailed           no plan came of it; says why                     502, 503, 504
├── Unavailable             a database or store that does not answer now     503
│   └── Damaged                 it answers with other bytes than were written
├── LeaseLost               another coordinator leads; our writes are void
├── RendererLost            the answer will not come; look in the store
└── RenderFailed            a render that ended without a clip; carries its class
    └── RenderCancelled         it was told to stop

Each passes all its arguments to `super().__init__`: otherwise Ray loses the type on the way.
"""

from __future__ import annotations

from enum import StrEnum

from episodes.contradictions import Contradiction
from episodes.writing import Writing


class FailureClass(StrEnum):
    """Why an attempt ended without a clip. The class decides what happens next."""

    INFRA = "infra"
    """Worker or node lost, store or database down: back off; not counted, bounded by time."""
    RESOURCE = "resource"
    """Out of memory: counted, tried elsewhere."""
    CONTENT = "content"
    """The request can never work: the beat fails at once."""
    CRASH = "crash"
    """The renderer died during this beat: counted."""
    OUTPUT = "output"
    """No sound clip came of it: its check failed, or an error that nobody foresaw: counted."""


class StoryWorldError(Exception):
    """Says what was wrong and where (`message`), and what to do about it (`hint`)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class NotFound(StoryWorldError):
    """`what` is the glossary's word ("episode"), `name` the id that nobody knows."""

    def __init__(self, what: str, name: str, hint: str = "") -> None:
        Exception.__init__(self, what, name, hint)
        self.what = what
        self.name = name
        self.message = f"There is no {what} {name!r}."
        self.hint = hint


class IllegalMove(StoryWorldError):
    """`what` in `state` cannot be moved by `move`, whose words read "Cannot execute episode e1"; `wanted` is where that would have led."""

    def __init__(self, what: str, state: str, move: str, wanted: str = "", hint: str = "") -> None:
        Exception.__init__(self, what, state, move, wanted, hint)
        self.what = what
        self.state = state
        self.move = move
        self.wanted = wanted
        self.message = f"Cannot {move} {what}: it is {state}."
        self.hint = hint or "`GET /episodes/{id}` shows how far it is."


class Conflict(StoryWorldError):
    pass


class RevisionConflict(Conflict):
    pass


class FieldsLocked(Conflict):
    """`paths` are those of the locked fields."""

    def __init__(self, message: str, hint: str = "", paths: tuple[str, ...] = ()) -> None:
        Exception.__init__(self, message, hint, paths)
        self.message = message
        self.hint = hint
        self.paths = paths


class ArtifactConflict(Conflict):
    pass


class KeyReused(Conflict):
    pass


class BadInput(StoryWorldError):
    """`where` points at the field, as a path ("num_beats", "characters.0.name")."""

    def __init__(self, message: str, hint: str = "", where: str = "") -> None:
        Exception.__init__(self, message, hint, where)
        self.message = message
        self.hint = hint
        self.where = where


class TooLarge(BadInput):
    pass


class Contradictory(BadInput):
    """A plan contradicts itself, and nobody said that it is to be rendered all the same. Carries what it contradicts itself in."""

    def __init__(self, contradictions: tuple[Contradiction, ...]) -> None:
        Exception.__init__(self, contradictions)
        self.contradictions = contradictions
        number = f" in {len(contradictions)} ways" if len(contradictions) > 1 else ""
        self.message = f"The plan contradicts itself{number}: {contradictions[0].what}"
        self.hint = contradictions[0].suggestion
        self.where = f"beats.{contradictions[0].beat_id}"


class PlannerTrouble(StrEnum):
    """Why a planner that asks a language model wrote no plan."""

    UNUSABLE = "unusable"
    """It answered, but no plan, even when told what was wrong."""
    REFUSED = "refused"
    """It will not write this story."""
    DENIED = "denied"
    """Its server takes the key, the model or the request for wrong, or its money is spent."""
    BUSY = "busy"
    """Its server has too many requests."""
    UNREACHABLE = "unreachable"
    """Its server does not answer, or with errors."""
    TOO_SLOW = "too slow"


class PlannerFailed(StoryWorldError):
    """Nothing was stored. `writing` is what it took nevertheless."""

    def __init__(
        self, message: str, trouble: PlannerTrouble, hint: str = "", retry_after_s: int = 30, writing: Writing | None = None
    ) -> None:
        Exception.__init__(self, message, trouble, hint, retry_after_s, writing)
        self.message = message
        self.trouble = trouble
        self.hint = hint
        self.retry_after_s = retry_after_s
        self.writing = writing or Writing()


class Unavailable(StoryWorldError):
    """Nothing is lost: the same call works later."""

    def __init__(self, message: str, hint: str = "", retry_after_s: int = 5) -> None:
        Exception.__init__(self, message, hint, retry_after_s)
        self.message = message
        self.hint = hint
        self.retry_after_s = retry_after_s


class Damaged(Unavailable):
    """Perhaps on the way only: the same call may work. If it says so again, the stored bytes are damaged."""


class LeaseLost(StoryWorldError):
    pass


class RendererLost(StoryWorldError):
    """`failure_class` is what it counts as when nothing was stored: crash (the renderer died in this beat) or infra."""

    def __init__(self, message: str, failure_class: FailureClass = FailureClass.INFRA) -> None:
        Exception.__init__(self, message, failure_class)
        self.message = message
        self.hint = ""
        self.failure_class = failure_class


class RenderFailed(StoryWorldError):
    """`bought_nothing`: what is paid by the clip has cost nothing, for certain."""

    def __init__(self, message: str, failure_class: FailureClass, hint: str = "", bought_nothing: bool = False) -> None:
        Exception.__init__(self, message, failure_class, hint, bought_nothing)
        self.message = message
        self.failure_class = failure_class
        self.hint = hint
        self.bought_nothing = bought_nothing

    def for_nothing(self) -> RenderFailed:
        """The same, of an attempt that has bought nothing."""
        return RenderFailed(self.message, self.failure_class, self.hint, True)


class RenderCancelled(RenderFailed):
    def __init__(self, message: str = "The render was told to stop.") -> None:
        super().__init__(message, FailureClass.INFRA)
        self.args = (message,)
