"""Facts without a server: a Supabase project before the first upgrade, and what differs from it."""

from dataclasses import replace
from typing import Any

from bunkd_db.capabilities.answers import Extension, Server, Worker
from bunkd_db.capabilities.facts import Facts

SERVER = Server(
    version="17.6",
    version_number=170006,
    build="PostgreSQL 17.6 on x86_64-pc-linux-gnu",
    database="postgres",
    role="postgres",
    in_recovery=False,
    backend=4711,
    database_owner="postgres",
    installer="postgres",
    superuser=False,
    may_create_schema=True,
    installed=False,
    may_read_ours=False,
    heroku_schema=False,
    aurora_function=False,
)
HEALTHY = Facts(
    server=SERVER,
    host="db.abcdefghijklmnopqrst.supabase.co",
    port=5432,
    wanted="30s",
    schedule_name="process-analysis-jobs",
    pooling="none",
    extensions={
        "pg_cron": Extension("pg_cron", "1.6", None, None, False, True),
        "pg_net": Extension("pg_net", "0.20.4", None, None, False, True),
    },
    settings={
        "cron.database_name": "postgres",
        "pg_net.database_name": "postgres",
        "supautils.privileged_extensions": "pg_cron, pg_net, supabase_vault",
    },
    workers=[Worker("pg_cron scheduler", "postgres"), Worker("pg_net 0.20.4", "postgres")],
)


def facts(**changes: Any) -> Facts:
    """Healthy facts with other values; a name that is a field of the server is set there."""
    server = {name: changes.pop(name) for name in list(changes) if hasattr(SERVER, name)}
    return replace(HEALTHY, server=replace(SERVER, **server), **changes)


def with_extension(name: str, **changes: Any) -> dict[str, Extension]:
    """The extensions, one of which differs."""
    return {**HEALTHY.extensions, name: replace(HEALTHY.extensions[name], **changes)}
