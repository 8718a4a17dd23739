"""Taking over at once from a coordinator that is known to be dead, instead of waiting until its lease runs out."""

from __future__ import annotations

import logging

from episodes.episode_store import EpisodeStore

log = logging.getLogger("storyworld.coordinator")

MOMENT_S = 1.0
"""How long the dead one's lease runs on where we die too before we have ended it."""


def end_lease_of_the_dead(store: EpisodeStore, line: str) -> None:
    """End the lease of a holder of this line, of whom everybody but the caller is dead. Nobody else's lease is touched.

    Taking it in the dead one's name raises the fence: should it live all the same, it writes nothing any more.
    """
    held = store.lease_holder()
    if held is None or held[1] <= 0 or not held[0].startswith(f"{line}:"):
        return
    lease = store.acquire_lease(held[0], MOMENT_S)
    if lease is not None:
        store.release_lease(lease)
        log.info("lease.inherited", extra={"holder": held[0], "fence": lease.fence})
