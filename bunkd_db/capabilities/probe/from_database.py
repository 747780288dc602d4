"""Send the call through pg_net, exactly as a tick would, or by pgsql-http, and wait for its answer."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from bunkd_db import database, sql
from bunkd_db.calling.answer import Failure, Outcome
from bunkd_db.capabilities.probe import from_here
from bunkd_db.capabilities.probe.heard import Heard, kind_of
from bunkd_db.capabilities.rows.schedule import Schedule

Place = Literal["current", "next"]
_SENDER = "the database"
_GRACE_SECONDS = 5.0  # pg_net may be in the middle of somebody else's batch
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class _Sent:
    """The call that was sent, as pg_net and the ledger number it."""

    call: int
    timeout_ms: int
    sent: datetime
    request: int


@dataclass(frozen=True)
class _Found:
    """Its answer, as the ledger gets it."""

    outcome: Outcome
    status_code: int | None
    job_id: str | None
    detail: str | None
    seconds: float


@dataclass(frozen=True)
class _Probed(_Found):
    """A call that was sent and answered in one statement, where pgsql-http sends."""

    call: int
    sent: datetime
    request: None


def send(url: str | None, schedule: Schedule, place: Place = "current") -> Heard:
    """Send one call with the credential in `place`, and return its answer; the ledger gets it too.

    Raises:
        BunkdError: the role may not, or the connection was lost.
    """
    given: dict[str, object] = {"schedule": schedule.name, "place": place}
    with database.worded_errors(), database.connect(url, autocommit=True) as connection:
        if schedule.has_lanes:
            query = sql.read("queries/probe_http")
            [probed] = database.rows_of(_Probed, connection, query, given)
            _record(connection, place, given | asdict(probed), probed)
            return _heard(probed, str(schedule.url))
        query = sql.read("queries/probe_send")
        [sent] = database.rows_of(_Sent, connection, query, given)
        given |= asdict(sent)
        found = _wait(connection, given, sent.timeout_ms / 1000 + _GRACE_SECONDS)
        if found is None:
            return Heard(_SENDER, schedule.timeout_ms / 1000 + _GRACE_SECONDS, failure="unsent")
        _record(connection, place, given | asdict(found), found)
    return _heard(found, str(schedule.url))


def _record(
    connection: database.Connection, place: Place, given: dict[str, object], found: _Found
) -> None:
    # of one that is only tried, a rejection is no failure of the schedule
    if place == "current" or found.outcome != "rejected":
        database.rows(connection, sql.read("queries/probe_record"), given)


def _wait(
    connection: database.Connection, sent: dict[str, object], timeout: float
) -> _Found | None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        query = sql.read("queries/probe_answer")
        if found := database.rows_of(_Found, connection, query, sent):
            return found[0]
        time.sleep(_PAUSE_SECONDS)
    return None


def _heard(found: _Found, url: str) -> Heard:
    failure: Failure | None = None
    if found.status_code is None:
        failure = "timeout" if found.outcome == "timeout" else kind_of(found.detail or "")
    return Heard(
        _SENDER,
        found.seconds,
        found.outcome,
        failure,
        found.status_code,
        found.detail or "",
        # pg_net follows redirects and does not tell: ask from here, without the credential
        from_here.redirect_of(url, found.status_code, failure),
    )
