"""Write the `bunkd.toml` that a database has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from bunkd_db import database
from bunkd_db.errors import ConfigurationError, NotPossible
from bunkd_db.settings import ScheduleSettings
from bunkd_db.settings.declared import key, text_of

_ROWS = (
    "select s.name, to_jsonb(s) || jsonb_build_object('rescue_after', extract(epoch from s.rescue_after)) as settings"
    " from bunkd.schedule s where not s.deployed ? 'retired' order by s.name"
)
_HEAD = """\
# The schedules of a database, by bunkd-db schedule export. What is not set here stays as the database
# has it. Credentials, pauses, retired schedules and BUNKD_MODE are not in this file: see docs/settings.md.
"""


def export(url: str | None) -> str:
    """Return a file that an upgrade of the same database changes nothing with; no secret is in it.

    Raises:
        NotPossible: bunkd-db is not installed, or there is no schedule.
        PermissionMissing: the schema bunkd is another role's.
    """
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        found = database.rows(connection, _ROWS)
    if not found:
        raise NotPossible("there is no schedule in this database", "Run:", "bunkd-db upgrade")
    return _HEAD + "".join(
        "\n".join(_table(str(row["name"]), database.as_object(row["settings"]))) for row in found
    )


def _table(name: str, row: dict[str, Any]) -> Iterator[str]:
    yield f"\n[schedule.{name}]"
    for each in fields(ScheduleSettings):
        value = row.get(each.name)  # an older revision lacks some
        if value is None or value == {}:
            continue
        setting = key(str(each.metadata["variable"]))
        if why := _secret(each.name, value):
            yield f"# {setting}: left out, because {why}"
            continue
        written = _written(each.name, value)
        try:
            read = each.metadata["read"]
            same = read(setting, text_of(setting, written, read)) == _meant(each.name, value)
        except ConfigurationError:
            same = False
        if same:
            yield f"{setting} = {_toml(written)}"
        else:  # set by SQL
            yield f"# {setting}: left out, because no setting can have the value that the database has"
    yield ""


def _secret(column: str, value: Any) -> str:
    if column == "url" and "?" in value:
        return "its query can be a secret"
    if column == "body":
        return "it can hold a secret"
    if column == "headers":
        return "a header can be a secret"
    return ""


def _written(column: str, value: Any) -> Any:
    if column == "timeout_ms":
        return f"{value // 1000}s" if value % 1000 == 0 else f"{value}ms"
    if column == "rescue_after":
        return f"{value:.0f}s" if value else "0"
    return value


def _meant(column: str, value: Any) -> Any:
    """The value as its parser returns it."""
    if column == "rescue_after":
        return f"{value:g} s" if value < 100_000 else ""
    return tuple(value) if isinstance(value, list) else value


def _toml(value: Any) -> str:
    """Write a value of TOML: JSON but for one character; `${` is not to be filled.

    >>> print(_toml("a\\x7f${B}"), _toml(True), _toml(5), _toml(["a", 'b"']))
    "a\\u007f$${B}" true 5 ["a", "b\\""]
    """
    written = json.dumps(value, ensure_ascii=False)
    return written.replace("\x7f", "\\u007f").replace("${", "$${")
