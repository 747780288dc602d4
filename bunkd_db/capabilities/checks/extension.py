"""pg_cron, pg_net and http: whether the server has them, loads them, and lets this database use them."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip
from bunkd_db.capabilities.registry import extension_check


@extension_check("available", order=10, decides=True)
def available(context: Context, name: str) -> Finding:
    found = context.facts.extensions[name]
    if found.available is None:
        return context.bad("fail", Code.NO_FILES, f"{name} is not available on this server", name)
    state = f"{found.installed} is installed" if found.installed else "not installed yet"
    return ok(f"{name} {found.available} is available, {state}")


@extension_check("schema", order=20, decides=True)
def schema(context: Context, name: str) -> Finding | None:
    found, schema = context.facts.extensions[name], name.removeprefix("pg_")
    if found.available is None:
        return None  # nothing else about it matters
    if found.foreign_schema:
        detail = f'schema "{schema}" exists but does not belong to {name}'
        return context.bad("fail", Code.FOREIGN_SCHEMA, detail, name)
    if found.schema:
        return ok(f"schema {schema} belongs to {name} (extension schema: {found.schema})")
    return ok(f"there is no other schema {schema} in the way of {name}")


@extension_check("preloaded", order=30, decides=True, names=("pg_cron", "pg_net"))
def preloaded(context: Context, name: str) -> Finding | None:
    facts = context.facts
    if facts.extensions[name].available is None:
        return None
    if facts.preloaded(name):
        return ok(f"{name} is in shared_preload_libraries")
    detail = f"{name} is not in shared_preload_libraries"
    return context.bad("fail", Code.NOT_PRELOADED, detail, name)


@extension_check("database", order=40, decides=True, names=("pg_cron", "pg_net"))
def database(context: Context, name: str) -> Finding | None:
    facts = context.facts
    if facts.extensions[name].available is None:
        return None
    if not facts.preloaded(name):
        return skip(f"{name} is not preloaded, so it works in no database")
    works_in, here = facts.database_of(name), facts.server.database
    if works_in is None:
        detail = f"{name} is preloaded, but role {facts.server.role} cannot read which database it works in"
        return context.bad("skip", Code.PRELOAD_UNREADABLE, detail, name)
    if works_in != here:
        detail = f"{name} works only in database {works_in}, not in {here}"
        if name == "pg_net":
            detail += ": it can be created here but would never send anything"
        return context.bad("fail", Code.WRONG_DB, detail, name)
    return ok(f"{name} works in database {here}")
