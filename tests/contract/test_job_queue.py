"""The JobQueue contract: every promise, on every queue."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from episodes.errors import BadInput, Unavailable
from relay.memory_queue import MemoryQueue
from relay.ports import Claim, JobQueue, Offer, Place
from relay.redis_queue import QueueNames, RedisQueue
from tests.contract.redis_servers import PASSWORD, RedisServer, redis_server
from tests.contract.tls_line import tls_before

SLOT, WORKER = "slot-0", "worker-0"
AT_ONCE_S = 0.05
SOON_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A queue, and what a worker that was never told of claims does to its two lists."""

    queue: JobQueue
    pop: Callable[[], bytes | None]
    """Blindly, from the left."""
    push: Callable[[bytes], None]
    """An answer."""
    move: Callable[[], bytes | None]
    """What a worker of ours does first, before it claims."""


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(scope="module")
def secure(server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its URL over TLS, and whom to trust."""
    with tls_before(server.port, tmp_path_factory.mktemp("tls")) as (port, authority):
        yield f"rediss://:{PASSWORD}@127.0.0.1:{port}/0", authority


@pytest.fixture(params=["memory", "redis", "redis over TLS"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    if request.param == "memory":
        memory = MemoryQueue()
        yield Bench(queue=memory, pop=lambda: popped(memory), push=memory.results.append, move=lambda: moved(memory))
        return
    server: RedisServer = request.getfixturevalue("server")
    names = QueueNames(jobs=f"jobs-{uuid.uuid4().hex}", results=f"results-{uuid.uuid4().hex}")
    url, authority = request.getfixturevalue("secure") if "TLS" in request.param else (server.url, None)
    queue = RedisQueue(url, names, ca_cert=authority)
    queue.check()
    client = server.client()
    yield Bench(
        queue=queue,
        pop=lambda: client.lpop(names.jobs),
        push=lambda answer: client.rpush(names.results, answer),
        move=lambda: client.blmove(names.jobs, f"{names.jobs}:taken", AT_ONCE_S, src="LEFT", dest="RIGHT"),
    )
    queue.close()
    client.close()


def popped(memory: MemoryQueue) -> bytes | None:
    return memory.jobs.popleft() if memory.jobs else None


def moved(memory: MemoryQueue) -> bytes | None:
    wire = popped(memory)
    if wire is not None:
        memory.taken.append(wire)
    return wire


NUMBERS = count(1)


def an_offer() -> Offer:
    job_id = f"job-{next(NUMBERS)}"
    return Offer(job_id=job_id, wire=json.dumps({"job_id": job_id, "input": {"prompt": "Où?"}}).encode())


def an_answer(offer: Offer, status: str = "succeeded") -> bytes:
    return json.dumps({"job_id": offer.job_id, "status": status}).encode()


def offered(queue: JobQueue, slot: str = SLOT) -> Offer:
    offer = an_offer()
    queue.offer(slot, offer)
    return offer


def taken(queue: JobQueue, worker: str = WORKER) -> Claim:
    claim = queue.take(worker, SOON_S)
    assert claim is not None
    return claim


def place(queue: JobQueue, offer: Offer) -> Place | None:
    sighting = queue.look(offer)
    return sighting.place if sighting is not None else None


def test_an_offered_job_waits_and_its_slot_is_known_to_have_it(bench: Bench) -> None:
    offer = offered(bench.queue)

    assert place(bench.queue, offer) is Place.WAITING
    assert bench.queue.offered_by(SLOT) == offer
    assert bench.queue.offered_by("slot-1") is None


def test_to_offer_again_changes_nothing(bench: Bench) -> None:
    offer = offered(bench.queue)
    bench.queue.offer(SLOT, offer)

    assert taken(bench.queue).offer == offer
    assert bench.queue.take(WORKER, AT_ONCE_S) is None


def test_jobs_are_taken_in_the_order_in_which_they_were_offered(bench: Bench) -> None:
    offers = [offered(bench.queue, f"slot-{index}") for index in range(3)]

    assert [taken(bench.queue).offer for _ in offers] == offers


def test_a_worker_that_waits_gets_the_job_that_comes(bench: Bench) -> None:
    claims: list[Claim | None] = []
    waiting = threading.Thread(target=lambda: claims.append(bench.queue.take(WORKER, SOON_S)))
    waiting.start()
    offer = offered(bench.queue)
    waiting.join()

    assert [claim.offer for claim in claims if claim is not None] == [offer]


def test_a_claim_is_seen_with_its_signs_of_life(bench: Bench) -> None:
    offer = offered(bench.queue)
    claim = taken(bench.queue)
    assert bench.queue.pulse(claim, 0.25)
    assert bench.queue.pulse(claim, 0.5)

    sighting = bench.queue.look(offer)

    assert sighting is not None
    assert (sighting.place, sighting.worker, sighting.pulse, sighting.share) == (Place.CLAIMED, WORKER, 2, 0.5)


def test_an_answer_comes_to_its_own_slot_whoever_listens(bench: Bench) -> None:
    offer, other = offered(bench.queue), offered(bench.queue, "slot-1")
    claim = taken(bench.queue)
    assert bench.queue.answer(claim, an_answer(offer))
    assert bench.queue.answer(claim, an_answer(offer)), "it may be said again, when its reply was lost"

    bench.queue.listen(SOON_S)

    sighting = bench.queue.look(offer)
    assert sighting is not None
    assert (sighting.place, sighting.answer) == (Place.ANSWERED, an_answer(offer))
    assert place(bench.queue, other) is Place.WAITING


def test_a_slot_that_listens_hears_an_answer_as_soon_as_it_comes(bench: Bench) -> None:
    offer = offered(bench.queue)
    claim = taken(bench.queue)
    listening = threading.Thread(target=lambda: bench.queue.listen(60.0 if isinstance(bench.queue, MemoryQueue) else 8.0))
    listening.start()
    bench.queue.answer(claim, an_answer(offer))
    listening.join(SOON_S)

    assert not listening.is_alive()
    assert place(bench.queue, offer) is Place.ANSWERED


def test_a_job_that_somebody_popped_blindly_is_away_and_its_answer_counts(bench: Bench) -> None:
    offer = offered(bench.queue)
    assert bench.pop() == offer.wire
    assert place(bench.queue, offer) is Place.AWAY

    bench.push(an_answer(offer))
    bench.queue.listen(SOON_S)

    assert place(bench.queue, offer) is Place.ANSWERED


def test_the_first_answer_stands(bench: Bench) -> None:
    offer = offered(bench.queue)
    bench.pop()
    bench.push(an_answer(offer, "succeeded"))
    bench.push(an_answer(offer, "failed"))
    bench.queue.listen(SOON_S)

    sighting = bench.queue.look(offer)

    assert sighting is not None
    assert sighting.answer == an_answer(offer, "succeeded")


def test_answers_of_old_jobs_and_of_none_change_nothing(bench: Bench) -> None:
    old, offer = offered(bench.queue), offered(bench.queue, "slot-1")
    bench.pop()
    bench.queue.withdraw(SLOT, old)

    bench.push(an_answer(old))
    bench.push(b'{"job_id": "nobody\'s"}')
    bench.push(b'{"job_id": 7}')
    bench.queue.listen(SOON_S)

    assert place(bench.queue, old) is None
    assert place(bench.queue, offer) is Place.WAITING
    bench.queue.listen(AT_ONCE_S)


def test_what_is_given_back_is_the_next_to_be_taken_and_by_one_only(bench: Bench) -> None:
    offer, _ = offered(bench.queue), offered(bench.queue, "slot-1")
    claim = taken(bench.queue)

    assert bench.queue.give_back(claim)
    assert not bench.queue.give_back(claim), "it is gone"

    again = taken(bench.queue, "worker-1")
    assert (again.offer, again.worker) == (offer, "worker-1")
    assert place(bench.queue, offer) is Place.CLAIMED


def test_what_others_must_do_goes_to_the_end(bench: Bench) -> None:
    first, second = offered(bench.queue), offered(bench.queue, "slot-1")
    assert bench.queue.give_back(taken(bench.queue), to_the_end=True)

    assert [taken(bench.queue).offer for _ in range(2)] == [second, first]


def test_a_worker_that_comes_back_late_finds_its_claim_gone(bench: Bench) -> None:
    offer = offered(bench.queue)
    late = taken(bench.queue)
    bench.queue.give_back(late)
    taken(bench.queue, "worker-1")

    assert not bench.queue.pulse(late, 0.9)
    assert not bench.queue.answer(late, an_answer(offer))
    assert not bench.queue.give_back(late)
    bench.queue.listen(AT_ONCE_S)
    assert place(bench.queue, offer) is Place.CLAIMED


def test_an_answered_job_is_not_given_back(bench: Bench) -> None:
    offer = offered(bench.queue)
    claim = taken(bench.queue)
    bench.queue.answer(claim, an_answer(offer))

    assert not bench.queue.give_back(claim)
    assert bench.queue.take(WORKER, AT_ONCE_S) is None


@pytest.mark.parametrize("where", [Place.WAITING, Place.TAKEN, Place.CLAIMED, Place.AWAY, Place.ANSWERED])
def test_a_withdrawn_job_is_over_wherever_it_was(bench: Bench, where: Place) -> None:
    offer = offered(bench.queue)
    claim = taken(bench.queue) if where is Place.CLAIMED else None
    if where is Place.TAKEN:
        bench.move()
    if where in (Place.AWAY, Place.ANSWERED):
        bench.pop()
    if where is Place.ANSWERED:
        bench.push(an_answer(offer))
        bench.queue.listen(SOON_S)
    assert place(bench.queue, offer) is where

    bench.queue.withdraw(SLOT, offer)
    bench.queue.withdraw(SLOT, offer)

    assert place(bench.queue, offer) is None
    assert bench.queue.offered_by(SLOT) is None
    assert bench.queue.take(WORKER, AT_ONCE_S) is None
    assert not bench.queue.restore(offer)
    assert claim is None or not bench.queue.answer(claim, an_answer(offer))


def test_a_slot_with_a_new_job_is_not_touched_when_the_old_one_is_withdrawn(bench: Bench) -> None:
    old = offered(bench.queue)
    new = offered(bench.queue)

    bench.queue.withdraw(SLOT, old)

    assert bench.queue.offered_by(SLOT) == new


def test_a_job_whose_worker_died_before_it_claimed_is_put_back_once(bench: Bench) -> None:
    offer = offered(bench.queue)
    assert bench.move() == offer.wire
    assert place(bench.queue, offer) is Place.TAKEN

    assert bench.queue.restore(offer)
    assert not bench.queue.restore(offer)

    assert taken(bench.queue).offer == offer
    assert bench.queue.take(WORKER, AT_ONCE_S) is None


def test_of_many_workers_each_job_has_one(bench: Bench) -> None:
    offers = [offered(bench.queue, f"slot-{index}") for index in range(20)]
    claims: list[Claim] = []

    def work(name: str) -> None:
        while (claim := bench.queue.take(name, AT_ONCE_S)) is not None:
            claims.append(claim)

    threads = [threading.Thread(target=work, args=(f"worker-{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(claim.offer.job_id for claim in claims) == sorted(offer.job_id for offer in offers)


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(secure: tuple[str, Path]) -> None:
    with pytest.raises(Unavailable, match="certificate") as refused:
        RedisQueue(secure[0]).check()

    assert PASSWORD not in str(refused.value)


def test_a_wrong_password_is_said_so_and_not_shown(server: RedisServer) -> None:
    with pytest.raises(BadInput, match="does not let us in") as refused:
        RedisQueue(server.url.replace(PASSWORD, "hunter2")).check()

    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_gone_is_unavailable_and_comes_back_with_what_it_held() -> None:
    with redis_server() as server:
        queue = RedisQueue(server.url)
        offer = offered(queue)
        claim = taken(queue)
        server.kill()
        with pytest.raises(Unavailable, match="does not answer"):
            queue.pulse(claim, 0.5)

        server.start()

        assert queue.pulse(claim, 0.5)
        assert place(queue, offer) is Place.CLAIMED
        queue.close()
