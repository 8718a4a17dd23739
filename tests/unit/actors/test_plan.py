"""Which renderers a fleet is planned to have."""

from __future__ import annotations

from actors.plan import RendererPlan, plan_renderers


def planned(**options: str) -> RendererPlan:
    [renderer] = plan_renderers("animatediff", count=1, num_cpus=1, num_gpus=1, options=options, version="v1")
    return renderer


def test_a_renderer_with_other_options_is_another_version() -> None:
    assert planned().version == "v1"
    assert planned(tier="draft").version == planned(tier="draft").version
    assert len({planned().version, planned(tier="draft").version, planned(tier="master").version}) == 3


def test_the_order_of_options_makes_no_difference() -> None:
    assert planned(tier="draft", model="a/b") == planned(model="a/b", tier="draft")
