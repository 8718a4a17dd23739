from __future__ import annotations

from episodes.fleet import RendererState
from episodes.model import KindNote, RendererNote
from tests.api.rig import Rig
from tests.builders import a_kind

GPU = a_kind("animatediff", 2, min_count=0)
KINDS = (a_kind("veo", costs_per_clip=True), GPU, a_kind("animatic"))


async def test_before_anybody_led_the_fleet_it_is_told_as_it_is_set() -> None:
    fleet = (await Rig(kinds=KINDS).client.get("/fleet")).json()

    assert (fleet["seen_at"], fleet["default_backend"]) == (None, "animatediff")
    told = [(kind["name"], kind["count"], kind["min_count"], kind["costs_per_clip"]) for kind in fleet["kinds"]]
    assert told == [("veo", 1, 1, True), ("animatediff", 2, 0, False), ("animatic", 1, 1, False)]
    assert [kind["renderers"] for kind in fleet["kinds"]] == [[], [], []]


async def test_how_renderers_are_and_what_holds_them_back_is_told() -> None:
    rig = Rig(kinds=KINDS)
    failing = KindNote(name="animatediff", count=2, min_count=0, back_off_s=8.0)
    rig.find(
        RendererNote(name=GPU.renderers[0], backend="animatediff", state=RendererState.ABSENT, start_failure="No model."),
        RendererNote(name="renderer:animatic:0", backend="animatic", state=RendererState.IDLE, node="n1", is_parked=True),
        kinds=(failing,),
    )

    fleet = (await rig.client.get("/fleet")).json()

    _, gpu, animatic = fleet["kinds"]
    assert fleet["default_backend"] == "animatic"
    assert (gpu["can_work"], gpu["back_off_s"], gpu["renderers"][0]["start_failure"]) == (False, 8.0, "No model.")
    assert (animatic["can_work"], animatic["renderers"][0]["is_parked"], animatic["renderers"][0]["node"]) == (True, True, "n1")


async def test_where_all_cost_money_there_is_no_default() -> None:
    assert (await Rig(kinds=KINDS[:1]).client.get("/fleet")).json()["default_backend"] is None
