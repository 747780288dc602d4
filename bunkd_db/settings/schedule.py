"""The settings that are columns of `bunkd.schedule`: a field each, named as its column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from bunkd_db.settings import parse
from bunkd_db.settings.parse import JSON

_T = TypeVar("_T")


def _variable(name: str, read: Callable[[str, str], _T]) -> _T | None:
    """Declare the variable of a field, and how its text is read; None where it is not set."""
    declared: Any = field(default=None, metadata={"variable": name, "read": read})
    found: _T | None = declared  # a field to the dataclass, its value to everybody else
    return found


@dataclass(frozen=True)
class RequestSettings:
    """What is sent, and where to: a worker may have its own."""

    url: str | None = _variable("BUNKD_CALL_URL", parse.url)
    headers: Mapping[str, str] | None = _variable("BUNKD_HEADERS", parse.headers)
    body: Mapping[str, JSON] | None = _variable("BUNKD_BODY", parse.body)
    credential_header: str | None = _variable("BUNKD_CREDENTIAL_HEADER", parse.header_name)


@dataclass(frozen=True)
class ScheduleSettings(RequestSettings):
    """What is set in this run; None is: as the database has it, else the default.

    `timeout_ms` is in milliseconds, `rescue_after` an interval as Postgres reads it.
    """

    every: str | None = _variable("BUNKD_EVERY", parse.every)
    max_in_flight: int | None = _variable("BUNKD_MAX_IN_FLIGHT", parse.count)
    jobs_per_call: int | None = _variable("BUNKD_JOBS_PER_CALL", parse.count)
    timeout_ms: int | None = _variable("BUNKD_CALL_TIMEOUT", parse.timeout)
    on_timeout: str | None = _variable("BUNKD_ON_TIMEOUT", parse.on_timeout)
    rescue_after: str | None = _variable("BUNKD_RESCUE_AFTER", parse.rescue_after)
    transport: str | None = _variable("BUNKD_TRANSPORT", parse.transport)
    wake: bool | None = _variable("BUNKD_WAKE", parse.switch)
    on_restore: str | None = _variable("BUNKD_ON_RESTORE", parse.on_restore)
    queue_table: str | None = _variable("BUNKD_QUEUE_TABLE", parse.table)
    queue_owner: str | None = _variable("BUNKD_QUEUE_OWNER", parse.role)
    queue_where: str | None = _variable("BUNKD_QUEUE_WHERE", parse.where)
    status_column: str | None = _variable("BUNKD_STATUS_COLUMN", parse.column)
    status_waiting: tuple[str, ...] | None = _variable("BUNKD_STATUS_WAITING", parse.status_values)
    status_active: tuple[str, ...] | None = _variable("BUNKD_STATUS_ACTIVE", parse.status_values)
    status_done: tuple[str, ...] | None = _variable("BUNKD_STATUS_DONE", parse.status_values)
    status_failed: tuple[str, ...] | None = _variable("BUNKD_STATUS_FAILED", parse.status_values)

    @classmethod
    def of(cls, values: Mapping[str, str]) -> ScheduleSettings:
        """Read them from texts by variable.

        Raises:
            ConfigurationError: a value cannot be used; the message names the variable.
        """
        found = {
            each.name: each.metadata["read"](variable, values[variable].strip())
            for each in fields(cls)
            if (variable := each.metadata["variable"]) in values
        }
        if "url" not in found and "SUPABASE_URL" in values:
            found["url"] = parse.function_url("SUPABASE_URL", values["SUPABASE_URL"])
        return replace(cls(), **found)

    def as_json(self) -> dict[str, JSON]:
        """Return what is set, by column, as `bunkd.provision` takes it."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in found.items()
            if value is not None
        }


def variables() -> dict[str, str]:
    """Return the variable of each column of `bunkd.schedule` that can be set."""
    return {each.name: str(each.metadata["variable"]) for each in fields(ScheduleSettings)}
