"""A connection to PostgreSQL that does not wait for ever: a server that stands still or a line that swallows replies ends it."""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

PING_S = 1.5
"""For the pool's question whether a connection still lives; to connect anew after it takes its own time."""

LOOK_S = 0.1
"""How often the driver looks whether it was interrupted, as it does by itself."""

RV = TypeVar("RV")


class ImpatientConnection(psycopg.Connection[TupleRow]):
    """The server's own `statement_timeout` ends a statement first, as long as the server is able to say so."""

    patience_s: float = 5.0
    """For each statement, and for COMMIT; then the connection is closed, and whether it was done is not known."""

    def wait(self, gen: PQGen[RV], interval: float = LOOK_S, timeout: float | None = None) -> RV:
        limit_s = PING_S if self.autocommit else self.patience_s  # only the pool's ping runs outside a transaction
        try:
            return super().wait(gen, interval, limit_s if timeout is None else timeout)
        except errors._WaitTimeout as error:
            self.close()
            raise psycopg.OperationalError(f"The server said nothing for {limit_s:.1f} s.") from error
