"""ray-cluster.yaml as the command line reads it; Ray reads it for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cluster.config import SINGLE_PODS, NodeType, read_node_type, read_single_pod
from cluster.errors import BadConfig

_LIKE_OURS = "Begin with the ray-cluster.yaml beside storyworld.py."


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterFile:
    path: Path
    cluster_name: str
    section: Mapping[str, Any]
    """`provider`."""
    head_type: str
    node_types: Mapping[str, Any]

    def head(self) -> NodeType:
        """Raises BadConfig."""
        if self.head_type not in self.node_types:
            raise BadConfig(f"{self.path} has no node type {self.head_type!r} for its head.", "Correct head_node_type.")
        return read_node_type(self.head_type, self.node_types[self.head_type].get("node_config") or {})

    def single_pod(self, name: str | None, image: str | None) -> tuple[str, NodeType]:
        """That of this name, or the first; with another `image` where one is given. Raises BadConfig."""
        chosen = name or next(iter(self.section.get(SINGLE_PODS) or {}), "gpu")
        return chosen, read_single_pod(chosen, self.section, image)


def read_cluster_file(path: Path) -> ClusterFile:
    """Raises BadConfig for what cannot be read."""
    try:
        told = yaml.safe_load(path.read_text())
        return ClusterFile(
            path=path,
            cluster_name=str(told["cluster_name"]),
            section=dict(told["provider"]),
            head_type=str(told["head_node_type"]),
            node_types=dict(told["available_node_types"]),
        )
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}.", "--file names another one.") from error
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise BadConfig(f"{path} is no YAML{line}.", "Correct it.") from error
    except KeyError as error:
        raise BadConfig(f"{path} has no {error.args[0]}.", _LIKE_OURS) from error
    except (TypeError, ValueError) as error:
        raise BadConfig(f"{path} has another shape than it should have.", _LIKE_OURS) from error
