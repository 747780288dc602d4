"""`bunkd.toml`, or `[tool.bunkd]` in `pyproject.toml`: several schedules, declared.

Its keys are the variables of `ScheduleSettings` without `BUNKD_`, in lower case: there is no other list.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import parse, toml
from bunkd_db.settings.parse import JSON
from bunkd_db.settings.schedule import ScheduleSettings

FILE, PROJECT = "bunkd.toml", "pyproject.toml"
# as TOML can write [tool.bunkd]
_SECTION = re.compile(
    r"""^[^#\n]*\btool\b["'\s]*(\.|\].*?\n|=)[^#]*?\bbunkd\b""", re.MULTILINE | re.DOTALL
)
_STORED = "bunkd-db {} --schedule {}"
_SECRETS = {
    "credential": "credential set",
    "alert_webhook": "alert set",
    "heartbeat_url": "alert set --heartbeat",
}
# a value of the file is stored in plain text, and shown
SECRET_VARIABLES = re.compile(
    "CREDENTIAL|PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE|SERVICE_ROLE|_KEY$|APIKEY|^PGPASS|^DATABASE_URL$|WEBHOOK"
    "|HEARTBEAT_URL$",
    re.IGNORECASE,
)
_TYPES: dict[object, tuple[type, ...]] = {
    parse.count: (int, str),
    parse.switch: (bool, str),
    parse.headers: (dict,),
    parse.body: (dict,),
    parse.status_values: (list, str),
}
_WORDS = {int: "a number", bool: "true or false", dict: "a table", list: "a list", str: "a string"}


@dataclass(frozen=True)
class Declared:
    """The schedules of a file.

    Attributes:
        file: as messages name it.
    """

    file: str
    schedules: Mapping[str, ScheduleSettings]


def key(variable: str) -> str:
    """Return the key of a variable.

    >>> key("BUNKD_MAX_IN_FLIGHT")
    'max_in_flight'
    """
    return variable.removeprefix("BUNKD_").lower()


def types(read: object) -> tuple[type, ...]:
    """Return the types of TOML that a value read by this parser can have."""
    return _TYPES.get(read, (str,))


def find(values: Mapping[str, str], named: str | os.PathLike[str] | None = None) -> Declared | None:
    """Read the file that is named, else `BUNKD_CONFIG`'s, else the one in the current directory.

    `values` are what `${NAME}` takes. None where there is no file, or no `[tool.bunkd]` in it.

    Raises:
        ConfigurationError: it cannot be read, or declares what cannot be; it names everything at once.
    """
    name = os.fspath(named) if named is not None else values.get("BUNKD_CONFIG", "").strip()
    if name:
        found = _read(Path(name), values)
        if found is None:
            raise ConfigurationError(f"{name} has no [tool.bunkd]", "Name the file that has it.")
        return found
    for path in (Path(FILE), Path(PROJECT)):
        if os.path.lexists(path):
            found = _read(path, values)
            if found is not None:
                return found
    return None


def _read(path: Path, values: Mapping[str, str]) -> Declared | None:
    in_project = path.name.endswith(PROJECT)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # who reads a pipe waits
            raise ConfigurationError(f"{path} is not a file")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"cannot read {path}: it is not valid UTF-8") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no path"
        raise ConfigurationError(f"cannot read {path}: {why}") from None
    if in_project and not _SECTION.search(text):  # what else is wrong in it is nothing of ours
        return None
    try:
        root, lines = toml.parse(text)
    except toml.Invalid as error:
        raise ConfigurationError(f"{path}:{error.line}: {error}") from None
    within: toml.Path = ("tool", "bunkd") if in_project else ()
    for n in range(len(within)):
        root = root.get(within[n], {})
        if not isinstance(root, dict):
            line = lines.get(within[: n + 1], 1)
            raise ConfigurationError(f"{path}:{line}: {'.'.join(within[: n + 1])} is no table")
    if in_project and not root:
        return None
    here = {p[len(within) :]: n for p, n in lines.items() if p[: len(within)] == within}
    reader = _Reader(str(path), values, here, [])
    schedules = reader.schedules(root)
    if reader.errors:
        said = [error for _, error in sorted(reader.errors)]
        if len(said) == 1:
            raise ConfigurationError(said[0])
        raise ConfigurationError(
            "\n  ".join([f"{path} has {len(said)} errors; nothing was changed:", *said])
        )
    return Declared(str(path), schedules)


@dataclass
class _Reader:
    """Reads the tables of one file; what cannot be used is noted, with its line, and left out."""

    file: str
    values: Mapping[str, str]
    lines: Mapping[toml.Path, int]
    errors: list[tuple[int, str]]

    def schedules(self, root: toml.Table) -> dict[str, ScheduleSettings]:
        for name in root:
            if name != "schedule":
                self._refuse((name,), f"{name!r} is not known{_nearest(name, ['schedule'])}")
        tables = root.get("schedule", {})
        if not isinstance(tables, dict) or not tables:
            if "schedule" in root or not self.errors:
                self._refuse(("schedule",), "it declares no [schedule.NAME]")
            return {}
        return {name: self._schedule(name, table) for name, table in tables.items()}

    def _schedule(self, name: str, table: object) -> ScheduleSettings:
        path = ("schedule", name)
        if not isinstance(table, dict):
            one = "write [schedule.NAME], once for each"
            self._refuse(path, f"schedule.{name} is no table: {one}")
            return ScheduleSettings()
        try:
            if parse.schedule_name("the schedule's name", name) != name:
                self._refuse(path, f"the schedule's name is {name!r}, with blanks around it")
        except ConfigurationError as error:
            self._refuse(path, _sentence(error))
        known = {key(str(each.metadata["variable"])): each for each in fields(ScheduleSettings)}
        found: dict[str, Any] = {}
        for each, value in table.items():
            where = (*path, each)
            if each in _SECRETS:
                command = _STORED.format(_SECRETS[each], name)
                self._refuse(
                    where,
                    f"{each} is a secret and does not belong in this file. Run: {command}",
                )
            elif each not in known:
                self._refuse(where, f"{each!r} is not a setting{_nearest(each, known)}")
            else:
                read = known[each].metadata["read"]
                try:
                    text = text_of(each, toml.filled(value, self.values, SECRET_VARIABLES), read)
                    parse.require_utf8(each, text)
                    found[known[each].name] = read(each, text)
                except ConfigurationError as error:
                    said = _sentence(error)
                    if "${" in str(value):  # what was filled in can be a secret by mistake
                        said = f"{each} cannot have what its ${{…}} gives. {error.help}"
                    self._refuse(where, said)
                except ValueError as error:
                    self._refuse(where, f"{each} {error}")
        return replace(ScheduleSettings(), **found)

    def _refuse(self, path: toml.Path, why: str) -> None:
        while path and path not in self.lines:
            path = path[:-1]
        line = self.lines[path] if path else 1
        self.errors.append((line, f"{self.file}:{line}: {why}"))


def text_of(name: str, value: object, read: object) -> str:
    """Write a value as its variable would have it.

    >>> text_of("max_in_flight", 5, parse.count), text_of("status_done", ["a", "b"], parse.status_values)
    ('5', 'a,b')
    """
    allowed = types(read)
    if type(value) not in allowed:
        raise ConfigurationError(f"{name} must be {' or '.join(_WORDS[each] for each in allowed)}")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        try:
            text = json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):  # a date, not a number: JSON has none
            raise ConfigurationError(f"{name} has a value that JSON cannot have") from None
        if re.search(r"\\u0000|\\ud[89a-f]", text):
            raise ConfigurationError(f"{name} has a character that PostgreSQL cannot store")
        return text
    if isinstance(value, list):
        if any(not isinstance(each, str) or "," in each for each in value):
            raise ConfigurationError(f"{name} must be a list of strings without commas")
        return ",".join(value)
    return str(value).strip()


def _sentence(error: ConfigurationError) -> str:
    return ". ".join(filter(None, [str(error.args[0]), error.help.rstrip(".")]))


def _nearest(name: str, known: Any) -> str:
    near = get_close_matches(name, [*known], 1, 0.6)
    return f". Did you mean {near[0]}?" if near else ""


def schema() -> dict[str, JSON]:
    """Return the JSON Schema of the file, for editors: docs/bunkd.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bunkd.toml",
        "description": "The schedules of bunkd-db: docs/settings.md has the keys, in upper case after BUNKD_.",
        "type": "object",
        "required": ["schedule"],
        "additionalProperties": False,
        "properties": {
            "schedule": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": f"^{parse.SCHEDULE_NAME}$"},
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict(_properties()),
                },
            }
        },
    }


def _properties() -> Iterator[tuple[str, JSON]]:
    names = {int: "integer", bool: "boolean", dict: "object", list: "array", str: "string"}
    for each in fields(ScheduleSettings):
        variable = str(each.metadata["variable"])
        found = [names[kind] for kind in types(each.metadata["read"])]
        written: dict[str, JSON] = {
            "description": f"As {variable}.",
            "type": found[0] if len(found) == 1 else [*found],
        }
        if "array" in found:
            written["items"] = {"type": "string", "pattern": "^[^,]+$"}
        yield key(variable), written
