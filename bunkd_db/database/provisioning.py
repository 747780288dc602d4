"""What an upgrade hands over: the settings, and the credential through its door."""

from __future__ import annotations

from typing import LiteralString

from bunkd_db.credential import Credential
from bunkd_db.database.connection import Connection, Row, as_object, rows


def store_credential(
    connection: Connection, schedule: str, credential: Credential, origin: LiteralString
) -> None:
    """Hand the credential over through `bunkd.credential_inbox`, the only door.

    Binary COPY, because a bind parameter is in the server's log at `log_statement=all`.
    `origin` is `deploy` or `operator`: a deploy never reverts what an operator has set.
    """
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy bunkd.credential_inbox (schedule, value, origin) from stdin (format binary)"
        ) as copy,
    ):
        copy.set_types(["text", "text", "text"])
        copy.write_row((schedule, credential.reveal(), origin))


def provision(connection: Connection, settings: str, credential: Credential | None) -> Row:
    """Run `bunkd.provision`, hand the credential over where it is wanted, return `bunkd.report`."""
    report = _report(connection, "select bunkd.provision(%(given)s::jsonb) as report", settings)
    if credential and report["mode"] == "native" and not report["fenced"]:
        schedule = str(report["schedule"])
        store_credential(connection, schedule, credential, "deploy")
        report |= _report(connection, "select bunkd.report(%(given)s) as report", schedule)
    return report


def _report(connection: Connection, query: LiteralString, given: str) -> Row:
    return as_object(rows(connection, query, {"given": given})[0]["report"])
