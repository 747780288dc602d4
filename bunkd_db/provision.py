"""The schedule in the database, outside of an upgrade."""

from __future__ import annotations

from bunkd_db import database, sql
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError, NotPossible
from bunkd_db.summary import summarize

_KEPT_IN = {"vault": "Vault secret bunkd:{}", "table": "table bunkd.secret, in the clear"}
_LIST = "select name from bunkd.schedule;"


def set_credential(url: str | None, schedule: str, credential: Credential) -> list[str]:
    """Store a schedule's credential and return the lines that say what is now true.

    Raises:
        NotPossible: nothing is installed, or the calls are made from outside the database.
        PermissionMissing: the schema bunkd is another role's, who would read the credential.
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
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
        ConfigurationError: there is no such schedule.
    """
    with database.worded_errors(), database.connect(url) as connection:
        rows = database.rows(connection, sql.read("queries/schedule_names"))
        found = database.rows(connection, sql.read("queries/credential"), {"schedule": schedule})
    names = [str(row["name"]) for row in rows]
    if schedule not in names:
        raise ConfigurationError(
            f"there is no schedule {schedule}",
            f"Use one of these: {', '.join(names)}. To list them: {_LIST}",
        )
    if not found:
        raise NotPossible(
            f"no credential is stored for schedule {schedule}",
            "Set it with: bunkd-db credential set",
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
