"""Where the calls go, as the database sees it."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db import loopback
from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.printable import without_query


@dataclass(frozen=True)
class ServerAddress(Row, query="server_address", what="the server's own address"):
    """Where the server took our connection; None for a local socket."""

    address: str | None


@check("call_url", order=440)
def call_url(context: Context) -> Finding:
    facts = context.facts
    schedule, url = facts.one(Schedule), facts.call_url
    if url is None:
        return skip("no url is set")
    if schedule and schedule.is_external:
        return skip("the database does not make the calls")
    found = facts.one(ServerAddress)
    shown = without_query(url)
    if loopback.misleads(url, found.address if found else None):
        detail = f"the database makes the call, and {shown} is on the database's own machine"
        return warn(Code.LOOPBACK, detail, loopback.REMEDY)
    return ok(f"the calls go to {shown}")
