"""One run: a cluster, clients, a nemesis; then peace, and the verdict."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api.client import FINAL_STATES, Client
from tests.reliability.chaos.calls import GaveUpError
from tests.reliability.chaos.clients import Clients
from tests.reliability.chaos.cluster import Cluster, running_cluster
from tests.reliability.chaos.diary import Diary
from tests.reliability.chaos.leftovers import check_running, check_stopped
from tests.reliability.chaos.nemesis import Blow, Nemesis
from tests.reliability.chaos.records import Records
from tests.reliability.chaos.recovery import Figure, Recovery
from tests.reliability.chaos.schedule import Kind, draw, draw_only
from tests.reliability.chaos.verdict import Check, check_audit, check_episodes, check_records, check_store

SETTLE_LIMIT_S = 150.0
"""Longer than the longest back-off: then everything has ended by itself."""

Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a run showed."""

    seed: int
    seconds: float
    load: float
    """Of the machine, on average over a quarter of an hour: what else it did."""
    settled_s: float
    """From the last fault's end until every episode had ended."""
    blows: tuple[Blow, ...]
    states: Counter[str]
    """Episodes at the end."""
    attempts: Counter[str]
    """What became of them."""
    num_calls: int
    troubles: Counter[str]
    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]

    @property
    def violations(self) -> list[str]:
        return [f"{check.name}: {violation}" for check in self.checks for violation in check.violations]


def run_chaos(seconds: float, seed: int, say: Say, keep: Path | None = None, only: Kind | None = None) -> Outcome:
    """Faults for `seconds`, all of kind `only` where that is given; then as long as it takes to settle, within a bound.

    Leaves nothing behind but logs, in `keep`.
    """
    schedule = draw(seed, seconds) if only is None else draw_only(only, seed, seconds)
    say(f"seed {seed}, {seconds:.0f} s of faults:\n" + "\n".join(f"  {fault}" for fault in schedule))
    with running_cluster() as cluster:
        clients = Clients(cluster.api, seed)
        nemesis = Nemesis(cluster, schedule, seed, _timed(say))
        try:
            clients.start()
            nemesis.run()
            settled_s = _settle(clients)
            checks = tuple(_checks(cluster, clients))
        finally:
            nemesis.relent()
            clients.give_up()
            if keep is not None:
                cluster.keep_logs(keep)
        return _outcome(cluster, clients, nemesis, seconds=seconds, seed=seed, settled_s=settled_s, checks=checks)


def _timed(say: Say) -> Say:
    began_s = time.monotonic()
    return lambda text: say(f"{time.monotonic() - began_s:6.1f} s  {text}")


def _settle(clients: Clients) -> float:
    """Peace: every episode ends by itself, or not; the verdict says which."""
    began_s = time.monotonic()
    with _patience(clients), suppress(GaveUpError), closing(clients.caller()) as caller:
        clients.finish(SETTLE_LIMIT_S)
        executed = {s.episode_id for s in clients.stories if "execute" in s.moves}
        while executed and time.monotonic() - began_s < SETTLE_LIMIT_S:
            executed = {e for e in executed if caller.get(f"/episodes/{e}")["state"] not in FINAL_STATES}
            time.sleep(0.2)
    return time.monotonic() - began_s


@contextmanager
def _patience(clients: Clients) -> Iterator[None]:
    """An API that never answers again must not hold up the verdict for ever."""
    timer = threading.Timer(SETTLE_LIMIT_S, clients.lose_patience)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _checks(cluster: Cluster, clients: Clients) -> Iterator[Check]:
    records = Records(cluster.database.url)
    yield Check(name="clients were never surprised", count=len(clients.ledger.calls), violations=tuple(clients.surprises))
    try:
        with _patience(clients), closing(clients.caller()) as caller:
            yield from check_episodes(clients.stories, caller)
    except GaveUpError as error:
        yield Check(name="the API answers", count=1, violations=(str(error),))
    yield from check_records(records)
    yield from check_store(records, cluster.s3, cluster.bucket)
    yield from check_running(cluster, records)
    with Client(cluster.api) as client:
        yield from check_audit(client)
    yield from check_stopped(cluster, records)


def _outcome(
    cluster: Cluster,
    clients: Clients,
    nemesis: Nemesis,
    *,
    seconds: float,
    seed: int,
    settled_s: float,
    checks: tuple[Check, ...],
) -> Outcome:
    records = Records(cluster.database.url)
    attempts = records.attempts()
    return Outcome(
        seed=seed,
        seconds=seconds,
        load=os.getloadavg()[2],
        settled_s=settled_s,
        blows=tuple(nemesis.blows),
        states=Counter(dict(records.rows("SELECT state, count(*) FROM episodes GROUP BY 1"))),
        attempts=Counter(" ".join(filter(None, (a.state.lower(), a.failure_class))) for a in attempts),
        num_calls=len(clients.ledger.acknowledged()),
        troubles=clients.ledger.troubles,
        checks=checks,
        figures=tuple(Recovery(nemesis.blows, Diary(cluster.home).renders(), attempts).figures()),
    )
