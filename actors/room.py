"""Whether any machine of the cluster has room for an actor. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from actors.plan import RendererPlan


def why_no_room(plan: RendererPlan, nodes: Sequence[Mapping[str, float]], placed: Sequence[RendererPlan]) -> str:
    """Why Ray cannot place it now, as far as that is certain; empty: it may have been placed already.

    `nodes`: what each has in all, as Ray counts it; `placed`: the renderers that are known to have their place.
    """
    if why := why_no_machine(plan, nodes):
        return why
    taken: Counter[str] = Counter()
    for other in placed:
        taken.update(_needs(other))
    for resource, needed in _needs(plan).items():
        total = sum(node.get(resource, 0.0) for node in nodes)
        if needed and total - taken[resource] < needed:
            return f"it needs {needed:g} {resource}, and other renderers have {taken[resource]:g} of {total:g}."
    return ""


def why_no_machine(plan: RendererPlan, nodes: Sequence[Mapping[str, float]]) -> str:
    """Why none of the nodes could ever take it, were it empty; empty: one could."""
    for resource, needed in _needs(plan).items():
        if needed and all(node.get(resource, 0.0) < needed for node in nodes):
            return f"it needs {needed:g} {resource}, and no machine of the cluster has that."
    return ""


def _needs(plan: RendererPlan) -> dict[str, float]:
    return {"GPU": plan.num_gpus, "CPU": plan.num_cpus}
