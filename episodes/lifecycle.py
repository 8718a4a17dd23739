"""The states, and the one table of legal moves. Each move is a guarded `UPDATE … WHERE state IN …` in the store."""

from __future__ import annotations

from enum import StrEnum

from episodes.errors import IllegalMove


class EpisodeState(StrEnum):
    CREATED = "CREATED"
    PLANNED = "PLANNED"
    EXECUTING = "EXECUTING"
    PAUSED = "PAUSED"
    """What runs is finished and accepted; nothing new starts."""
    CUTTING = "CUTTING"
    """Every beat has ended; the film is being cut."""
    CANCELLING = "CANCELLING"
    """Nothing is accepted any more; renders are being told to stop."""
    COMPLETED = "COMPLETED"
    PARTIALLY_COMPLETED = "PARTIALLY_COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_active(self) -> bool:
        """The coordinator has something to do for it."""
        return self in (EpisodeState.EXECUTING, EpisodeState.PAUSED, EpisodeState.CUTTING, EpisodeState.CANCELLING)

    @property
    def accepts_clips(self) -> bool:
        """A beat that renders gets what comes back for it."""
        return self in (EpisodeState.EXECUTING, EpisodeState.PAUSED)

    @property
    def allows_takes(self) -> bool:
        """Takes of its accepted beats may be asked for and selected."""
        return self in (
            EpisodeState.EXECUTING,
            EpisodeState.PAUSED,
            EpisodeState.CUTTING,
            EpisodeState.COMPLETED,
            EpisodeState.PARTIALLY_COMPLETED,
        )

    @property
    def begins_takes(self) -> bool:
        """Those that were asked for are begun."""
        return self.allows_takes and self is not EpisodeState.PAUSED

    @property
    def is_final(self) -> bool:
        """It ended; a retry, a revised beat or a new plan opens it again."""
        return self in (
            EpisodeState.COMPLETED,
            EpisodeState.PARTIALLY_COMPLETED,
            EpisodeState.FAILED,
            EpisodeState.CANCELLED,
        )


class BeatState(StrEnum):
    PENDING = "PENDING"
    RENDERING = "RENDERING"
    ACCEPTED = "ACCEPTED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_ended(self) -> bool:
        return self in (BeatState.ACCEPTED, BeatState.FAILED, BeatState.CANCELLED)


class AttemptState(StrEnum):
    OPEN = "OPEN"
    SELECTED = "SELECTED"
    """Its clip is the beat's clip (or its film the episode's film)."""
    SUPERSEDED = "SUPERSEDED"
    """Its clip is whole, and another attempt's is the beat's: it was selected before, or is a take that was not."""
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class EpisodeMove(StrEnum):
    PLAN = "plan"
    EXECUTE = "execute"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    STOPPED = "stopped"
    """No attempt of a cancelling episode is open any more."""
    CUT = "cut"
    """All beats ended, at least one is accepted."""
    NOTHING_TO_CUT = "nothing to cut"
    COMPLETE = "complete"
    COMPLETE_PARTIALLY = "complete partially"
    """A beat failed, or the film could not be cut."""
    REOPEN = "retry"
    REVISE = "revise a beat of"


class BeatMove(StrEnum):
    START = "start"
    ACCEPT = "accept"
    GIVE_BACK = "give back"
    """The attempt failed and another follows."""
    FALL_BACK = "fall back"
    """It would fail, and is tried by the next backend that its episode names."""
    GIVE_UP = "give up"
    CANCEL = "cancel"
    RETRY = "retry"
    REVISE = "revise"
    """Its planned content is another now."""
    TAKE = "choose takes of"
    """Another clip of it is asked for, or selected."""


_E, _B = EpisodeState, BeatState

EPISODE_MOVES: dict[EpisodeMove, tuple[frozenset[EpisodeState], EpisodeState]] = {
    # at any time: the new plan is of a higher revision, and what the old one began is never selected
    EpisodeMove.PLAN: (frozenset(_E) - {_E.CANCELLING}, _E.PLANNED),
    # executing an executing episode changes nothing, so it is legal
    EpisodeMove.EXECUTE: (frozenset({_E.PLANNED, _E.EXECUTING}), _E.EXECUTING),
    # so with pausing a paused one
    EpisodeMove.PAUSE: (frozenset({_E.EXECUTING, _E.PAUSED}), _E.PAUSED),
    # and resuming an executing one
    EpisodeMove.RESUME: (frozenset({_E.PAUSED, _E.EXECUTING}), _E.EXECUTING),
    EpisodeMove.CANCEL: (
        frozenset({_E.CREATED, _E.PLANNED, _E.EXECUTING, _E.PAUSED, _E.CUTTING, _E.CANCELLING}),
        _E.CANCELLING,
    ),
    EpisodeMove.STOPPED: (frozenset({_E.CANCELLING}), _E.CANCELLED),
    EpisodeMove.CUT: (frozenset({_E.EXECUTING}), _E.CUTTING),
    EpisodeMove.NOTHING_TO_CUT: (frozenset({_E.EXECUTING}), _E.FAILED),
    EpisodeMove.COMPLETE: (frozenset({_E.CUTTING}), _E.COMPLETED),
    EpisodeMove.COMPLETE_PARTIALLY: (frozenset({_E.CUTTING}), _E.PARTIALLY_COMPLETED),
    EpisodeMove.REOPEN: (
        frozenset({_E.EXECUTING, _E.PARTIALLY_COMPLETED, _E.FAILED, _E.CANCELLED}),
        _E.EXECUTING,
    ),
    EpisodeMove.REVISE: (frozenset({_E.EXECUTING, _E.CUTTING, *(s for s in _E if s.is_final)}), _E.EXECUTING),
}

BEAT_MOVES: dict[BeatMove, tuple[frozenset[BeatState], BeatState]] = {
    BeatMove.START: (frozenset({_B.PENDING}), _B.RENDERING),
    BeatMove.ACCEPT: (frozenset({_B.RENDERING}), _B.ACCEPTED),
    BeatMove.GIVE_BACK: (frozenset({_B.RENDERING}), _B.PENDING),
    BeatMove.FALL_BACK: (frozenset({_B.PENDING, _B.RENDERING}), _B.PENDING),
    BeatMove.GIVE_UP: (frozenset({_B.PENDING, _B.RENDERING}), _B.FAILED),
    # one that was cancelled only because another was may be cancelled for itself
    BeatMove.CANCEL: (frozenset({_B.PENDING, _B.RENDERING, _B.CANCELLED}), _B.CANCELLED),
    BeatMove.RETRY: (frozenset({_B.FAILED, _B.CANCELLED}), _B.PENDING),
    BeatMove.REVISE: (frozenset(_B), _B.PENDING),
    BeatMove.TAKE: (frozenset({_B.ACCEPTED}), _B.ACCEPTED),
}


def episode_after(name: str, state: EpisodeState, move: EpisodeMove) -> EpisodeState:
    """The state that `move` leads to. Raises IllegalMove."""
    legal, target = EPISODE_MOVES[move]
    if state not in legal:
        raise IllegalMove(f"episode {name}", state, move, target, _way_for_episode(move, state))
    return target


def beat_after(name: str, state: BeatState, move: BeatMove) -> BeatState:
    """The state that `move` leads to. Raises IllegalMove."""
    legal, target = BEAT_MOVES[move]
    if state not in legal:
        raise IllegalMove(f"beat {name}", state, move, target, _way_for_beat(move, state))
    return target


NO_PLAN = "It has no plan yet: `POST /episodes/{id}/plan` makes one."
HAS_ENDED = "It has ended: there is nothing left to hold or to stop."


def _way_for_episode(move: EpisodeMove, state: EpisodeState) -> str:
    """What somebody does who wanted this; empty where people make no such move."""
    match move, state:
        case _, EpisodeState.CREATED:
            return NO_PLAN
        case _, EpisodeState.CANCELLING:
            return "Wait until it is CANCELLED, which it is as soon as its last render has stopped."
        case _, EpisodeState.CUTTING:
            return "All its beats have ended, and its film is being cut: wait until that is done."
        case ((EpisodeMove.EXECUTE | EpisodeMove.REOPEN), EpisodeState.COMPLETED):
            return "It has its film. To render a beat anew, change it (PATCH) or choose takes of it; or plan the episode again."
        case EpisodeMove.EXECUTE, EpisodeState.PAUSED:
            return "`POST /episodes/{id}/resume` lets it go on."
        case EpisodeMove.EXECUTE, _:
            return "`POST /episodes/{id}/retry` renders what has no clip."
        case ((EpisodeMove.PAUSE | EpisodeMove.RESUME), EpisodeState.PLANNED):
            return "It has not begun: `POST /episodes/{id}/execute` renders it."
        case ((EpisodeMove.PAUSE | EpisodeMove.RESUME | EpisodeMove.CANCEL), _):
            return HAS_ENDED
        case _:
            return ""


def _way_for_beat(move: BeatMove, state: BeatState) -> str:
    """Likewise."""
    match move, state:
        case BeatMove.TAKE, (BeatState.FAILED | BeatState.CANCELLED):
            return (
                "Takes are chosen in place of a clip, and it has none: `POST /episodes/{id}/beats/{beat_id}/retry` renders it."
            )
        case BeatMove.TAKE, _:
            return "Takes are chosen in place of a clip, and it has none yet: wait until it is ACCEPTED."
        case BeatMove.CANCEL, BeatState.ACCEPTED:
            return "It has its clip; `DELETE /episodes/{id}/beats/{beat_id}` takes it out of the plan."
        case BeatMove.CANCEL, _:
            return HAS_ENDED
        case BeatMove.RETRY, BeatState.ACCEPTED:
            return "It has its clip. For another one, change it (PATCH) or choose takes of it: `POST /episodes/{id}/beats/{beat_id}/takes`."
        case _:
            return ""
