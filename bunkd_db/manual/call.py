"""Make one call now: take a slot, send, and wait for the answer as the ledger gets it."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from bunkd_db import database
from bunkd_db.calling.answer import FAILURES, Failure
from bunkd_db.capabilities.probe import from_here as probe_from_here
from bunkd_db.capabilities.probe.heard import Heard, kind_of
from bunkd_db.capabilities.probe.judge import judge
from bunkd_db.manual import from_database, from_here
from bunkd_db.manual.called import Called, Ended, Via
from bunkd_db.manual.started import Started
from bunkd_db.models import Check
from bunkd_db.printable import without_query
from bunkd_db.settings import Settings

_GOES_ON = "The function keeps running (on_timeout is detach): its slot is free when its job ends."
_LOST = "Read the function's log: nobody knows how the call ended."
_MODE = "select mode from bunkd.schedule where name = %(name)s"
_SENDERS = {Via.DATABASE: "the database", Via.HERE: "this machine"}


def call(settings: Settings, via: Via | None) -> Called:
    """Make one call of a schedule's function; None: whoever makes this schedule's calls sends it.

    Raises:
        Refused: no call can be made now: no slot is free, paused, backing off …
        ConfigurationError: there is no such schedule, or what this machine needs to send is not set.
        NotPossible, PermissionMissing, DatabaseUnavailable: the database could not be asked.
    """
    with (
        database.worded_errors(),
        database.connect_to_write(settings.database_url) as connection,
    ):
        database.require_owner(connection)
        via = via or _usual(connection, settings.schedule_name)
        send = from_here.send if via is Via.HERE else from_database.send
        started, ended = send(connection, settings)
    return Called(
        settings.schedule_name,
        via,
        started.call,
        without_query(started.url),
        ended,
        _judged(via, started, ended, settings.schedule_name),
    )


def _usual(connection: database.Connection, schedule: str) -> Via:
    """Return who makes this schedule's calls."""
    found = database.rows(connection, _MODE, {"name": schedule})
    return Via.HERE if found and found[0]["mode"] == "external" else Via.DATABASE


def _judged(via: Via, started: Started, ended: Ended, schedule: str) -> Check:
    if ended.outcome == "lost" and not ended.unsent:
        return Check("call", "fail", f"the call is lost: {ended.detail}", _LOST, "LOST")
    heard = _heard(via, started, ended)
    if ended.outcome == "timeout" and not ended.failed:
        host = urlsplit(started.url).hostname
        said = f"{host} did not answer {heard.sender} within {started.timeout:g} s"
        return Check("call", "pass", said, _GOES_ON)
    return judge(heard, started.url, started.kind, schedule)


def _heard(via: Via, started: Started, ended: Ended) -> Heard:
    sender, waited = _SENDERS[via], started.timeout + from_database.GRACE_SECONDS
    if ended.outcome is None or ended.outcome == "lost":
        unsent: Literal["unsent", "not taken"] = "not taken" if ended.by_lane else "unsent"
        return Heard(sender, waited, failure=unsent if ended.unsent else "timeout")
    failure: Failure | None = None
    if ended.status_code is None:
        failure = "timeout" if ended.outcome == "timeout" else kind_of(ended.detail or "")
    redirect = ""
    if ended.outcome in FAILURES and not failure:
        # who sent it tells of no redirect: ask from here, without the credential
        redirect = probe_from_here.redirect_of(started.url, ended.status_code)
    return Heard(
        sender,
        ended.seconds or 0.0,
        ended.outcome,
        failure,
        ended.status_code,
        ended.detail or "",
        redirect,
    )
