"""Where alerts and heartbeats go: set, shown by host, removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, LiteralString, cast

from bunkd_db import database, sql
from bunkd_db.alert.place import Place
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible, UnknownSchedule

_KNOWN = "select name from bunkd.schedule where name = %(schedule)s"
_REMOVE = "select bunkd.remove_url(%(schedule)s, %(place)s) as removed"


def require_schedule(url: str | None, schedule: str) -> None:
    """Refuse to take a URL for a schedule that is not there, before anybody types it.

    Raises:
        PermissionMissing, ConfigurationError: as `set_url`.
    """
    with database.worded_errors(), database.connect(url) as connection:
        require(connection, schedule)


def set_url(url: str | None, schedule: str, place: Place, value: Credential) -> str:
    """Store where a schedule's alerts or heartbeats go; return its host.

    Raises:
        PermissionMissing: the schema bunkd is another role's, who would read the URL.
        ConfigurationError: there is no such schedule.
    """
    with _changing(url, schedule) as connection:
        database.store_credential(connection, schedule, value, "operator", _literal(place))
        found = _status(connection, schedule)
    return str(found["webhook" if place is Place.ALERT else "heartbeat"])


def remove_url(url: str | None, schedule: str, place: Place) -> None:
    """Forget where a schedule's alerts or heartbeats go.

    Raises:
        NotPossible: none is set.
        ConfigurationError: there is no such schedule.
    """
    with _changing(url, schedule) as connection:
        [found] = database.rows(connection, _REMOVE, {"schedule": schedule, "place": place})
    if not found["removed"]:
        raise NotPossible(f"schedule {schedule} has no {place.noun}")


def show(url: str | None, schedule: str) -> dict[str, Any]:
    """Return where alerts and heartbeats go, by host, what is wrong now, and the last messages.

    Raises:
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        require(connection, schedule)
        [found] = database.rows(connection, sql.read("queries/alert"), {"schedule": schedule})
    status, kept = database.as_object(found["status"]), found["kept"] or {}
    return {
        "schedule": schedule,
        "webhook": _kept(status["webhook"], cast("Mapping[str, Any]", kept).get("alert")),
        "heartbeat": _kept(status["heartbeat"], cast("Mapping[str, Any]", kept).get("heartbeat")),
        "active": [
            _timed(each, "since", "started") for each in cast("list[Any]", status["active"])
        ],
        "messages": [_timed(each, "told", "due") for each in cast("list[Any]", status["messages"])],
    }


@contextmanager
def _changing(url: str | None, schedule: str) -> Iterator[database.Connection]:
    """Give a connection in a transaction that says who it is."""
    with (
        database.worded_errors(),
        database.connect(url) as connection,
        connection.transaction(),
    ):
        require(connection, schedule)
        database.say_who(connection, "command")
        yield connection


def require(connection: database.Connection, schedule: str) -> None:
    """Make sure that the schema is this role's own, and that there is such a schedule."""
    database.require_owner(connection)
    if not database.rows(connection, _KNOWN, {"schedule": schedule}):
        raise UnknownSchedule(schedule)


def _status(connection: database.Connection, schedule: str) -> database.Row:
    [found] = database.rows(connection, sql.read("queries/alert"), {"schedule": schedule})
    return database.as_object(found["status"])


def _kept(host: object, kept: Mapping[str, str] | None) -> dict[str, str] | None:
    if kept is None:
        return None
    where = "Vault" if kept["store"] == "vault" else "table bunkd.secret, in plain text"
    return {"host": str(host), "kept_in": where, "set_at": kept["set_at"]}


def _timed(found: Mapping[str, Any], *times: str) -> dict[str, Any]:
    shown = {
        name: f"{datetime.fromtimestamp(found[name], UTC):%Y-%m-%dT%H:%M:%SZ}"
        for name in times
        if found[name] is not None
    }
    return {**found, **shown}


def _literal(place: Place) -> LiteralString:
    return "alert" if place is Place.ALERT else "heartbeat"
