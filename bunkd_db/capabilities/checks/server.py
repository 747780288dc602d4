"""The server itself: its version, whether it is a standby, whether bunkd-db can be installed."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip
from bunkd_db.capabilities.registry import check

_OLDEST = 140000


@check("server_version", order=10, decides=True)
def server_version(context: Context) -> Finding:
    server = context.facts.server
    if server.version_number < _OLDEST:
        detail = f"this server is PostgreSQL {server.version}; bunkd-db needs 14 or newer"
        return context.bad("fail", Code.OLD_SERVER, detail)
    return ok(f"PostgreSQL {server.version}")


@check("standby", order=20, decides=True)
def standby(context: Context) -> Finding:
    if context.facts.server.in_recovery:
        detail = (
            "this server is a standby: pg_cron runs nothing on it, and nothing can be installed"
        )
        return context.bad("fail", Code.STANDBY, detail)
    return ok("this server is a primary")


@check("install", order=30)
def install(context: Context) -> Finding:
    server = context.facts.server
    if server.installed:
        return ok(f"bunkd-db is installed and belongs to role {server.installer}")
    if server.in_recovery:
        return skip("nothing can be installed on a standby")
    if not server.may_create_schema:
        detail = f"role {server.role} cannot create a schema in database {server.database}"
        return context.bad("fail", Code.CREATE, detail)
    return ok(f"role {server.role} can install bunkd-db here")
