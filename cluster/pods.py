"""What RunPod says about a pod: only what is decided by. Fields that are not known here are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TERMINATED = "TERMINATED"
_STOPPED = frozenset({"EXITED", "ERROR"})


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)


class GlobalNetworking(_Answered):
    enabled: bool
    ip: str | None = None
    internal_dns: str | None = None


class Pod(_Answered):
    id: str
    """RunPod's own; ours is in the name."""
    name: str
    status: str
    """PROVISIONING, STARTING, RUNNING, EXITED, ERROR or TERMINATED; a word that is new counts as alive."""
    env: dict[str, str] = Field(repr=False)
    ports: tuple[str, ...]
    """Open to the internet through RunPod's proxy, like "8265/http"."""
    mounts: dict[str, Any]
    data_center_id: str | None
    cost: float
    """USD per hour, now: nothing while it is stopped."""
    runtime: dict[str, Any] | None = Field(repr=False)  # live figures, of which only their presence counts
    created_at: AwareDatetime
    global_networking: GlobalNetworking

    @property
    def is_up(self) -> bool:
        """RUNNING alone does not say it: that can mean rented, with the image still on its way."""
        return self.status == "RUNNING" and bool(self.runtime)

    @property
    def is_stopped(self) -> bool:
        return self.status in _STOPPED

    @property
    def is_terminated(self) -> bool:
        return self.status == TERMINATED

    def age_s(self, today: datetime) -> float:
        return (today - self.created_at).total_seconds()


class GpuPrice(_Answered):
    """USD per hour for one GPU."""

    secure: float
    community: float


class CpuPrice(_Answered):
    """USD per hour for one vCPU: there are no others than in the secure cloud."""

    secure_per_vcpu: float


class DataCenterStock(_Answered):
    id: str
    availability: str


class _Offer(_Answered):
    """What RunPod's catalogue says: a snapshot, no reservation."""

    id: str
    data_centers: tuple[DataCenterStock, ...] = ()
    """Those that offer it for the pods that were asked about."""

    def is_in_stock(self, data_center: str) -> bool:
        return any(stock.id == data_center and stock.availability != "NONE" for stock in self.data_centers)


class GpuOffer(_Offer):
    """A GPU type."""

    price: GpuPrice

    def usd_per_hour(self, count: int, cloud: str) -> float:
        """List price of a pod."""
        return (self.price.secure if cloud == "SECURE" else self.price.community) * count


class CpuOffer(_Offer):
    """A CPU flavour."""

    price: CpuPrice

    def usd_per_hour(self, count: int, cloud: str) -> float:
        """List price of a pod."""
        return self.price.secure_per_vcpu * count


Catalogue = Mapping[str, GpuOffer | CpuOffer]
"""By RunPod's name."""
