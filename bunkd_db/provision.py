"""The schedule in the database, outside of an upgrade."""

from __future__ import annotations

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.errors import NotPossible, UnknownSchedule
from bunkd_db.sql import statements
from bunkd_db.summary import summarize

_KEPT_IN = {"vault": "Vault secret bunkd:{}", "table": "table bunkd.secret, in plain text"}
_MODE = "select mode, mode_reason from bunkd.schedule where name = %(schedule)s"


def require_credential_wanted(url: str | None, schedule: str) -> None:
    """Refuse to take a credential that would not be stored, before anybody types it.

    Raises:
        NotPossible, PermissionMissing, ConfigurationError: as `set_credential`.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        _mode_wanting(connection, schedule)


def _mode_wanting(connection: database.Connection, schedule: str) -> None:
    found = database.rows(connection, _MODE, {"schedule": schedule})
    if not found:
        raise UnknownSchedule(schedule)
    if found[0]["mode"] == "external":
        raise NotPossible(
            f"the schedule is external, because {found[0]['mode_reason']}: this database stores no"
            " credential",
            "Give the credential to the worker or the external scheduler instead.",
        )


def set_credential(url: str | None, schedule: str, credential: Credential) -> list[str]:
    """Store a schedule's credential and return the lines that say what is now true.

    Raises:
        NotPossible: nothing is installed, or the calls are made from outside the database.
        PermissionMissing: the schema bunkd is another role's, who would read the credential.
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        _mode_wanting(connection, schedule)
        database.say_who(connection, "command")
        database.store_credential(connection, schedule, credential, "operator")
        report = database.attach_wakes(connection, schedule)
    where = (
        f"Vault (secret bunkd:{schedule})"
        if report["credential_store"] == "vault"
        else "the table bunkd.secret"
    )
    return [f"Stored the credential for schedule {schedule} in {where}.", *summarize(report)]


def show_credential(url: str | None, schedule: str) -> dict[str, str]:
    """Return where a schedule's credential is and what kind it is, as strings by stable key.

    Raises:
        NotPossible: nothing is installed, or no credential is kept for this schedule.
        PermissionMissing: the schema bunkd is another role's.
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        known = database.rows(connection, _MODE, {"schedule": schedule})
        found = database.rows(connection, sql.read("queries/credential"), {"schedule": schedule})
    if not known:
        raise UnknownSchedule(schedule)
    if not found and known[0]["mode"] == "external":
        raise NotPossible(
            f"no credential is stored for schedule {schedule}: it is external, because"
            f" {known[0]['mode_reason']}",
            "Look where the calls are made from: the worker or the external scheduler has it.",
        )
    if not found:
        raise NotPossible(
            f"no credential is stored for schedule {schedule}",
            "Run:",
            statements.set_credential(schedule),
        )
    shown = {name: str(value) for name, value in found[0].items()}
    kept_in = _KEPT_IN[shown["store"]].format(schedule)
    return {
        "schedule": shown["schedule"],
        "kind": shown["kind"],
        "kept_in": kept_in,
        "sent_in": shown["sent_in"],
        "set_at": shown["set_at"],
    }
