"""That nothing is left over: actors, spool entries, transactions while it runs; processes and connections when it has stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.reliability.chaos.cluster import Cluster, eventually
from tests.reliability.chaos.processes import command_of, pids_of
from tests.reliability.chaos.records import Records
from tests.reliability.chaos.verdict import Check

TIDY_LIMIT_S = 40.0
GONE_LIMIT_S = 30.0
MAX_IDLE_S = 17
"""PostgreSQL ends a transaction that stands still for 15 s (storage/database.py)."""

IDLE_IN_TRANSACTION = (
    "SELECT pid, state_change FROM pg_stat_activity WHERE application_name = 'storyworld' "
    f"AND state LIKE 'idle in transaction%' AND state_change < now() - interval '{MAX_IDLE_S} seconds'"
)
CONNECTED = "SELECT pid, state, query FROM pg_stat_activity WHERE application_name = 'storyworld'"


def check_running(cluster: Cluster, records: Records) -> Iterator[Check]:
    """While it runs and has nothing to do."""
    try:
        cluster.wait_until_whole(TIDY_LIMIT_S)
        wrong: tuple[str, ...] = ()
    except TimeoutError:
        wrong = tuple(sorted(cluster.names()))
    yield Check(name="every actor is there, once", count=len(cluster.names()), violations=wrong)
    _patiently(lambda: not _spool_entries(cluster), TIDY_LIMIT_S)
    yield Check(name="no spool entry is left", count=len(_spools(cluster)), violations=tuple(_spool_entries(cluster)))
    idle = tuple(str(row) for row in records.rows(IDLE_IN_TRANSACTION))
    yield Check(name="no transaction stands still", count=len(records.rows(CONNECTED)), violations=idle)


def check_stopped(cluster: Cluster, records: Records) -> Iterator[Check]:
    """After it was stopped as a user would."""
    started, connected = pids_of(cluster.home), records.rows(CONNECTED)
    cluster.stop()
    _patiently(lambda: not pids_of(cluster.home), GONE_LIMIT_S)
    left = tuple(command_of(pid) for pid in pids_of(cluster.home))
    yield Check(name="no process is left", count=len(started), violations=left)
    _patiently(lambda: not records.rows(CONNECTED), GONE_LIMIT_S)
    connections = tuple(str(row) for row in records.rows(CONNECTED))
    yield Check(name="no database connection is left", count=len(connected), violations=connections)


def _patiently(look: Callable[[], bool], limit_s: float) -> None:
    try:
        eventually(look, limit_s)
    except TimeoutError:
        return


def _spools(cluster: Cluster) -> list[str]:
    return [str(folder) for folder in (cluster.home / "spool").glob("publisher-*")]


def _spool_entries(cluster: Cluster) -> list[str]:
    return [str(entry.relative_to(cluster.home)) for entry in (cluster.home / "spool").glob("publisher-*/*") if entry.is_dir()]
