"""Names of calls and actors, as the Ray dashboard shows them."""

from __future__ import annotations

from actors.names import MAX_SHORT_NAMES, MAX_WHOLE_NAMES, CallNames, kind_of, publisher_name, renderer_name


def test_a_call_is_named_after_episode_beat_and_attempt() -> None:
    assert CallNames().of("render", "e7", "b3", 2) == "render e7/b3#2"


def test_after_many_calls_the_episode_is_left_out() -> None:
    names = CallNames()
    for number in range(MAX_WHOLE_NAMES):
        names.of("render", f"e{number}", "b1", 1)

    assert names.of("render", "e7", "b3", 2) == "render b3#2"


def test_the_number_of_different_names_is_bounded_however_long_an_episode_is() -> None:
    names = CallNames()

    used = {names.of("render", f"e{call % 7}", f"b{call}", 1) for call in range(10_000)}

    assert len(used) == MAX_WHOLE_NAMES + MAX_SHORT_NAMES + 1
    assert names.of("render", "e9", f"b{MAX_WHOLE_NAMES}", 1) == f"render b{MAX_WHOLE_NAMES}#1"


def test_the_kind_of_a_renderer_is_in_its_name() -> None:
    assert kind_of(renderer_name("animatediff-master", 12)) == "animatediff-master"
    assert [kind_of(name) for name in ("coordinator", publisher_name("a" * 40))] == ["", ""]
