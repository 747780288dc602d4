"""What an upgrade hands over: the settings, and the credential through its door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, LiteralString, TypedDict, cast

from psycopg.rows import dict_row

from bunkd_db.credential import Credential
from bunkd_db.database.connection import Connection, as_object, rows
from bunkd_db.errors import PermissionMissing

if TYPE_CHECKING:
    from bunkd_db.summary import Report


class Done(TypedDict):
    """What `bunkd.provision` returns."""

    credential_wanted: bool
    was_native: bool
    closed_net: bool
    remedy: str | None
    commands: list[str] | None
    copy: bool
    stored_urls: list[str]
    differs: list[str] | None
    taken: bool | None
    revived: bool | None
    retired: list[str] | None


# removing one counts as setting it, too
_STORED = """
select c.place from bunkd.credential c
 where c.schedule = %(schedule)s and c.place in ('alert', 'heartbeat') and c.store <> 'removed'
   and c.set_at >= pg_catalog.transaction_timestamp() order by c.place
"""


def require_owner(connection: Connection) -> None:
    """Make sure that the schema `bunkd` is this role's own: anybody may create one of that name.

    Raises:
        PermissionMissing: it is another role's.
    """
    found = rows(
        connection,
        "select pg_get_userbyid(n.nspowner) as owner, current_user as role"
        " from pg_namespace n where n.nspname = 'bunkd'",
    )
    for each in found:
        if each["owner"] != each["role"]:
            raise PermissionMissing(
                f"schema bunkd belongs to role {each['owner']}, but this is role {each['role']}",
                f"Connect as {each['owner']}.",
            )


def store_credential(
    connection: Connection,
    schedule: str,
    credential: Credential,
    origin: LiteralString,
    place: LiteralString = "current",
) -> None:
    """Hand the credential over through `bunkd.credential_inbox`, the only door.

    Binary COPY, because a bind parameter is in the server's log at `log_statement=all`.
    `origin` is `deploy` or `operator`: a deploy never reverts what an operator has set. `place` is
    what it is for, as in bunkd.credential.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy bunkd.credential_inbox (schedule, value, origin, place)"
            " from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["text", "text", "text", "text"])
        copy.write_row((schedule, credential.reveal(), origin, place))


def provision(
    connection: Connection,
    settings: Mapping[str, object],
    credential: Credential | None,
    urls: Mapping[LiteralString, Credential | None] | None = None,
) -> Done:
    """Run `bunkd.provision` and hand the credential over where it is wanted.

    `urls` are those of alerts and heartbeats, by place; a copy takes none.

    Returns what `bunkd.provision` does, for `attach_wakes`' report, and the places of new urls.
    """
    query: LiteralString = "select bunkd.provision(%(given)s::jsonb) as done"
    found = as_object(rows(connection, query, {"given": json.dumps(settings)})[0]["done"])
    # of a copy there is no more to say
    nothing: dict[str, object] = {
        "was_native": False,
        "closed_net": False,
        "remedy": None,
        "commands": None,
        "copy": False,
        "stored_urls": [],
        "differs": None,
        "taken": None,
        "revived": None,
        "retired": None,
    }
    done = cast("Done", nothing | found)
    if credential and done["credential_wanted"]:
        store_credential(connection, str(settings["schedule"]), credential, "deploy")
    given = {place: url for place, url in (urls or {}).items() if url and not done["copy"]}
    for place, url in given.items():
        store_credential(connection, str(settings["schedule"]), url, "deploy", place)
    if given:
        stored = rows(connection, _STORED, {"schedule": settings["schedule"]})
        done["stored_urls"] = [str(each["place"]) for each in stored]
    return done


def change_schedule(connection: Connection, schedule: str, wanted: str) -> Report:
    """Run `bunkd.change_schedule` with a JSON object by column, and return its report."""
    query: LiteralString = "select bunkd.change_schedule(%(schedule)s, %(wanted)s::jsonb) as report"
    found = rows(connection, query, {"schedule": schedule, "wanted": wanted})[0]["report"]
    return cast("Report", as_object(found))


def is_others(connection: Connection, name: str) -> bool:
    """Whether there is a schedule of this name that no bunkd.toml has made."""
    query: LiteralString = (
        "select 1 as found from bunkd.schedule s where s.name = %(name)s"
        " and s.deployed ->> 'by' is distinct from 'file'"
    )
    return bool(rows(connection, query, {"name": name}))


def report_schedule(connection: Connection, schedule: str) -> Report:
    """Run `bunkd.report_schedule`."""
    query: LiteralString = "select bunkd.report_schedule(%(schedule)s) as report"
    found = rows(connection, query, {"schedule": schedule})[0]["report"]
    return cast("Report", as_object(found))


def attach_wakes(connection: Connection, schedule: str) -> Report:
    """Run `bunkd.attach_wakes`, right before the commit, and return its report."""
    query: LiteralString = (
        "select bunkd.attach_wakes(%(schedule)s) as report,"
        " pg_catalog.host(pg_catalog.inet_server_addr()) as server_address"
    )
    # not through `rows`, whose savepoint would take two more round trips
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query, {"schedule": schedule}).fetchone()
    assert found is not None
    report = as_object(found["report"]) | {"server_address": found["server_address"]}
    return cast("Report", report)
