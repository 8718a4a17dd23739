"""RedisQueue: the job queue on a Redis server, with the two lists that workers of any make know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from episodes.errors import BadInput, Unavailable
from relay import scripts
from relay.ports import Claim, Offer, Place, Sighting

ANSWER_S = 10.0
"""A server that says nothing for so long does not answer. Longer than any call waits on purpose."""
LIFETIME_S = 24 * 3600
"""An offered job that no slot has looked at for so long is forgotten."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueNames:
    """Of the two lists; all other keys hang on the first."""

    jobs: str = "storyworld:gpu:jobs"
    results: str = "storyworld:gpu:results"


class RedisQueue:
    """Implements JobQueue on Redis 6.2 or newer. Safe from many threads and processes.

    Workers of any make pop `jobs` from its left and push to the right of `results`. Ours move a job to the list `…:taken` in the same
    instant, and claim it in its record, the hash `…:job:{id}`; so a job that is in none of the three was popped by somebody else.
    """

    def __init__(self, url: str, names: QueueNames | None = None, *, ca_cert: Path | None = None) -> None:
        """`url`: `redis://…` or `rediss://…`, a secret. `ca_cert`: who signs the server's certificate, where no public authority does.

        Opens no connection. Raises BadInput for what is no such URL.
        """
        names = names or QueueNames()
        self._jobs, self._results = names.jobs, names.results
        self._taken = f"{names.jobs}:taken"
        self.where = _where(url)
        """Host and port, to be shown."""
        secure = {"ssl_ca_certs": str(ca_cert)} if ca_cert is not None and url.startswith("rediss://") else {}
        self._redis: Any = redis.Redis.from_url(  # Any: its annotations mix its synchronous and asynchronous answers
            url,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S / 2,
            retry=Retry(NoBackoff(), 0),  # a call whose answer was lost may have had its effect
            **secure,
        )
        script = self._redis.register_script
        self._offer, self._look, self._sort = script(scripts.OFFER), script(scripts.LOOK), script(scripts.SORT)
        self._restore, self._withdraw, self._claim = script(scripts.RESTORE), script(scripts.WITHDRAW), script(scripts.CLAIM)
        self._pulse, self._answer, self._give_back = script(scripts.PULSE), script(scripts.ANSWER), script(scripts.GIVE_BACK)

    def check(self) -> None:
        """Raises Unavailable when nobody answers there, BadInput when the server does not let us in or is too old."""
        with self._asking():
            version = str(self._redis.info("server")["redis_version"])
        if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
            raise BadInput(f"The Redis at {self.where} is of version {version}.", "Take 6.2 or newer.", "REDIS_URL")

    def close(self) -> None:
        self._redis.close()

    # --- slots ---

    def offer(self, slot: str, offer: Offer) -> None:
        keys = [self._record(offer.job_id), self._slot(slot), self._jobs]
        with self._asking():
            self._offer(keys=keys, args=[offer.job_id, offer.wire, LIFETIME_S])

    def offered_by(self, slot: str) -> Offer | None:
        with self._asking():
            job_id = self._redis.get(self._slot(slot))
            wire = self._redis.hget(self._record(job_id.decode()), "wire") if job_id is not None else None
        return Offer(job_id=job_id.decode(), wire=wire) if wire is not None else None

    def listen(self, timeout_s: float) -> None:
        with self._asking():
            # moved to where it is: a look that waits, and takes nothing away from other slots
            answer = self._redis.blmove(self._results, self._results, timeout_s, src="LEFT", dest="LEFT")
            while answer is not None:
                self._put_to_its_job(answer)
                answer = self._redis.lindex(self._results, 0)

    def look(self, offer: Offer) -> Sighting | None:
        keys = [self._record(offer.job_id), self._jobs, self._taken]
        with self._asking():
            said = self._look(keys=keys, args=[offer.wire, LIFETIME_S])
        if said is None:
            return None
        place, since_s, worker, pulse, share, answer = said
        return Sighting(
            place=Place(place.decode()),
            since_s=float(since_s),
            worker=worker.decode(),
            pulse=int(pulse),
            share=float(share),
            answer=answer,
        )

    def restore(self, offer: Offer) -> bool:
        with self._asking():
            return bool(self._restore(keys=[self._taken, self._jobs], args=[offer.wire]))

    def withdraw(self, slot: str, offer: Offer) -> None:
        keys = [self._record(offer.job_id), self._slot(slot), self._jobs, self._taken]
        with self._asking():
            self._withdraw(keys=keys, args=[offer.job_id, offer.wire])

    # --- workers ---

    def take(self, worker: str, timeout_s: float) -> Claim | None:
        with self._asking():
            wire = self._redis.blmove(self._jobs, self._taken, timeout_s, src="LEFT", dest="RIGHT")
            if wire is None:
                return None
            job_id = _job_id_of(wire)
            if self._claim(keys=[self._record(job_id), self._taken], args=[wire, worker]):
                return Claim(worker=worker, offer=Offer(job_id=job_id, wire=wire))
        log.info("job.dropped", attempt_id=job_id, reason="Nobody waits for it.")
        return None

    def pulse(self, claim: Claim, share: float) -> bool:
        with self._asking():
            return bool(self._pulse(keys=[self._record(claim.offer.job_id)], args=[claim.worker, share]))

    def answer(self, claim: Claim, answer: bytes) -> bool:
        keys = [self._record(claim.offer.job_id), self._results]
        with self._asking():
            return bool(self._answer(keys=keys, args=[claim.worker, answer]))

    def give_back(self, claim: Claim, *, to_the_end: bool = False) -> bool:
        keys = [self._record(claim.offer.job_id), self._jobs]
        with self._asking():
            return bool(self._give_back(keys=keys, args=[claim.worker, claim.offer.wire, int(to_the_end)]))

    # --- the server ---

    def _put_to_its_job(self, answer: bytes) -> None:
        job_id = _job_id_of(answer)
        outcome = self._sort(keys=[self._results, self._record(job_id)], args=[answer]).decode()
        if outcome in ("over", "again"):
            log.warning("answer.dropped", attempt_id=job_id, reason=f"Nobody waits for it: {outcome}.")

    def _record(self, job_id: str) -> str:
        return f"{self._jobs}:job:{job_id}"

    def _slot(self, name: str) -> str:
        return f"{self._jobs}:slot:{name}"

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except redis.AuthenticationError as error:
            raise BadInput(
                f"The Redis at {self.where} does not let us in: {error}", "Correct REDIS_URL.", "REDIS_URL"
            ) from None
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise Unavailable(f"The Redis at {self.where} does not answer: {error}.") from error
        except redis.ResponseError as error:
            raise Unavailable(f"The Redis at {self.where} refuses: {error}.") from error


def _where(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise BadInput("REDIS_URL is no redis:// or rediss:// URL.", "Write it as rediss://:password@host:6379/0.", "REDIS_URL")
    return f"{parts.hostname}:{parts.port or 6379}"


def _job_id_of(wire: bytes) -> str:
    """Empty: it names none, and is nobody's."""
    try:
        said = json.loads(wire)
    except ValueError:
        return ""
    job_id = said.get("job_id") if isinstance(said, dict) else None
    return job_id if isinstance(job_id, str) else ""
