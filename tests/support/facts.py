"""Facts without a server: a Supabase project before the first upgrade, and what differs from it."""

from dataclasses import replace
from typing import Any

from bunkd_db.capabilities.asked import Asked
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.background_worker import BackgroundWorker
from bunkd_db.capabilities.rows.extension import Extension
from bunkd_db.capabilities.rows.server import Server
from bunkd_db.settings import Settings

SERVER = Server(
    version="17.6",
    version_number=170006,
    build="PostgreSQL 17.6 on x86_64-pc-linux-gnu",
    database="postgres",
    role="postgres",
    database_sql="postgres",
    role_sql="postgres",
    installer_sql="postgres",
    in_recovery=False,
    installer="postgres",
    superuser=False,
    may_create_schema=True,
    installed=False,
    may_read_ours=False,
    trusts_installer=True,
    heroku_schema=False,
    aurora_function=False,
)
EXTENSIONS = (
    Extension("pg_cron", "1.6", None, None, False, True),
    Extension("pg_net", "0.20.4", None, None, False, True),
    Extension("http", None, None, None, False, True),
)
WORKERS = (
    BackgroundWorker("pg_cron scheduler", "postgres"),
    BackgroundWorker("pg_net 0.20.4", "postgres"),
)
HEALTHY = Facts(
    asked=Asked.of(Settings()),
    host="db.abcdefghijklmnopqrst.supabase.co",
    port=5432,
    pooling="none",
    settings={
        "cron.database_name": "postgres",
        "pg_net.database_name": "postgres",
        "supautils.privileged_extensions": "pg_cron, pg_net, supabase_vault",
    },
    found={Server: [SERVER], Extension: EXTENSIONS, BackgroundWorker: WORKERS},
)


def facts(*rows: Row, every: str | None = None, **changes: Any) -> Facts:
    """Healthy facts with more rows and other values; a field of the server is set there.

    Rows take the place of those of their kind; `every` is the interval that is asked for.
    """
    server = {name: changes.pop(name) for name in list(changes) if hasattr(SERVER, name)}
    found = {**HEALTHY.found, Server: [replace(SERVER, **server)]}
    for kind in {type(row) for row in rows}:
        found[kind] = [row for row in rows if type(row) is kind]
    asked = replace(HEALTHY.asked, every=every)
    return replace(HEALTHY, asked=asked, found=found, **changes)


def without(kind: type[Row], whole: Facts) -> Facts:
    """The facts where the database declined to give these rows."""
    found = {each: rows for each, rows in whole.found.items() if each is not kind}
    return replace(whole, found=found, unanswered={**whole.unanswered, kind: "permission denied"})


def extensions(name: str, **changes: Any) -> list[Extension]:
    """The extensions, one of which differs."""
    return [replace(each, **changes) if each.name == name else each for each in EXTENSIONS]
