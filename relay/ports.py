"""JobQueue: the seam between the slots of a fleet, the workers outside it, and whatever carries jobs between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Place(StrEnum):
    """Where an offered job is."""

    WAITING = "waiting"
    """In the queue."""
    TAKEN = "taken"
    """Out of the queue, on its way into the hands of a worker of ours."""
    CLAIMED = "claimed"
    """A worker of ours has it, and says so again and again."""
    AWAY = "away"
    """Somebody else popped it, and says nothing before it is done."""
    ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """An offered job as the queue knows it now."""

    place: Place
    since_s: float
    """WAITING: since it was offered or given back. AWAY: since that was first seen. By the queue's own clock."""
    worker: str = ""
    """Who claimed it."""
    pulse: int = 0
    """Signs of life of that worker so far."""
    share: float = 0.0
    """Of the attempt's whole work, as that worker says."""
    answer: bytes = b""
    """ANSWERED: what came back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A job as it goes over the wire."""

    job_id: str
    wire: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A job in the hands of one worker. It holds until the worker lets go of it, or the slot withdraws the job."""

    worker: str
    offer: Offer


class JobQueue(Protocol):
    """Carries jobs out and answers back. Every call is atomic; one that does not reach the queue raises Unavailable.

    A job is offered by one slot, lies in the queue, is taken by one worker at a time, and is over when its slot withdraws it: from
    then on nothing that anybody does with it changes anything.
    """

    # --- slots ---

    def offer(self, slot: str, offer: Offer) -> None:
        """Put a job at the end of the queue. Repeatable."""

    def offered_by(self, slot: str) -> Offer | None:
        """What the slot offered and did not withdraw, in an earlier life too."""

    def listen(self, timeout_s: float) -> None:
        """Returns when answers came, or after that time. Answers to jobs that are over, or to none, are thrown away and logged."""

    def look(self, offer: Offer) -> Sighting | None:
        """None: the job is over, or the queue has forgotten it."""

    def restore(self, offer: Offer) -> bool:
        """Put a job that is TAKEN back to the front of the queue. True: it is there now, and whoever took it cannot claim it."""

    def withdraw(self, slot: str, offer: Offer) -> None:
        """The job is over. Repeatable."""

    # --- workers ---

    def take(self, worker: str, timeout_s: float) -> Claim | None:
        """The job at the front, claimed. None: none came in that time, or the one that came is over."""

    def pulse(self, claim: Claim, share: float) -> bool:
        """A sign of life. False: the claim is gone, and what is made of the job changes nothing any more."""

    def answer(self, claim: Claim, answer: bytes) -> bool:
        """Bring the result; repeatable. False: the claim is gone."""

    def give_back(self, claim: Claim, *, to_the_end: bool = False) -> bool:
        """Put the job back to the front of the queue (or to its end) and let go of it. False: the claim is gone."""
