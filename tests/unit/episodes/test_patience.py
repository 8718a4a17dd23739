from __future__ import annotations

from dataclasses import replace

from episodes.fleet import RendererReport, RendererState
from episodes.patience import Patience


def a_patience() -> Patience:
    return Patience(failing_s=30, starting_s=1800)


def starting(failure: str = "", name: str = "r0", backend: str = "svd") -> RendererReport:
    return RendererReport(name=name, backend=backend, state=RendererState.STARTING, start_failure=failure)


IDLE = RendererReport(name="r1", backend="svd", state=RendererState.IDLE)


def test_a_backend_whose_every_renderer_fails_to_start_is_waited_for_a_while() -> None:
    patience, failing = a_patience(), [starting("no weights"), starting("no GPU", "r1")]

    assert [bool(patience.saw(failing, at_s)) for at_s in (0, 30, 31)] == [False, False, True]
    assert patience.saw(failing, 32) == {"svd": "No renderer for 'svd' can start: no weights"}


def test_a_renderer_that_comes_up_ends_the_count() -> None:
    patience = a_patience()
    patience.saw([starting("no weights")], 0)
    patience.saw([IDLE], 29)
    patience.saw([starting("no weights")], 31)

    assert not patience.saw([starting("no weights")], 60)
    assert patience.saw([starting("no weights")], 62)


def test_one_that_works_is_enough_and_one_that_may_yet_start_for_half_an_hour() -> None:
    patience = a_patience()

    assert not any(patience.saw([starting("no weights"), IDLE], at_s) for at_s in (0, 2000))
    assert not any(patience.saw([starting("no weights"), starting(name="r1")], at_s) for at_s in (2001, 3801))
    assert "within 1800 s" in patience.saw([starting("no weights"), starting(name="r1")], 3802)["svd"]


def test_where_there_is_no_room_for_one_the_reason_says_so() -> None:
    patience, waiting = a_patience(), replace(starting(), no_room="it needs 1 GPU, and no machine of the cluster has that.")
    patience.saw([waiting], 0)

    assert patience.saw([waiting], 1801) == {
        "svd": "No renderer for 'svd' got ready within 1800 s: it needs 1 GPU, and no machine of the cluster has that."
    }


def test_who_can_never_start_here_is_not_waited_for_like_a_machine_that_is_on_its_way() -> None:
    patience, impossible = a_patience(), {"svd": "it needs 1 GPU, and no machine of the cluster has that."}
    patience.saw([starting()], 0, impossible)

    assert patience.saw([starting()], 31, impossible) == {
        "svd": "No renderer for 'svd' can start: it needs 1 GPU, and no machine of the cluster has that."
    }


def test_each_backend_is_waited_for_by_itself() -> None:
    patience = a_patience()
    patience.saw([starting("no weights")], 0)

    assert list(patience.saw([starting("no weights"), starting("no key", backend="veo")], 31)) == ["svd"]


def test_a_renderer_that_waits_to_be_tried_again_still_fails_to_start() -> None:
    patience = a_patience()
    absent = RendererReport(name="r0", backend="svd", state=RendererState.ABSENT, start_failure="no weights")

    seen = [patience.saw([one], at_s) for at_s, one in ((0, absent), (20, starting("no weights")), (31, absent))]

    assert seen == [{}, {}, {"svd": "No renderer for 'svd' can start: no weights"}]
