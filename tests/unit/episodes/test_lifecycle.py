from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from typing import TypeVar

import pytest

from episodes.errors import IllegalMove
from episodes.lifecycle import (
    BEAT_MOVES,
    EPISODE_MOVES,
    BeatMove,
    BeatState,
    EpisodeMove,
    EpisodeState,
    beat_after,
    episode_after,
)

S = TypeVar("S", bound=str)


@pytest.mark.parametrize("move", list(EpisodeMove))
def test_an_episode_moves_only_as_the_table_says(move: EpisodeMove) -> None:
    legal, target = EPISODE_MOVES[move]

    check_row(lambda state: episode_after("e1", state, move), EpisodeState, legal, target)


@pytest.mark.parametrize("move", list(BeatMove))
def test_a_beat_moves_only_as_the_table_says(move: BeatMove) -> None:
    legal, target = BEAT_MOVES[move]

    check_row(lambda state: beat_after("b1", state, move), BeatState, legal, target)


def check_row(after: Callable[[S], S], states: Iterable[S], legal: Set[S], target: S) -> None:
    for state in states:
        if state in legal:
            assert after(state) is target
        else:
            with pytest.raises(IllegalMove, match=state):
                after(state)


PEOPLE_EPISODE = (EpisodeMove.PLAN, EpisodeMove.EXECUTE, EpisodeMove.PAUSE, EpisodeMove.RESUME, EpisodeMove.CANCEL)
PEOPLE_BEAT = (BeatMove.CANCEL, BeatMove.RETRY, BeatMove.TAKE)


def test_who_wants_a_move_that_is_not_possible_is_told_what_to_do_instead() -> None:
    usual = IllegalMove("", "", "").hint
    for move in PEOPLE_EPISODE:
        for state in set(EpisodeState) - EPISODE_MOVES[move][0]:
            with pytest.raises(IllegalMove) as refused:
                episode_after("e1", state, move)
            assert refused.value.hint != usual, (move, state)
    for beat_move in PEOPLE_BEAT:
        for beat_state in set(BeatState) - BEAT_MOVES[beat_move][0] - {BeatState.PENDING, BeatState.RENDERING}:
            with pytest.raises(IllegalMove) as refused:
                beat_after("b1", beat_state, beat_move)
            assert refused.value.hint != usual, (beat_move, beat_state)


def test_only_another_content_leads_out_of_accepted() -> None:
    out = {
        move for move, (legal, target) in BEAT_MOVES.items() if BeatState.ACCEPTED in legal and target is not BeatState.ACCEPTED
    }

    assert out == {BeatMove.REVISE}


def test_another_take_leaves_a_beat_accepted() -> None:
    assert BEAT_MOVES[BeatMove.TAKE] == (frozenset({BeatState.ACCEPTED}), BeatState.ACCEPTED)


def test_only_opening_again_or_anew_leads_out_of_a_final_state() -> None:
    out = {move for move, (legal, target) in EPISODE_MOVES.items() if any(s.is_final and s is not target for s in legal)}

    assert out == {EpisodeMove.PLAN, EpisodeMove.REOPEN, EpisodeMove.REVISE}


def test_nothing_but_its_end_or_another_cancellation_leads_out_of_cancelling() -> None:
    out = {move for move, (legal, _) in EPISODE_MOVES.items() if EpisodeState.CANCELLING in legal}

    assert out == {EpisodeMove.CANCEL, EpisodeMove.STOPPED}


def test_a_paused_episode_is_not_cut() -> None:
    cuts = (EpisodeMove.CUT, EpisodeMove.NOTHING_TO_CUT)

    assert not any(EpisodeState.PAUSED in EPISODE_MOVES[move][0] for move in cuts)


def test_every_state_can_be_reached_and_every_active_state_can_end() -> None:
    reached = {EpisodeState.CREATED} | {target for _, target in EPISODE_MOVES.values()}

    assert reached == set(EpisodeState)
    assert all(any(s in legal for legal, t in EPISODE_MOVES.values() if t is not s) for s in EpisodeState if s.is_active)
