"""What the audit and the sweep of a running system are made of."""

from __future__ import annotations

from actors.home_census import HomeCensus
from actors.plan import FleetPlan
from actors.ray_census import RayCensus
from episodes.episode_store import AuditStore
from episodes.ports import ArtifactStore
from episodes.upkeep import Upkeep
from rendering.decoding import decode
from settings import Settings


def open_upkeep(settings: Settings, store: AuditStore, artifacts: ArtifactStore, plan: FleetPlan) -> Upkeep:
    """Sees this machine's folders: with several nodes the head's, and all actors of the cluster."""
    home = HomeCensus(spool=settings.spool, outputs=settings.outputs if settings.local_mode else None)
    return Upkeep(store, artifacts, decode=decode, censuses=(RayCensus(plan), home))
