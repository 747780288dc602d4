"""Whether the installing role can use pg_cron, pg_net and http once they are installed."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip, warn
from bunkd_db.capabilities.registry import extension_check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.extension import HTTP, PG_NET


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


@dataclass(frozen=True)
class HttpGrants(Row, query="http_grants", what="privileges on http", needs=(HTTP,)):
    """What the installing role can do with pgsql-http.

    Attributes:
        strangers: roles that are not trusted and own its types; None where there are none.
        public: every role can execute its functions.
        limit_ms: the role's statement_timeout; 0 where there is none.
    """

    schema: str
    usable: bool
    strangers: str | None
    public: bool
    limit_ms: int


@extension_check("usage", order=60, decides=True)
def usage(context: Context, name: str) -> Finding | None:
    found = context.facts.extensions[name]
    if found.available is None:
        return None
    if found.installed is None:
        return skip(f"{name} is not installed yet")
    finding = {"pg_cron": _cron, "pg_net": _net, "http": _http}[name](context)
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


def _http(context: Context) -> Finding | None:
    grants, facts = context.facts.one(HttpGrants), context.facts
    role = facts.server.installer
    if grants is None or not grants.usable:
        return _without_http(facts.server.installer_sql, grants.schema if grants else None, role)
    if grants.strangers:
        return fail(
            Code.NO_SCHEMA_USAGE,
            f"types of http belong to {grants.strangers}, whose code would run as role {role}",
            "Let a superuser drop the extension and create it again.",
        )
    if (limit := facts.setting("cron.max_running_jobs")) and int(limit) < 2:
        detail = "pg_cron runs one job at once (cron.max_running_jobs), and a lane would take it for itself"
        return context.bad("fail", Code.TOO_FEW_JOBS, detail, "http")
    if facts.schedule and facts.schedule.has_lanes:
        return _with_lanes(grants, facts.server.installer_sql, facts.schedule.timeout_ms)
    return None


def _with_lanes(grants: HttpGrants, role_sql: str, timeout_ms: int) -> Finding | None:
    """What is not as it should be where lanes send; a call can get three quarters of the limit."""
    if grants.limit_ms > 0 and timeout_ms + 2000 > grants.limit_ms * 3 / 4:
        enough = -(-(timeout_ms + 2000) * 4 // 3000)
        return warn(
            Code.CALLS_CUT,
            f"role {role_sql} has a statement_timeout of {grants.limit_ms / 1000:g} s, within which a"
            f" lane has to end: calls are cut off before BUNKD_CALL_TIMEOUT ({timeout_ms / 1000:g} s)",
            "Give that role more time, or its calls less:",
            f"alter role {role_sql} set statement_timeout = '{enough}s';",
        )
    if grants.public:
        return warn(
            Code.HTTP_PUBLIC,
            f"every role that can use schema {grants.schema} can send HTTP requests from this server",
            "Where nobody else needs http, as the owner of its functions:",
            # all its others that send call this one; the rest of its schema may be other extensions'
            f"revoke execute on function {grants.schema}.http({grants.schema}.http_request) from public;",
            _grant(grants.schema, role_sql),
        )
    return None


def _without_http(role_sql: str, schema: str | None, role: str) -> Finding:
    detail = f"role {role} cannot use http"
    if schema is None:
        return fail(Code.NO_SCHEMA_USAGE, detail, "Create the extension http again.")
    return fail(
        Code.NO_SCHEMA_USAGE,
        detail,
        "As the owner of the extension http:",
        f"grant usage on schema {schema} to {role_sql};",
        _grant(schema, role_sql),
    )


def _grant(schema: str, role_sql: str) -> str:
    return (
        f"grant execute on function {schema}.http({schema}.http_request),"
        f" {schema}.http_set_curlopt(varchar, varchar) to {role_sql};"
    )
