"""Set what was found out, as any live change: a deploy keeps it."""

from __future__ import annotations

import getpass
import json

from bunkd_db import database

_SAY_WHO = (
    "select set_config('bunkd.origin', 'command', true), set_config('bunkd.actor', %(actor)s, true),"
    " set_config('bunkd.why', %(why)s, true)"
)
_APPLY = "select bunkd.apply_settings(%(schedule)s, %(set)s::jsonb)"
_WHY = "bunkd-db smoke --disconnect --apply"


def apply(
    connection: database.Connection, schedule: str, on_timeout: str, actor: str | None
) -> None:
    """Set on_timeout of a schedule; `bunkd.change` gets who and why.

    `actor` is the person's name; None: the operating system's user.
    """
    with connection.transaction():
        database.rows(connection, _SAY_WHO, {"actor": actor or _user(), "why": _WHY})
        given = {"schedule": schedule, "set": json.dumps({"on_timeout": on_timeout})}
        database.rows(connection, _APPLY, given)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user can have no name
        return ""
