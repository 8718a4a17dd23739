from __future__ import annotations

import pytest

from actors.plan import RendererPlan, plan_kind
from actors.room import why_no_room


def renderer(num_gpus: float = 1.0, num_cpus: float = 0.5) -> RendererPlan:
    [one] = plan_kind("animatediff", num_cpus=num_cpus, num_gpus=num_gpus, options={}, version="v1").renderers
    return one


LAPTOP, ONE_GPU, TWO_GPUS = {"CPU": 2.0}, {"CPU": 8.0, "GPU": 1.0}, {"CPU": 8.0, "GPU": 2.0}


@pytest.mark.parametrize(
    ("wanted", "nodes", "placed", "why"),
    [
        (renderer(), [LAPTOP], [], "it needs 1 GPU, and no machine of the cluster has that."),
        (renderer(2), [ONE_GPU, ONE_GPU], [], "it needs 2 GPU, and no machine of the cluster has that."),
        (renderer(), [LAPTOP, ONE_GPU], [], ""),
        (renderer(), [ONE_GPU], [renderer()], "it needs 1 GPU, and other renderers have 1 of 1."),
        (renderer(), [ONE_GPU, TWO_GPUS], [renderer(), renderer()], ""),
        (renderer(0, 4), [LAPTOP], [], "it needs 4 CPU, and no machine of the cluster has that."),
        (renderer(0, 1), [LAPTOP], [renderer(0, 1.5)], "it needs 1 CPU, and other renderers have 1.5 of 2."),
        (renderer(0, 0), [], [], ""),
    ],
)
def test_what_is_lacking_for_certain_is_told(
    wanted: RendererPlan, nodes: list[dict[str, float]], placed: list[RendererPlan], why: str
) -> None:
    assert why_no_room(wanted, nodes, placed) == why
