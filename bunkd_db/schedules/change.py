"""Change a schedule: its pace, a pause, the end of one; or remove it. Each is one transaction, and is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from bunkd_db import database
from bunkd_db.errors import NotPossible, UnknownSchedule
from bunkd_db.schedules.effects import effects
from bunkd_db.settings.parse import JSON
from bunkd_db.summary import summarize

Say = Callable[[str], None]
# of all, one that its file no longer declares is none
_NAMES = (
    "select s.name from bunkd.schedule s"
    " where s.name = %(schedule)s or %(schedule)s::text = '' and not bunkd.is_retired(s) order by 1"
)
_SET = "select bunkd.write_shown_settings(s) as settings from bunkd.schedule s where s.name = %(schedule)s"
# one after the other: the second looks at what the first has written
_PAUSE = "select bunkd.pause_schedule(%(name)s, make_interval(mins => %(minutes)s::integer), %(why)s) as done"
_REMOVED = (
    "select (select count(*) from bunkd.call c where c.schedule = s.name) as calls,"
    " (select count(*) from bunkd.credential c where c.schedule = s.name and c.store <> 'removed') as secrets,"
    " s.queue_table as queue from bunkd.schedule s where s.name = %(name)s"
)
_STATE = (
    "select extract(epoch from s.paused_until)::float8 as until, bunkd.has_wake(s) as woken,"
    " s.transport_used is not distinct from 'http' as lanes,"
    " s.mode = 'external' and bunkd.count_workers(s.name) = 0 as outside"
    " from bunkd.schedule s where s.name = %(name)s"
)


def change(
    url: str | None, schedule: str, wanted: Mapping[str, JSON], say: Say, *, why: str, dry: bool
) -> None:
    """Set columns of `bunkd.schedule`; says what that changes before it does it, then what is true.

    Args:
        wanted: by column, as `ScheduleSettings.as_json` has them.
        why: recorded with the change; may be empty.
        dry: everything is done and taken back.

    Raises:
        NotPossible, PermissionMissing: bunkd-db is not installed, or belongs to another role.
        ConfigurationError: there is no such schedule.
    """
    with _changing(url, schedule, why) as (connection, _):
        before = _settings(connection, schedule)
        woken = _state(connection, schedule)["woken"]
        report = database.change_schedule(connection, schedule, json.dumps(wanted))
        after, state = _settings(connection, schedule), _state(connection, schedule)
        said = effects(
            before,
            {name: after[name] for name in wanted},
            woken=bool(woken or state["woken"]),
            outside=bool(state["outside"]),
            lanes=bool(state["lanes"]),
        )
        if not said:
            connection.rollback()
            say(f"Schedule {schedule} already has these settings: nothing was changed.")
            return
        gone: BrokenPipeError | None = None
        try:
            for line in said:
                say(line)
        except BrokenPipeError as error:  # what was said is done, whoever reads on
            gone = error
        if dry:
            connection.rollback()
        else:
            connection.commit()
    if gone:
        raise gone
    for line in ["Nothing was changed: this was a dry run."] if dry else summarize(report):
        say(line)


def pause(
    url: str | None, schedule: str | None, say: Say, *, minutes: int | None, why: str | None
) -> None:
    """Pause a schedule, or all; of one that is paused only what is given is changed.

    Args:
        minutes: after which it ends by itself; None: it lasts until it is resumed.

    Raises: as `change`.
    """
    said = []
    with _changing(url, schedule, why or "") as (connection, names):
        for name in names:
            [found] = database.rows(
                connection, _PAUSE, {"name": name, "minutes": minutes, "why": why}
            )
            state = _state(connection, name)
            said.append(_paused(name, str(found["done"]), cast("float | None", state["until"])))
            if state["outside"]:
                said.append(
                    "An external scheduler does not ask this database and goes on calling:"
                    " pause it where it runs."
                )
    for line in said:  # once it is committed
        say(line)


def resume(url: str | None, schedule: str | None, say: Say, *, why: str | None) -> None:
    """Let a schedule call again, or all. Raises: as `change`."""
    said = []
    with _changing(url, schedule, why or "") as (connection, names):
        for name in names:
            [found] = database.rows(
                connection, "select bunkd.resume_schedule(%(name)s) as done", {"name": name}
            )
            if not found["done"]:
                said.append(f"Schedule {name} is not paused: nothing was changed.")
            elif _state(connection, name)["outside"]:
                said.append(
                    f"Resumed schedule {name}. An external scheduler does not ask this database:"
                    " resume it where it runs."
                )
            else:
                said.append(
                    f"Resumed schedule {name}: the pause no longer stops calls. To see if anything"
                    f" else does: bunkd-db status --schedule {name}"
                )
    for line in said:  # once it is committed
        say(line)


def describe_removal(url: str | None, schedule: str) -> str:
    """Return what `remove` would delete. Raises: as `change`."""
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        found = database.rows(connection, _REMOVED, {"name": schedule})
    if not found:
        raise UnknownSchedule(schedule)
    calls, secrets = int(str(found[0]["calls"])), int(str(found[0]["secrets"]))
    kept = {0: "", 1: ", its stored secret"}.get(secrets, f", its {secrets} stored secrets")
    return (
        f"This removes schedule {schedule}: its settings, cron jobs and triggers{kept} and its record of"
        f" {calls:,} {'call' if calls == 1 else 'calls'}. The queue {found[0]['queue']}, its jobs and"
        " the history of changes stay."
    )


def remove(url: str | None, schedule: str, say: Say, *, why: str) -> None:
    """Remove a schedule and what is stored for it. Raises: as `change`."""
    with _changing(url, schedule, why) as (connection, _):
        database.rows(
            connection, "select bunkd.remove_schedule(%(name)s) as done", {"name": schedule}
        )
    say(f"Removed schedule {schedule}. Its changes: bunkd-db history --schedule {schedule}")


def _paused(name: str, done: str, until: float | None) -> str:
    ends = "until it is resumed"
    if until is not None:
        ends = f"until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M} UTC"
    match done:
        case "ALREADY":
            return f"Schedule {name} is already paused {ends}: nothing was changed."
        case "CHANGED":
            return f"Changed the pause of schedule {name}: it lasts {ends}."
    return f"Paused schedule {name} {ends}: no more calls are made. Those in flight go on."


@contextmanager
def _changing(
    url: str | None, schedule: str | None, why: str
) -> Iterator[tuple[database.Connection, list[str]]]:
    """One transaction as the owner, with the names of what is meant."""
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        database.begin_change(connection, why)
        connection.execute("set local lock_timeout = '10s'")
        found = database.rows(connection, _NAMES, {"schedule": schedule or ""})
        if schedule and not found:
            raise UnknownSchedule(schedule)
        if not found:
            raise NotPossible(
                "there is no schedule in use in this database", "Run:", "bunkd-db upgrade"
            )
        yield connection, [str(each["name"]) for each in found]


def _state(connection: database.Connection, schedule: str) -> database.Row:
    return database.rows(connection, _STATE, {"name": schedule})[0]


def _settings(connection: database.Connection, schedule: str) -> Mapping[str, Any]:
    return database.as_object(
        database.rows(connection, _SET, {"schedule": schedule})[0]["settings"]
    )
