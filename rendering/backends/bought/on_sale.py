"""OnSale: what a server sells, for whoever estimates what work will cost. Light: the door imports it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class OnSale:
    """Clips, as a server sells them."""

    usd_per_s: float | None
    """Of video; None: nobody said."""
    lengths_s: tuple[int, ...]
    """Ascending."""
