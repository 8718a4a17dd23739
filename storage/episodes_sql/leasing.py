"""Who coordinates: one row, one holder, and a fence that only ever rises; and whether anything starts at all. By the database's clock."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select, update

from episodes.model import Lease
from storage.episodes_sql.claim import Claim, is_repeated, queue_is_paused
from storage.rules import lease_lost
from storage.tables import LEASE
from storage.transactions import now_s

_IS_FREE = or_(LEASE.c.fence == 0, LEASE.c.holder == bindparam("who"), LEASE.c.expires_at <= now_s())
_TAKE = (
    update(LEASE)
    .where(_IS_FREE)
    .values(holder=bindparam("who"), fence=LEASE.c.fence + 1, expires_at=now_s() + bindparam("ttl_s"))
    .returning(LEASE.c.fence)
)
_IS_HELD = (LEASE.c.holder == bindparam("who")) & (LEASE.c.fence == bindparam("with_fence"))
_RENEW = update(LEASE).where(_IS_HELD).values(expires_at=now_s() + bindparam("ttl_s"))
_RELEASE = update(LEASE).where(_IS_HELD, LEASE.c.expires_at > now_s()).values(expires_at=now_s())
_SET_PAUSED = update(LEASE).values(queue_is_paused=bindparam("to"))
_HOLDER = select(LEASE.c.holder, (LEASE.c.expires_at - now_s()).label("left_s")).where(LEASE.c.fence > 0)


class Leasing(Claim):
    def acquire_lease(self, holder: str, ttl_s: float) -> Lease | None:
        with self._writing("acquire_lease") as connection:
            fence = connection.scalar(_TAKE, {"who": holder, "ttl_s": ttl_s})
        return None if fence is None else Lease(holder=holder, fence=fence)

    def renew_lease(self, lease: Lease, ttl_s: float) -> None:
        with self._writing("renew_lease") as connection:
            renewed = connection.execute(_RENEW, {"who": lease.holder, "with_fence": lease.fence, "ttl_s": ttl_s})
            if renewed.rowcount == 0:
                raise lease_lost(lease)

    def release_lease(self, lease: Lease) -> None:
        with self._writing("release_lease") as connection:
            connection.execute(_RELEASE, {"who": lease.holder, "with_fence": lease.fence})

    def lease_holder(self) -> tuple[str, float] | None:
        with self._reading() as connection:
            row = connection.execute(_HOLDER).first()
        return None if row is None else (row.holder, row.left_s)

    def pause_queue(self, *, once: str | None = None) -> None:
        with self._writing("pause_queue") as connection:
            if not is_repeated(connection, once):
                connection.execute(_SET_PAUSED, {"to": True})

    def resume_queue(self, *, once: str | None = None) -> None:
        with self._writing("resume_queue") as connection:
            if not is_repeated(connection, once):
                connection.execute(_SET_PAUSED, {"to": False})

    def queue_is_paused(self) -> bool:
        with self._reading() as connection:
            return queue_is_paused(connection)
