"""SqlEpisodeStore: episodes on SQLite and PostgreSQL. One file per story: what people do, change, choose and pay, what is read, leading, ending."""

from __future__ import annotations

from storage.episodes_sql.auditing import Auditing
from storage.episodes_sql.changing import Changing
from storage.episodes_sql.coordinating import Coordinating
from storage.episodes_sql.editing import Editing
from storage.episodes_sql.ending import Ending
from storage.episodes_sql.leasing import Leasing
from storage.episodes_sql.paying import Paying
from storage.episodes_sql.people import People
from storage.episodes_sql.taking import Taking
from storage.episodes_sql.versions import Versions

__all__ = ["SqlEpisodeStore"]


class SqlEpisodeStore(People, Changing, Editing, Versions, Taking, Paying, Leasing, Coordinating, Ending, Auditing):
    """Implements EpisodeStore and AuditStore. Its constructor asks nothing of the database, whose tables `upgrade` has made.

    The first store to use a database gives it its cluster_id; one of another cluster gets BadInput from every call.
    """
