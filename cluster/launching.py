"""What the head is ordered with: whatever it needs to be a head, because nobody logs into it afterwards.

Ray resolves ray-cluster.yaml before it orders anything (`bootstrapped`) and keeps the result; so the whole file travels in the
provider's own section until the head is ordered, and in the head's environment from then on.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Mapping
from typing import Any

from cluster.config import read_node_type
from cluster.errors import BadConfig

FILE = "STORYWORLD_CLUSTER_CONFIG"
"""The file as JSON, packed: the head writes it to ~/ray_bootstrap_config.yaml and starts Ray with it."""
_CARRIED = "_for_the_head"


def bootstrapped(cluster_config: dict[str, Any]) -> dict[str, Any]:
    config = copy.deepcopy(cluster_config)
    config["provider"][_CARRIED] = packed(json.dumps(unburdened(cluster_config), sort_keys=True).encode())
    return config


def unburdened(cluster_config: dict[str, Any]) -> dict[str, Any]:
    """The file as the head is to read it: without what is only carried on the way there."""
    provider = {key: value for key, value in cluster_config["provider"].items() if not key.startswith("_")}
    return {**cluster_config, "provider": provider}


def head_env(section: Mapping[str, Any], node_type: str, given: Mapping[str, str]) -> dict[str, str]:
    """`given` is what the head gets anyway. Raises BadConfig for a node type that could never be ordered by this head."""
    if _CARRIED not in section:
        raise BadConfig("A head can only be ordered with the whole ray-cluster.yaml.", "Use `ray up`.")
    carried = str(section[_CARRIED])
    node_types = json.loads(unpacked(carried))["available_node_types"]
    for name, settings in node_types.items():
        passed_on = read_node_type(name, settings["node_config"]).pass_env
        if missing := sorted(set(passed_on) - set(given)):
            raise BadConfig(
                f"{name} gets {', '.join(missing)} from the head, which has no such variable.",
                f"Name it under pass_env of {node_type} in ray-cluster.yaml too.",
            )
    own = node_types[node_type]
    return {
        FILE: carried,
        "RAY_enable_autoscaler_v2": "1",
        "RAY_NODE_TYPE_NAME": node_type,
        "RAY_OVERRIDE_RESOURCES": json.dumps(own.get("resources", {})),
        "RAY_OVERRIDE_LABELS": json.dumps(own.get("labels", {})),
    }


def packed(content: bytes) -> str:
    """The same for the same content, and small: all the variables of a pod share one limit."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def unpacked(text: str) -> bytes:
    return gzip.decompress(base64.b64decode(text))
