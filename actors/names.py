"""What actors are called, so that the Ray dashboard can be read like the story."""

from __future__ import annotations

from typing import Any

Handle = Any
"""Ray's actor handles and object references have no static type."""

NAMESPACE = "storyworld"
COORDINATOR = "coordinator"

HEAD_RESOURCE = "node:__internal_head__"
"""Ray gives it to the head node alone; a sliver of it pins an actor there."""


def renderer_name(backend: str, index: int) -> str:
    return f"renderer:{backend}:{index}"


def publisher_name(node_id: str) -> str:
    return f"publisher:{short_node(node_id)}"


def short_node(node_id: str) -> str:
    """Eight characters tell the nodes of one cluster apart, and fit a table."""
    return node_id[:8]
