from __future__ import annotations

from datetime import UTC, datetime

import pytest

from episodes.choosing import chosen_kind
from episodes.errors import BadInput
from episodes.fleet import RendererState
from episodes.model import FleetSnapshot, KindNote, RendererNote
from tests.builders import a_kind

GPU, CARTOON, VEO = a_kind("animatediff", 2), a_kind("animatic"), a_kind("veo", costs_per_clip=True)
KINDS = (VEO, GPU, CARTOON)


def seen(*notes: RendererNote) -> FleetSnapshot:
    return FleetSnapshot(at=datetime(2026, 11, 26, tzinfo=UTC), renderers=notes)


def backing_off(fleet: FleetSnapshot) -> FleetSnapshot:
    note = KindNote(name=GPU.name, count=2, min_count=0, back_off_s=8.0)
    return fleet.model_copy(update={"kinds": (note,)})


def without_gpus(fleet: FleetSnapshot) -> FleetSnapshot:
    note = KindNote(name=GPU.name, count=2, min_count=0, impossible="it needs 1 GPU, and no machine of the cluster has that.")
    return fleet.model_copy(update={"kinds": (note,)})


def gpu(index: int, state: RendererState, *, blocked: str = "", failure: str = "") -> RendererNote:
    name = GPU.renderers[index]
    return RendererNote(name=name, backend=GPU.name, state=state, blocked_reason=blocked, start_failure=failure)


ABSENT, IDLE, BUSY, STARTING = RendererState.ABSENT, RendererState.IDLE, RendererState.BUSY, RendererState.STARTING


@pytest.mark.parametrize(
    ("fleet", "choice"),
    [
        (None, "animatediff"),
        (seen(), "animatediff"),
        (seen(gpu(0, BUSY)), "animatediff"),
        (seen(gpu(0, STARTING)), "animatediff"),
        (seen(gpu(0, STARTING, failure="No model.")), "animatic"),
        (seen(gpu(0, ABSENT, failure="No model.")), "animatediff"),
        (backing_off(seen(gpu(0, ABSENT, failure="No model."))), "animatic"),
        (backing_off(seen(gpu(0, ABSENT, failure="No model."), gpu(1, BUSY))), "animatediff"),
        (seen(gpu(0, STARTING, failure="No model."), gpu(1, IDLE)), "animatediff"),
        (without_gpus(seen()), "animatic"),
        (without_gpus(seen(gpu(0, STARTING))), "animatic"),
        (seen(gpu(0, IDLE, blocked="3 beats failed.")), "animatediff"),
        (seen(gpu(0, IDLE, blocked="3 beats failed."), gpu(1, STARTING, failure="No model.")), "animatic"),
        (seen(gpu(0, IDLE, blocked="3 beats failed."), gpu(1, BUSY, blocked="3 beats failed.")), "animatic"),
    ],
)
def test_the_first_free_kind_that_can_work_now_is_chosen(fleet: FleetSnapshot | None, choice: str) -> None:
    assert chosen_kind(KINDS, fleet) == choice


def test_the_order_of_the_fleet_is_the_order_of_choice() -> None:
    assert chosen_kind((CARTOON, GPU), seen()) == "animatic"


def test_where_nobody_can_work_the_first_free_kind_is_waited_for() -> None:
    broken = seen(gpu(0, STARTING, failure="No model."))

    assert chosen_kind((VEO, GPU), broken) == "animatediff"


def test_nobody_pays_unasked() -> None:
    with pytest.raises(BadInput) as refused:
        chosen_kind((VEO, a_kind("animatic", 0)), None)

    assert refused.value.hint == "Name one that may cost money: veo."
    assert refused.value.where == "backend"
