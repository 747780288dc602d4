"""The server itself: version, standby, what stands between, what the provider's plan does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bunkd_db.capabilities.checks.job import is_active
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.verdict import OLDEST_SERVER
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield what is true of the server."""
    server = context.facts.server
    if server.version_number < OLDEST_SERVER:
        detail = f"PostgreSQL {server.version} is older than 14"
        yield context.bad("server_version", "fail", detail, "OLD_SERVER")
    else:
        yield Check("server_version", "pass", f"PostgreSQL {server.version}")
    if server.in_recovery:
        detail = "this server is a standby: nothing can be installed, and pg_cron runs nothing"
        yield context.bad("standby", "fail", detail, "STANDBY")
    else:
        yield Check("standby", "pass", "this server is a primary")
    yield _install(context)
    yield _pooler(context)
    if context.provider.sleeps and is_active(context.facts):
        yield Check("sleep", "pass", f"it is awake. {context.provider.sleeps}")
    elif context.provider.sleeps:
        yield Check("sleep", "warn", context.provider.sleeps, _AWAKE, "SLEEPS")
    else:
        yield Check("sleep", "pass", "nothing is known that would put this server to sleep")


_AWAKE = "Keep it awake where the plan lets you; else let an external scheduler make the calls."


def _install(context: Context) -> Check:
    facts = context.facts
    server = facts.server
    if server.installed:
        return Check("install", "pass", f"bunkd-db is installed and belongs to {server.installer}")
    if server.in_recovery:
        return Check("install", "skip", "nothing can be installed on a standby")
    if not server.may_create_schema:
        detail = f"role {server.role} may not create a schema in database {server.database}"
        return context.bad("install", "fail", detail, "CREATE")
    return Check("install", "pass", f"role {server.role} may install bunkd-db here")


def _pooler(context: Context) -> Check:
    facts, provider = context.facts, context.provider
    address = f"{facts.host}:{facts.port}"
    named = any(re.search(pattern, address) for pattern in provider.pooled)
    if facts.pooling == "transaction" or named:
        better = f" Here that is {provider.direct}." if provider.direct else ""
        return Check(
            "pooler",
            "warn",
            "the connection goes through a transaction pooler; check and upgrade work through it",
            context.remedy("TX_POOLER") + better,
            "TX_POOLER",
        )
    if facts.pooling == "proxy":
        return Check("pooler", "pass", "the connection goes through a proxy or a session pooler")
    return Check("pooler", "pass", "the connection goes straight to the server")
