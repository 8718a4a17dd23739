"""What actors and their calls are called, so that the Ray dashboard can be read like the story."""

from __future__ import annotations

from typing import Any

Handle = Any
"""Ray's actor handles and object references have no static type."""

NAMESPACE = "storyworld"
COORDINATOR = "coordinator"

HEAD_RESOURCE = "node:__internal_head__"
"""Ray gives it to the head node alone; a sliver of it pins an actor there."""


MAX_WHOLE_NAMES = 300
MAX_SHORT_NAMES = 100
"""Ray keeps metrics of every name that a call ever had, about 25 kB each, for as long as the calling process lives."""


class CallNames:
    """Names one process's calls: `render 0199…/b3#1`.

    After many of them the episode is left out, because `render b3#1` comes back in every episode and costs no more; in an episode
    so long that even those are too many, the work alone names a call.
    """

    def __init__(self) -> None:
        self._num_whole = 0
        self._short: set[str] = set()

    def of(self, work: str, episode_id: str, beat_id: str, attempt: int) -> str:
        if self._num_whole < MAX_WHOLE_NAMES:
            self._num_whole += 1
            return f"{work} {episode_id}/{beat_id}#{attempt}"
        short = f"{work} {beat_id}#{attempt}"
        if len(self._short) < MAX_SHORT_NAMES:
            self._short.add(short)
        return short if short in self._short else work


def renderer_name(kind: str, index: int) -> str:
    return f"renderer:{kind}:{index}"


def kind_of(renderer: str) -> str:
    """Empty for what is no renderer's name."""
    what, _, rest = renderer.partition(":")
    return rest.rpartition(":")[0] if what == "renderer" else ""


def publisher_name(node_id: str) -> str:
    return f"publisher:{short_node(node_id)}"


def short_node(node_id: str) -> str:
    """Eight characters tell the nodes of one cluster apart, and fit a table."""
    return node_id[:8]
