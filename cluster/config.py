"""What ray-cluster.yaml may say to the provider: its section `provider`, and the `node_config` of a node type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cluster.errors import BadConfig

_RAYS_OWN = frozenset({"type", "module", "disable_node_updaters", "disable_launch_config_check", "use_internal_ips"})
SINGLE_PODS = "single_pods"
"""Of the section: name → a node_config, for a pod that is a StoryWorld of its own. No provider has to do with them."""
_SET_BY_THE_PROVIDER = frozenset(
    {
        "RAY_CLOUD_INSTANCE_ID",
        "RAY_NODE_TYPE_NAME",
        "RAY_OVERRIDE_RESOURCES",
        "RAY_OVERRIDE_LABELS",
        "RAY_enable_autoscaler_v2",
        "RAY_AUTH_MODE",
        "RAY_AUTH_TOKEN",
        "STORYWORLD_CLUSTER_CONFIG",
        "STORYWORLD_HEAD_ADDRESS",
        "STORYWORLD_MAX_HOURS",
        "STORYWORLD_POD",
        "STORYWORLD_RUNPOD_ADDRESS",
        "STORYWORLD_RUNPOD_API_KEY",
    }
)
_NOT_OURS = _RAYS_OWN | {SINGLE_PODS}
_MAX_VARIABLES = 50 - len(_SET_BY_THE_PROVIDER)  # RunPod takes 50

_Config = TypeVar("_Config", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ClusterConfig(_Strict):
    """The section `provider`. Read once: a change needs a new start of the head."""

    data_centers: tuple[str, ...] = Field(min_length=1)
    """In the order in which they are tried, for node types that name none of their own."""
    max_pods: int = Field(ge=1)
    """At once, the head's included."""
    max_usd_per_hour: float = Field(gt=0)
    """For all pods together."""
    max_worker_hours: float = Field(gt=0)
    """A worker's time to live: what is older is deleted, busy or not. Its beats are rendered elsewhere."""
    boot_timeout_s: float = Field(default=2400, gt=0)
    """A worker that is not up by then is deleted. Pulling a large image takes half an hour on a bad day."""
    global_networking: bool = True
    """RunPod's private network between pods: only NVIDIA GPUs, and only in some data centres."""
    head_port: int = Field(default=6379, ge=1, le=65535)
    head_address: str | None = None
    """host:port, when the head is no pod of RunPod's; else its address in the private network."""
    proxy_address: str = "https://{pod_id}-{port}.proxy.runpod.net"
    """How a port of a pod that is named under `ports` is reached from outside."""
    api_address: str = "https://api.runpod.io/v2"

    @field_validator("api_address")
    @classmethod
    def _is_encrypted(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
            return value
        raise ValueError("the API key would travel in the clear; use https://")


class Volume(_Strict):
    """A network volume: outlives the pod. It has to lie in the pod's data centre."""

    id: str
    path: str


class HostDisk(_Strict):
    """Storage on the pod's machine: survives a restart of the pod and goes when the pod goes."""

    size_gb: int = Field(ge=10)
    path: str


class NodeType(_Strict):
    """A `node_config`: what to order, in order of preference. Read anew by Ray every few seconds."""

    image: str
    gpus: tuple[str, ...] = ()
    """RunPod's names; the first that is to be had is taken."""
    gpu_count: int = Field(default=1, ge=1)
    cpus: tuple[str, ...] = ()
    """Instead of `gpus`: RunPod's CPU flavours. Such pods are in no private network."""
    vcpus: int = Field(default=8, ge=2)
    """A power of two; the flavour says how much memory comes with each."""
    max_usd_per_hour: float = Field(gt=0)
    """For one pod. What costs more is not ordered, and deleted where the bill says otherwise than the catalogue."""
    data_centers: tuple[str, ...] = ()
    cloud: Literal["SECURE", "COMMUNITY"] = "SECURE"
    min_cuda_version: str | None = Field(default=None, pattern=r"^\d+\.\d+$")
    disk_gb: int = Field(ge=1)
    """Of the container, wiped when it restarts; the image needs twice its size."""
    volume: Volume | None = None
    host_disk: HostDisk | None = None
    args: str = ""
    """For the image's entry point, as one string."""
    ports: tuple[str, ...] = ()
    """Like "8265/http": open to the internet through RunPod's proxy."""
    registry: str | None = None
    """RunPod's id of the credentials for a private image."""
    env: dict[str, str] = Field(default_factory=dict)
    pass_env: tuple[str, ...] = ()
    """Variables to hand on from the environment of whoever orders the pod: secrets, because Ray logs this file."""

    @property
    def machines(self) -> tuple[str, ...]:
        return self.gpus or self.cpus

    @property
    def count(self) -> int:
        """Of GPUs, or of vCPUs."""
        return self.gpu_count if self.gpus else self.vcpus

    @property
    def fingerprint(self) -> str:
        """Another one after any change, so that a corrected file is tried at once."""
        return self.model_dump_json()

    @field_validator("image")
    @classmethod
    def _is_the_name_of_an_image(cls, value: str) -> str:
        name = value.partition("@")[0].rpartition(":")[0] or value
        if name != name.lower():
            raise ValueError(f"{name} is no image's name, because it has capital letters; put the name of yours here")
        return value

    @model_validator(mode="after")
    def _variables_are_free(self) -> Self:
        names = {*self.env, *self.pass_env}
        if taken := sorted(names & _SET_BY_THE_PROVIDER):
            raise ValueError(f"{', '.join(taken)} is set by the provider itself")
        if "RUNPOD_API_KEY" in names:
            raise ValueError("RunPod replaces RUNPOD_API_KEY inside its pods; the head gets the key without that")
        if len(names) > _MAX_VARIABLES:
            raise ValueError(f"a pod takes {_MAX_VARIABLES} variables, and these are {len(names)}")
        if self.volume and self.host_disk:
            raise ValueError("a pod has a volume or a host_disk, not both")
        return self

    @model_validator(mode="after")
    def _is_one_kind_of_machine(self) -> Self:
        if bool(self.gpus) == bool(self.cpus):
            raise ValueError("name either gpus or cpus")
        if self.cpus and (self.host_disk or self.cloud != "SECURE"):
            raise ValueError("pods without a GPU have no host_disk, and are in the SECURE cloud; a volume they can have")
        return self


def read_cluster(section: Mapping[str, object]) -> ClusterConfig:
    """Raises BadConfig. Ray's own keys of the section, and those that it adds for itself (`_…`), are left out."""
    ours = {key: value for key, value in section.items() if key not in _NOT_OURS and not key.startswith("_")}
    return _read(ClusterConfig, ours, "provider")


def read_node_type(name: str, node_config: Mapping[str, object]) -> NodeType:
    """Raises BadConfig."""
    return _read(NodeType, node_config, f"available_node_types.{name}.node_config")


def read_single_pod(name: str, section: Mapping[str, Any], image: str | None) -> NodeType:
    """With another `image` where one is given. Raises BadConfig, also when the section has no such pod."""
    known = section.get(SINGLE_PODS) or {}
    if name not in known:
        there_are = f"There are: {', '.join(known)}." if known else "Describe one there, in the words of a node_config."
        raise BadConfig(f"provider.{SINGLE_PODS} has no {name!r}.", there_are)
    settings = {**known[name], "image": image} if image is not None else known[name]
    return _read(NodeType, settings, f"provider.{SINGLE_PODS}.{name}")


def _read(config: type[_Config], values: Mapping[str, object], where: str) -> _Config:
    try:
        return config.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join((where, *(str(part) for part in first["loc"])))
        message = str(first["msg"]).removeprefix("Value error, ")
        raise BadConfig(f"{path}: {message}.", "Correct it in ray-cluster.yaml.") from None
