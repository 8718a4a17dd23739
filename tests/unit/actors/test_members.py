from __future__ import annotations

import pytest
import ray

from actors.members import stays
from actors.names import short_node

HERE, LEAVING, GONE = "a" * 56, "b" * 56, "c" * 56


@pytest.mark.parametrize(("node", "is_so"), [(HERE, True), (LEAVING, False), (GONE, False), ("d" * 56, False)])
def test_a_machine_stays_unless_it_is_gone_or_was_told_to_leave(
    monkeypatch: pytest.MonkeyPatch, node: str, is_so: bool
) -> None:
    nodes = [{"NodeID": HERE, "Alive": True}, {"NodeID": LEAVING, "Alive": True}, {"NodeID": GONE, "Alive": False}]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    monkeypatch.setattr(ray._private.state.state, "get_draining_nodes", lambda: {LEAVING: 0})

    assert stays(short_node(node)) is is_so
