"""Send the call through pg_net, exactly as a tick would, and wait for its answer."""

from __future__ import annotations

import time

from bunkd_db import database, sql
from bunkd_db.capabilities.answers import Schedule
from bunkd_db.capabilities.probe import from_here
from bunkd_db.capabilities.probe.answer import Answer, kind_of

_SENDER = "the database"
_GRACE_SECONDS = 5.0  # pg_net may be in the middle of somebody else's batch
_PAUSE_SECONDS = 0.05
_WELL = {"ok", "empty", "job_failed"}


def send(url: str | None, schedule: Schedule) -> Answer:
    """Send one call and return its answer; the ledger gets it too.

    Raises:
        BunkdError: the role may not, or the connection was lost.
    """
    given: dict[str, object] = {"schedule": schedule.name}
    with database.worded_errors(), database.connect(url, autocommit=True) as connection:
        [sent] = database.rows(connection, sql.read("queries/probe_send"), given)
        found = _wait(connection, sent)
        if found is None:
            return Answer(_SENDER, schedule.timeout_ms / 1000 + _GRACE_SECONDS, failure="unsent")
        database.rows(connection, sql.read("queries/probe_record"), {**given, **sent, **found})
    return _answer(found, str(schedule.url))


def _wait(connection: database.Connection, sent: database.Row) -> database.Row | None:
    timeout = float(str(sent["timeout_ms"])) / 1000 + _GRACE_SECONDS
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = database.rows(connection, sql.read("queries/probe_answer"), sent)
        if found:
            return found[0]
        time.sleep(_PAUSE_SECONDS)
    return None


def _answer(found: database.Row, url: str) -> Answer:
    outcome, text = str(found["outcome"]), str(found["detail"] or "")
    seconds = float(str(found["seconds"]))
    # pg_net follows redirects and does not tell: ask from here, without the credential
    redirect = from_here.redirect_of(url, post=outcome not in _WELL)
    if found["status_code"] is None:
        failure = "timeout" if outcome == "timeout" else kind_of(text)
        return Answer(_SENDER, seconds, failure=failure, text=text, redirect=redirect)
    return Answer(
        _SENDER,
        seconds,
        status=int(str(found["status_code"])),
        text=text,
        job_failed=outcome == "job_failed",
        redirect=redirect,
    )
