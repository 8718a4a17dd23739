"""Stores that live in this process only: for tests, and the second opinion on what the contracts mean."""

from storage.memory.episodes import MemoryEpisodeStore
from storage.memory.worlds import MemoryWorldStore

__all__ = ["MemoryEpisodeStore", "MemoryWorldStore"]
