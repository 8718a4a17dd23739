"""RemoteRenderer: for the fleet a renderer like any other; the drawing is done by whoever takes the job from the queue."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from episodes.errors import RenderCancelled, RenderFailed
from episodes.job import JobResult, RenderJob
from episodes.ports import Control
from relay.slot import Slot
from relay.wire import Delivery

K = TypeVar("K", covariant=True)
"""Keyframes, of which this package knows nothing."""


class Reception(Protocol[K]):
    """Where what workers stored is looked at before it counts."""

    def checked(self, result: JobResult, job: RenderJob, control: Control) -> JobResult:
        """Raises RenderFailed (output) for a success whose files are not there."""

    def stored(self, job: RenderJob, control: Control) -> JobResult | None:
        """What the attempt stored, whole; None: nothing."""

    def keyframes(self, key: str, job: RenderJob, control: Control) -> K:
        """Of the clip under the key. Raises RenderFailed (output) for what is no sound video."""

    def keep_failure(self, result: JobResult, job: RenderJob) -> None:
        """Where those look for it who were not there when it was told."""


class RemoteRenderer(Generic[K]):
    """One beat at a time. Answers with keyframes to be published, or with the result of a worker that has published them itself."""

    is_parked = False

    def __init__(self, slot: Slot, reception: Reception[K]) -> None:
        self._slot = slot
        self._reception = reception

    def park(self) -> bool:
        """There is nothing to park here."""
        return False

    def held(self) -> RenderJob | None:
        """What an earlier one of this name had in the queue: to be rendered again, which goes on with it. Raises Unavailable."""
        return self._slot.held()

    def render(self, job: RenderJob, control: Control) -> K | JobResult:
        """Raises RenderFailed with the class of what went wrong, RenderCancelled when told to stop. Close the job afterwards."""
        try:
            brought = self._slot.render(job, control)
        except RenderCancelled:
            raise
        except RenderFailed:
            # a worker that died after its very last write did all of its work
            stored = self._reception.stored(job, control)
            if stored is None:
                raise
            return stored
        if isinstance(brought, Delivery):
            return self._reception.keyframes(brought.key, job, control)
        return self._reception.checked(brought, job, control)

    def close(self, job: RenderJob) -> None:
        """What was brought is in good hands: nobody need render it any more."""
        self._slot.close(job)

    def tell(self, result: JobResult, job: RenderJob) -> None:
        """Of a job that was gone on with: whoever asked for it first hears of its success from the store, and of its failure only so."""
        if result.status == "failed":
            self._reception.keep_failure(result, job)
