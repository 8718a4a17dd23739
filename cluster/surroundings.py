"""What the environment tells the provider: the key, and which node it runs on. Read when it is built, not on import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from cluster.errors import BadConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    api_key: SecretStr
    head_id: str | None
    """The instance id of the head that this process runs on; none on a laptop."""
    head_type: str
    """Its node type."""
    variables: Mapping[str, str] = field(repr=False)

    def auth(self) -> dict[str, str]:
        """What lets a node into the cluster. Raises BadConfig when there is no token: nothing is started that is open to anybody."""
        token = self.variables.get("RAY_AUTH_TOKEN")
        if not token:
            raise BadConfig(
                "RAY_AUTH_TOKEN is not set, and without it anybody could run code on the cluster.",
                "export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=$(ray get-auth-token --generate)",
            )
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}

    def passed_on(self, names: tuple[str, ...]) -> dict[str, str]:
        """Raises BadConfig for one that is not there, before anything is ordered."""
        if missing := sorted(name for name in names if not self.variables.get(name)):
            raise BadConfig(
                f"The pod needs {', '.join(missing)}, and the environment here has no such variable.",
                "Set it, or take it out of pass_env in ray-cluster.yaml.",
            )
        return {name: self.variables[name] for name in names}


def look_around(variables: Mapping[str, str]) -> Surroundings:
    """Raises BadConfig when there is no key."""
    return Surroundings(
        api_key=SecretStr(_key(variables)),
        head_id=variables.get("RAY_CLOUD_INSTANCE_ID") or None,
        head_type=variables.get("RAY_NODE_TYPE_NAME", ""),
        variables=variables,
    )


def _key(variables: Mapping[str, str]) -> str:
    """Inside a pod RUNPOD_API_KEY is a key of the pod's own, which RunPod puts there."""
    if key := variables.get("STORYWORLD_RUNPOD_API_KEY"):
        return key
    if variables.get("RUNPOD_POD_ID"):
        raise BadConfig(
            "STORYWORLD_RUNPOD_API_KEY is not set in this pod, and RUNPOD_API_KEY holds the pod's own key there.",
            "`ray up` sets it in the head that it orders; set it yourself in another one.",
        )
    if key := variables.get("RUNPOD_API_KEY"):
        return key
    raise BadConfig("RUNPOD_API_KEY is not set.", "Create a key in RunPod's settings and export it.")
