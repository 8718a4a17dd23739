"""MemoryEpisodeStore: the EpisodeStore of tests."""

from __future__ import annotations

from storage.memory.auditing import Auditing
from storage.memory.coordinating import Coordinating
from storage.memory.ending import Ending
from storage.memory.paying import Paying
from storage.memory.people import People
from storage.memory.taking import Taking


class MemoryEpisodeStore(People, Taking, Paying, Coordinating, Ending, Auditing):
    """Implements EpisodeStore and AuditStore. `now_s` is its database clock: tests bring their own to let leases and back-offs end."""
