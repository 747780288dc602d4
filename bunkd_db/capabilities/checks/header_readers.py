"""Who could read the credential while it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.capabilities.rows.extension import PG_NET
from bunkd_db.capabilities.wording import some_of

# at these pgsql-http says every header to the server's log
_TELLING = {f"debug{level}" for level in range(2, 6)}
# what does no or little harm where it is read
_MODEST = {"jwt-anon", "supabase-publishable-key", "token", "jwt"}


@dataclass(frozen=True)
class HeaderReader(Row, query="header_readers", what="who reads pg_net's queue", needs=(PG_NET,)):
    """Another login role that can read what pg_net is about to send."""

    name: str


@check("header_readers", order=910)
def header_readers(context: Context) -> Finding:
    facts = context.facts
    if facts.schedule and facts.schedule.by_lanes:
        return _in_the_log(facts.setting("log_min_messages"), facts.schedule.name)
    if facts.extensions["pg_net"].installed is None:
        return skip("pg_net is not installed yet")
    readers = facts.all(HeaderReader)
    if not readers:
        return ok("no other login role can read pg_net's queue")
    some, credential = some_of([each.name for each in readers]), facts.seen_one(Credential)
    if credential is None:
        return ok(f"these login roles can read what pg_net is about to send: {some}")
    if credential.kind in _MODEST:
        detail = f"these login roles can read the credential while pg_net sends it: {some}"
        return ok(f"{detail}; it opens nothing but the function")
    return warn(
        Code.HEADERS_READABLE,
        f"while pg_net sends a call, these login roles can read its headers: {some}",
        "Send a credential that is harmless if read: a token that only your function accepts, or,"
        " where its gateway only wants a valid one, the public anon key.",
    )


def _in_the_log(level: str | None, schedule: str) -> Finding:
    if level in _TELLING:
        return warn(
            Code.HEADERS_LOGGED,
            f"log_min_messages is {level}: pgsql-http writes every header that it sends, the credential"
            " among them, to the server's log",
            "Set log_min_messages to debug1 or higher (its default is warning), reload the server's"
            " configuration, and replace the credential if others can read that log:",
            f"bunkd-db credential rotate --schedule {schedule}",
        )
    return ok("pgsql-http sends the calls: the credential is in no queue")
