"""Who changes something, for `bunkd.change`."""

from __future__ import annotations

import os
from typing import Literal

from bunkd_db.database.connection import Connection
from bunkd_db.settings.actor import find_actor

Origin = Literal["command", "deploy"]


def say_who(connection: Connection, origin: Origin, why: str | None = None) -> None:
    """Tell this transaction, until its end, who changes things in it, how, and why."""
    connection.execute(
        "select pg_catalog.set_config('bunkd.origin', %s, true),"
        " pg_catalog.set_config('bunkd.actor', %s, true), pg_catalog.set_config('bunkd.why', %s, true)",
        [origin, find_actor(os.environ) or "", why or ""],
    )


def begin_change(connection: Connection, why: str | None = None) -> None:
    """Begin a command's transaction: READ COMMITTED, whatever the role's default is, and with who it is."""
    connection.execute("set transaction isolation level read committed")
    say_who(connection, "command", why)
