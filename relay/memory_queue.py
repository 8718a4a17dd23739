"""MemoryQueue: the job queue within one process."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from relay.ports import Claim, Offer, Place, Sighting


@dataclass(kw_only=True, slots=True)
class _Record:
    offer: Offer
    since_s: float
    worker: str = ""
    pulse: int = 0
    share: float = 0.0
    answer: bytes = b""
    has_sent: bool = False
    left_s: float | None = None


class MemoryQueue:
    """Implements JobQueue. `jobs` and `results` are the lists that workers of any make know."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.jobs: deque[bytes] = deque()
        self.taken: deque[bytes] = deque()
        self.results: deque[bytes] = deque()
        self._records: dict[str, _Record] = {}
        self._slots: dict[str, str] = {}
        self._now_s = now_s
        self._changed = threading.Condition()

    def offer(self, slot: str, offer: Offer) -> None:
        with self._changed:
            if offer.job_id not in self._records:
                self._records[offer.job_id] = _Record(offer=offer, since_s=self._now_s())
                self._slots[slot] = offer.job_id
                self.jobs.append(offer.wire)
                self._changed.notify_all()

    def offered_by(self, slot: str) -> Offer | None:
        with self._changed:
            record = self._records.get(self._slots.get(slot, ""))
            return record.offer if record is not None else None

    def listen(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self.results), timeout_s)
            while self.results:
                answer = self.results.popleft()
                record = self._records.get(str(json.loads(answer).get("job_id")))
                if record is not None:
                    record.answer = record.answer or answer

    def look(self, offer: Offer) -> Sighting | None:
        with self._changed:
            record, now_s = self._records.get(offer.job_id), self._now_s()
            if record is None:
                return None
            place = self._place_of(record)
            record.left_s = (now_s if record.left_s is None else record.left_s) if place is Place.AWAY else None
            return Sighting(
                place=place,
                since_s=now_s - (record.since_s if record.left_s is None else record.left_s),
                worker=record.worker,
                pulse=record.pulse,
                share=record.share,
                answer=record.answer,
            )

    def restore(self, offer: Offer) -> bool:
        with self._changed:
            if offer.wire not in self.taken:
                return False
            self.taken.remove(offer.wire)
            self.jobs.appendleft(offer.wire)
            self._changed.notify_all()
            return True

    def withdraw(self, slot: str, offer: Offer) -> None:
        with self._changed:
            self._records.pop(offer.job_id, None)
            self.jobs = deque(wire for wire in self.jobs if wire != offer.wire)
            self.taken = deque(wire for wire in self.taken if wire != offer.wire)
            if self._slots.get(slot) == offer.job_id:
                del self._slots[slot]

    def take(self, worker: str, timeout_s: float) -> Claim | None:
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self.jobs), timeout_s):
                return None
            wire = self.jobs.popleft()
            record = self._records.get(str(json.loads(wire).get("job_id")))
            if record is None or record.worker or record.answer:
                return None
            record.worker, record.pulse, record.share = worker, 0, 0.0
            return Claim(worker=worker, offer=record.offer)

    def pulse(self, claim: Claim, share: float) -> bool:
        with self._changed:
            record = self._held(claim)
            if record is None:
                return False
            record.pulse, record.share = record.pulse + 1, share
            return True

    def answer(self, claim: Claim, answer: bytes) -> bool:
        with self._changed:
            record = self._held(claim)
            if record is None:
                return False
            if not record.has_sent:
                record.has_sent = True
                self.results.append(answer)
                self._changed.notify_all()
            return True

    def give_back(self, claim: Claim, *, to_the_end: bool = False) -> bool:
        with self._changed:
            record = self._held(claim)
            if record is None or record.has_sent:
                return False
            record.worker, record.since_s = "", self._now_s()
            (self.jobs.append if to_the_end else self.jobs.appendleft)(record.offer.wire)
            self._changed.notify_all()
            return True

    def _held(self, claim: Claim) -> _Record | None:
        record = self._records.get(claim.offer.job_id)
        return record if record is not None and record.worker == claim.worker else None

    def _place_of(self, record: _Record) -> Place:
        if record.answer:
            return Place.ANSWERED
        if record.worker:
            return Place.CLAIMED
        if record.offer.wire in self.jobs:
            return Place.WAITING
        return Place.TAKEN if record.offer.wire in self.taken else Place.AWAY
