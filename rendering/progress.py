"""How far an attempt has come, seen by whoever looks at one of its two stages."""

from __future__ import annotations


def attempt_share(*, rendered: float, published: float) -> float:
    """Share of an attempt's whole work, 0 to 1, from the shares of its stages.

    Both stages weigh the same: each hands on a whole clip's worth of frames, and how many of them a backend draws itself is
    not known before it has. So the share does not jump back when the work changes hands.
    """
    return (rendered + published) / 2


class Unwatched:
    """A Control for short work that nobody stops and nobody watches."""

    def check(self) -> None: ...

    def report(self, share: float) -> None: ...

    def show(self, jpeg: bytes) -> None: ...
