"""What every story of SqlEpisodeStore stands on: transactions on a database that belongs to its cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Select, bindparam, func, select, text

from episodes.errors import BadInput, NotFound
from episodes.model import Lease
from episodes.money import Funds
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.rules import lease_lost
from storage.tables import ANSWERS, EPISODES, LEASE
from storage.transactions import Transactions, insert_once, now_s

_CLAIM = text(
    "INSERT INTO lease (row_number, cluster_id, holder, fence, expires_at) VALUES (1, :cluster_id, '', 0, 0) ON CONFLICT DO NOTHING"
)
DONE = 102  # "Processing": the effect is there, the answer is not kept under this key
_OWNER = select(LEASE.c.cluster_id)
_LEADS = select(LEASE.c.queue_is_paused).where(LEASE.c.holder == bindparam("holder"), LEASE.c.fence == bindparam("fence"))
_QUEUE_IS_PAUSED = select(LEASE.c.queue_is_paused)
_LEADS_ON = _LEADS.with_for_update(read=True)
_LEADS_ALONE = _LEADS.with_for_update()
_TOTAL = select(
    func.coalesce(func.sum(EPISODES.c.reserved_micros), 0).label("reserved"),
    func.coalesce(func.sum(EPISODES.c.spent_micros), 0).label("spent"),
)


class Claim:
    """Asks for the database's owner once, with the first transaction."""

    def __init__(self, engine: Engine, cluster_id: str, budget_total_micros: int | None = None) -> None:
        """`budget_total_micros`: what all episodes together may cost; None: there is no limit."""
        self._transactions = Transactions(engine)
        self._cluster_id = cluster_id
        self._budget_total_micros = budget_total_micros
        self._is_ours = False

    @contextmanager
    def _writing(self, story: str) -> Iterator[Connection]:
        """`story` as in Transactions.writing."""
        self._check_owner()
        with self._transactions.writing(story) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_owner()
        with self._transactions.reading() as connection:
            yield connection

    @contextmanager
    def _leading(self, story: str, lease: Lease) -> Iterator[Connection]:
        """A writing transaction that nobody can take the lease from until it ends. Raises LeaseLost."""
        with self._writing(story) as connection:
            _check_lease(connection, lease, _LEADS_ON)
            yield connection

    @contextmanager
    def _handing_out(self, story: str, lease: Lease) -> Iterator[tuple[Connection, bool]]:
        """Likewise, with whether the queue is paused, which it stays until the end.

        Where all episodes share one budget, no two transactions may reserve of it at once: then no other leading one is beside it.
        """
        with self._writing(story) as connection:
            yield connection, _check_lease(connection, lease, _LEADS_ON if self._budget_total_micros is None else _LEADS_ALONE)

    def _total(self, connection: Connection) -> Funds | None:
        """Of all episodes together; None: no limit is set for them."""
        if self._budget_total_micros is None:
            return None
        sums = connection.execute(_TOTAL).one()
        return Funds(budget_micros=self._budget_total_micros, reserved_micros=int(sums.reserved), spent_micros=int(sums.spent))

    @contextmanager
    def _reading_as(self, lease: Lease) -> Iterator[Connection]:
        with self._reading_queue_as(lease) as (connection, _):
            yield connection

    @contextmanager
    def _reading_queue_as(self, lease: Lease) -> Iterator[tuple[Connection, bool]]:
        """With whether the queue is paused."""
        with self._reading() as connection:
            yield connection, _check_lease(connection, lease, _LEADS)

    @contextmanager
    def _episode_locked(
        self, story: str, episode_id: str, once: str | None
    ) -> Iterator[tuple[Connection, Ledger, LockedEpisode, bool]]:
        """Whether the call named `once` has had its effect already comes last; if so, nothing is to be done."""
        with self._writing(story) as connection, _ledger(connection, episode_id) as (ledger, episode):
            yield connection, ledger, episode, is_repeated(connection, once)

    @contextmanager
    def _episode_led(self, story: str, lease: Lease, episode_id: str) -> Iterator[tuple[Connection, Ledger, LockedEpisode]]:
        with self._leading(story, lease) as connection, _ledger(connection, episode_id) as (ledger, episode):
            yield connection, ledger, episode

    def _check_owner(self) -> None:
        if self._is_ours:
            return
        with self._transactions.reading() as connection:
            owner = connection.scalar(_OWNER)
        if owner is None:
            with self._transactions.writing("claim") as connection:
                connection.execute(_CLAIM, {"cluster_id": self._cluster_id})
                owner = connection.scalar(_OWNER)
        if owner != self._cluster_id:
            raise BadInput(
                f"This database belongs to the cluster {owner!r}, not to {self._cluster_id!r}.",
                "Give each cluster a database of its own.",
                "DATABASE_URL",
            )
        self._is_ours = True


def is_repeated(connection: Connection, once: str | None) -> bool:
    """The call of this name has had its effect already; otherwise it has it with this transaction."""
    if once is None:
        return False
    mark = insert_once(connection, ANSWERS).values(
        key=_mark_of(once), body_sha256="", status=DONE, body=b"", answered_at=now_s()
    )
    return connection.execute(mark.returning(ANSWERS.c.key)).first() is None


def has_happened(connection: Connection, once: str) -> bool:
    """The same, without letting it happen."""
    return connection.scalar(select(ANSWERS.c.status).where(ANSWERS.c.key == _mark_of(once))) is not None


def _mark_of(once: str) -> str:
    return f"{once}:done"


def queue_is_paused(connection: Connection) -> bool:
    is_paused: bool = connection.scalars(_QUEUE_IS_PAUSED).one()
    return is_paused


@contextmanager
def _ledger(connection: Connection, episode_id: str) -> Iterator[tuple[Ledger, LockedEpisode]]:
    ledger = Ledger.of(connection, [episode_id])
    if episode_id not in ledger.episodes:
        raise NotFound("episode", episode_id)
    yield ledger, ledger.episodes[episode_id]
    ledger.write()


def _check_lease(connection: Connection, lease: Lease, statement: Select[bool]) -> bool:
    """Whether the queue is paused: both stand in one row. Raises LeaseLost."""
    is_paused: bool | None = connection.scalar(statement, {"holder": lease.holder, "fence": lease.fence})
    if is_paused is None:
        raise lease_lost(lease)
    return is_paused
