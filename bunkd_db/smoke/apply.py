"""Set what was found out, as any live change: a deploy keeps it."""

from __future__ import annotations

import json

from bunkd_db import database

_APPLY = "select bunkd.apply_settings(%(schedule)s, %(set)s::jsonb)"
_WHY = "bunkd-db smoke --disconnect --apply"


def apply(connection: database.Connection, schedule: str, on_timeout: str) -> None:
    """Set on_timeout of a schedule; `bunkd.change` gets who and why."""
    with connection.transaction():
        database.say_who(connection, "command", _WHY)
        given = {"schedule": schedule, "set": json.dumps({"on_timeout": on_timeout})}
        database.rows(connection, _APPLY, given)
