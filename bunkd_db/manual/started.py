"""A call that has a slot, or the obstacle that keeps it from having one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bunkd_db import database
from bunkd_db.calling.offered import number
from bunkd_db.errors import Refused
from bunkd_db.manual.called import Ended

_START = "select bunkd.start_manual_call(%(schedule)s, %(worker)s) as reply"
_READ = "select bunkd.read_manual_call(%(schedule)s, %(call)s) as reply"


@dataclass(frozen=True)
class Started:
    """What `bunkd.start_manual_call` hands out.

    Attributes:
        timeout: seconds until the answer has to be there.
        kind: the stored credential's; empty where none is stored.
        reply: the columns of the schedule that say what to send.
    """

    call: int
    url: str
    timeout: float
    kind: str
    reply: Mapping[str, object]


def start(connection: database.Connection, schedule: str, worker: str | None) -> Started:
    """Take a slot; without `worker` pg_net or the next lane gets the call.

    Raises:
        Refused: no call can be made now.
    """
    [row] = database.rows(connection, _START, {"schedule": schedule, "worker": worker})
    reply = database.as_object(row["reply"])
    if reply["obstacle"]:
        found = database.as_object(reply["obstacle"])
        commands = cast("list[str]", found["commands"] or [])
        raise Refused(
            str(found["code"]),
            str(found["detail"]),
            str(found["remedy"] or ""),
            *commands,
        )
    return Started(
        int(number(reply["call"])),
        str(reply["url"] or ""),
        number(reply["timeout_ms"]) / 1000,
        str(reply["kind"] or ""),
        reply,
    )


def read(connection: database.Connection, schedule: str, call: int) -> Ended | None:
    """Return what the ledger has of a call; None where that cannot be said at the moment."""
    [row] = database.rows(connection, _READ, {"schedule": schedule, "call": call})
    return None if row["reply"] is None else Ended(**cast("dict[str, object]", row["reply"]))  # type: ignore[arg-type]
