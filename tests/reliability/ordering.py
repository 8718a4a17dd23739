"""A beat that is bought, from a shop that outlives its customers."""

from __future__ import annotations

from pathlib import Path

import pytest

from episodes.errors import RenderFailed
from episodes.job import RenderJob
from episodes.ports import ArtifactStore, Control
from rendering.backends.bought.buying import Buying
from rendering.backends.bought.ledger import Ledger
from rendering.backends.bought.shop import Finished, Placed, Request
from rendering.backends.bought.till import Patience, Till
from rendering.reception import Reception
from tests.reliability.local_fleet import STEP_S
from tests.reliability.stamped import Act

_REQUEST = Request(
    server="shop", model="m", prompt="p", negative_prompt="", seed=7, seconds=4, size="16x16", first_frame_sha256=None
)


class FileShop:
    """A Shop whose books are a file: a line for everything that it sold."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def num_sold(self) -> int:
        return len(self._path.read_text().splitlines()) if self._path.exists() else 0

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed:
        with self._path.open("a") as books:
            books.write(f"{request.prompt}\n")
        return Placed(operation=f"operation {self.num_sold}")

    def look(self, operation: str) -> Finished:
        return Finished(clip=operation.encode())

    def cancel(self, operation: str) -> bool:
        return False


def buys(store: ArtifactStore, shop: FileShop) -> Act:
    """What a backend does that buys its clips, but for the clip."""

    def act(job: RenderJob, control: Control) -> None:
        _look_for_a_delivery(store, job, control)
        till = Till(shop, _REQUEST, None, Patience(poll_s=STEP_S), control)
        order = Buying(job, Ledger(store, job, _REQUEST), is_free=False).order(till)
        till.collect(order.operation)

    return act


def _look_for_a_delivery(store: ArtifactStore, job: RenderJob, control: Control) -> None:
    """As a slot of the queue does, whose worker claims to have stored a clip; this one has not."""
    with pytest.raises(RenderFailed, match="not there"):
        Reception(store).keyframes(f"{job.delivery_path}/video", job, control)
