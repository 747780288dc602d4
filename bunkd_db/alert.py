"""Where alerts and heartbeats go: set, shown by host, tried, removed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, LiteralString, cast

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible, UnknownSchedule

_KNOWN = "select name from bunkd.schedule where name = %(schedule)s"
_WHO = "select set_config('bunkd.origin', 'command', true)"
_REMOVE = "select bunkd.remove_url(%(schedule)s, %(place)s) as removed"
_BEGIN = "select bunkd.begin_test(%(schedule)s, %(place)s) as sender"
_READ = "select bunkd.read_test(%(schedule)s, %(place)s) as test"
_GIVE_UP = (
    "update bunkd.message set due = null where schedule = %(schedule)s and place = %(place)s"
    " and state = 'test'"
)
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = {"PG_NET": 15.0, "WORKER": 30.0}
_SENDERS = {"PG_NET": "pg_net", "WORKER": "a worker"}


class Place(StrEnum):
    """What a URL is for, as `bunkd.credential` has it."""

    ALERT = "alert"
    HEARTBEAT = "heartbeat"

    @property
    def noun(self) -> str:
        """What people call it."""
        return "alert webhook" if self is Place.ALERT else "heartbeat URL"

    @property
    def set_command(self) -> str:
        """What sets it."""
        return f"bunkd-db alert set{' --heartbeat' if self is Place.HEARTBEAT else ''}"


def require_schedule(url: str | None, schedule: str) -> None:
    """Refuse to take a URL for a schedule that is not there, before anybody types it.

    Raises:
        PermissionMissing, ConfigurationError: as `set_url`.
    """
    with database.worded_errors(), database.connect(url) as connection:
        _require(connection, schedule)


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
        _require(connection, schedule)
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


def test(url: str | None, schedule: str, place: Place) -> str:
    """Send a test by whoever sends the messages, wait for its answer, and return who sent it.

    Raises:
        NotPossible: it did not arrive, or cannot be sent.
        ConfigurationError: there is no such schedule.
    """
    about = {"schedule": schedule, "place": place}
    with database.worded_errors(), database.connect(url, autocommit=True) as connection:
        _require(connection, schedule)
        sender = str(database.rows(connection, _BEGIN, about)[0]["sender"])
        _refuse(sender, schedule, place)
        until = time.monotonic() + _PATIENCE_SECONDS[sender]
        while time.monotonic() < until:
            found = database.as_object(database.rows(connection, _READ, about)[0]["test"])
            if found["arrived"]:
                return _SENDERS[sender]
            if found["problem"] and not found["sent"]:
                raise NotPossible(
                    f"the test did not arrive at the {place.noun}: {found['problem']}",
                    "Compare the URL with what its service shows, and set it again:",
                    f"{place.set_command} --schedule {schedule}",
                )
            time.sleep(_LOOK_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_UP, about)
    raise NotPossible(
        f"{_SENDERS[sender]} did not send the test within {_PATIENCE_SECONDS[sender]:g} s",
        "See what keeps it busy:",
        f"bunkd-db check --schedule {schedule}",
    )


@contextmanager
def _changing(url: str | None, schedule: str) -> Iterator[database.Connection]:
    """Give a connection in a transaction that says who it is."""
    with (
        database.worded_errors(),
        database.connect(url) as connection,
        connection.transaction(),
    ):
        _require(connection, schedule)
        database.rows(connection, _WHO)
        yield connection


def _require(connection: database.Connection, schedule: str) -> None:
    database.require_owner(connection)
    if not database.rows(connection, _KNOWN, {"schedule": schedule}):
        raise UnknownSchedule(schedule)


def _refuse(sender: str, schedule: str, place: Place) -> None:
    if sender == "NO_URL":
        raise NotPossible(
            f"schedule {schedule} has no {place.noun}",
            "Set it:",
            f"{place.set_command} --schedule {schedule}",
        )
    if sender == "COPY":
        raise NotPossible(
            "this database is a copy, which sends no messages",
            "Run bunkd-db upgrade with its own BUNKD_CALL_URL and BUNKD_CREDENTIAL first.",
        )
    if sender == "NO_WORKER":
        raise NotPossible(
            "no worker is running, and this database sends no messages itself",
            "Start one:",
            f"bunkd-db worker --schedule {schedule}",
        )


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
