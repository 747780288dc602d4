"""What a test job would be, before anything is done."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from bunkd_db import database
from bunkd_db.errors import ConfigurationError, Refused
from bunkd_db.printable import printable
from bunkd_db.settings import Settings

_PREVIEW = "select bunkd.preview_test_job(%(schedule)s, %(set)s::jsonb, %(from)s) as found"
# a test job would wait for nothing but the timeout
_HOPELESS = ("NOT_SCHEDULED", "STANDBY", "COPY", "HELD", "PAUSED", "NO_URL", "NO_CREDENTIAL")


@dataclass(frozen=True)
class Payload:
    """What the row of the test job gets.

    Attributes:
        given: text by column, as the operator gave it.
        job: the id of a job whose payload is copied; None: none is.
    """

    given: Mapping[str, str]
    job: str | None = None

    def parameters(self, schedule: str) -> dict[str, object]:
        """Return what our functions take."""
        return {"schedule": schedule, "set": json.dumps(dict(self.given)), "from": self.job}


@dataclass(frozen=True)
class Preview:
    """A test job that can be put into the queue.

    Attributes:
        columns: by where their values come from: set, copied, made.
        others_wait: whether other jobs can be claimed now.
    """

    schedule: str
    queue: str
    url: str | None
    on_timeout: str
    columns: Mapping[str, tuple[str, ...]]
    others_wait: bool

    @property
    def cost(self) -> str:
        """What a test costs, in words."""
        function = self.url or "the function"
        return (
            f"This puts one test job into {self.queue} and costs what a real job costs: one run of"
            f" {function}, and what the providers that it uses charge for it."
        )

    @property
    def content(self) -> str:
        """What the test job's row gets, in words; never a value."""
        said = {"set": "as given", "copied": "copied", "made": "made up"}
        parts = [
            f"{', '.join(names)} ({said[source]})"
            for source, names in self.columns.items()
            if names
        ]
        return f"Its row: {'; '.join(parts)}."


def preview(settings: Settings, payload: Payload) -> Preview:
    """Return what would be put into the queue.

    Raises:
        ConfigurationError: a column needs a value that is not given; there is no such schedule or column.
        Refused: no call would be made for it.
        NotPossible, PermissionMissing, DatabaseUnavailable: the database could not be asked.
    """
    with (
        database.worded_errors(),
        database.connect_to_write(settings.database_url) as connection,
    ):
        database.require_owner(connection)
        given = payload.parameters(settings.schedule_name)
        [row] = database.rows(connection, _PREVIEW, given)
    found: dict[str, Any] = database.as_object(row["found"])
    columns = {
        source: tuple(each["column"] for each in found["columns"] if each["source"] == source)
        for source in ("set", "copied", "made", "missing")
    }
    _require_all(settings.schedule_name, found, columns.pop("missing"))
    _require_calls(cast("list[dict[str, Any]]", found["obstacles"]))
    return Preview(
        settings.schedule_name,
        str(found["queue"]),
        found["url"],
        str(found["on_timeout"]),
        columns,
        bool(found["others_wait"]),
    )


def _require_all(schedule: str, found: Mapping[str, Any], missing: tuple[str, ...]) -> None:
    if not missing:
        return
    types = {each["column"]: each["type"] for each in found["columns"]}
    named = ", ".join(f"{name} ({types[name]})" for name in missing)
    example = " ".join(f"--set {shlex.quote(f'{name}=VALUE')}" for name in missing)
    commands = [f"bunkd-db smoke {example} --schedule {schedule}"]
    if found["newest"] and printable(found["newest"]) == found["newest"]:
        job = shlex.quote(found["newest"])
        commands.append(f"bunkd-db smoke --from-job {job} --schedule {schedule}")
    raise ConfigurationError(
        f"{found['queue']} needs values for columns that have no default: {named}",
        "Give them, or copy them from a job that went well:" if len(commands) > 1 else "Give them:",
        *commands,
    )


def _require_calls(obstacles: list[dict[str, Any]]) -> None:
    for each in obstacles:
        if each["code"] in _HOPELESS:
            raise Refused(
                each["code"],
                f"no test job was made, because it would only wait: {each['detail']}",
                each["remedy"] or "",
                *(each["commands"] or ()),
            )
