"""Whether the installing role can use pg_cron and pg_net once they are installed."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import extension_check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.extension import PG_NET


@dataclass(frozen=True)
class NetGrants(Row, query="net_grants", what="privileges on pg_net", needs=(PG_NET,)):
    """What the installing role can do with pg_net."""

    usage: bool
    queue: bool
    response: bool
    sequence: bool
    functions: bool

    @property
    def complete(self) -> bool:
        return self.usage and self.queue and self.response and self.sequence and self.functions


@extension_check("usage", order=60, decides=True)
def usage(context: Context, name: str) -> Finding | None:
    found = context.facts.extensions[name]
    if found.available is None:
        return None
    if found.installed is None:
        return skip(f"{name} is not installed yet")
    finding = _cron(context) if name == "pg_cron" else _net(context)
    return finding or ok(f"role {context.facts.server.installer} can use {name}")


def _cron(context: Context) -> Finding | None:
    grants, server = context.facts.one(CronGrants), context.facts.server
    if grants is None:
        return None
    if not (grants.usage and grants.schedule):
        detail = f"role {server.installer} cannot use pg_cron"
        return context.bad("fail", Code.NO_SCHEMA_USAGE, detail, "pg_cron")
    if not grants.alter_job:
        return warn(
            Code.NO_SCHEMA_USAGE,
            f"role {server.installer} cannot alter cron jobs, so it cannot switch off a legacy job",
            "As the owner of pg_cron:",
            f"grant execute on all functions in schema cron to {server.installer_sql};",
        )
    return None


def _net(context: Context) -> Finding | None:
    grants = context.facts.one(NetGrants)
    if grants is None or grants.complete:
        return None
    detail = f"role {context.facts.server.installer} cannot use pg_net"
    return context.bad("fail", Code.NO_SCHEMA_USAGE, detail, "pg_net")
