from __future__ import annotations

import pytest

from cluster.backoff import Backoff
from tests.runpod.clock import Clock


@pytest.mark.parametrize(("num_refusals", "left_s"), [(1, 30), (2, 60), (5, 480), (6, 600), (1000, 600)])
def test_a_rest_doubles_up_to_ten_minutes(num_refusals: int, left_s: float) -> None:
    backoff = Backoff(Clock().now_s)

    for _ in range(num_refusals):
        backoff.refuse("a")

    assert backoff.left_s("a") == left_s
    assert backoff.left_s("b") == 0


def test_a_rest_ends_and_what_worked_starts_again() -> None:
    clock = Clock()
    backoff = Backoff(clock.now_s)
    backoff.refuse("a")
    clock.sleep(30)
    assert backoff.left_s("a") == 0

    backoff.refuse("a")
    assert backoff.left_s("a") == 60
    backoff.forgive("a")
    backoff.refuse("a")
    assert backoff.left_s("a") == 30


def test_a_rest_of_a_given_length_is_as_long() -> None:
    backoff = Backoff(Clock().now_s)

    backoff.rest("a", 12)

    assert backoff.left_s("a") == 12
