"""Who could put code where calls are sent."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.extension import PG_NET
from bunkd_db.capabilities.wording import some_of


@dataclass(frozen=True)
class NetWriter(Row, query="net_writers", what="who can put code into pg_net", needs=(PG_NET,)):
    """Another login role that can put a trigger or a function where calls are sent."""

    name: str


@check("net_writers", order=920, of_sender=True)
def net_writers(context: Context) -> Finding:
    if context.facts.extensions["pg_net"].installed is None:
        return skip("pg_net is not installed yet")
    if (schedule := context.facts.schedule) and schedule.is_external:
        return skip("the database does not make the calls")
    writers = context.facts.all(NetWriter)
    if not writers:
        return ok("no other login role can put a trigger or a function where calls are sent")
    return fail(
        Code.CODE_WRITABLE,
        "these login roles can put their code where calls are sent, and so stop them:"
        f" {some_of([each.name for each in writers])}",
        "As the owner of pg_net's tables:",
        "revoke trigger on net.http_request_queue, net._http_response from public;",
        "revoke update on sequence net.http_request_queue_id_seq from public;",
    )
