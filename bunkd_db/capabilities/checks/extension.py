"""pg_cron and pg_net: from the files on the server to what the role may do with them."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.verdict import NAMES, may_create, may_use
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield what stands between each extension and its work, the farthest first."""
    for name in NAMES:
        found = context.facts.extensions[name]
        yield _available(context, name)
        if found.available is None:
            continue  # nothing else about it matters
        yield _schema(context, name)
        yield _preloaded(context, name)
        yield _database(context, name)
        yield _create(context, name)
        yield _usage(context, name)


def _available(context: Context, name: str) -> Check:
    found = context.facts.extensions[name]
    if found.available is None:
        detail = f"{name} is not available on this server"
        return context.bad(f"{name}_available", "fail", detail, "NO_FILES", name)
    installed = f", {found.installed} is installed" if found.installed else ", not installed yet"
    return Check(f"{name}_available", "pass", f"{name} {found.available} is available{installed}")


def _schema(context: Context, name: str) -> Check:
    found, schema = context.facts.extensions[name], name.removeprefix("pg_")
    if found.foreign_schema:
        detail = f"a schema called {schema} is there that is not {name}'s"
        return context.bad(f"{name}_schema", "fail", detail, "FOREIGN_SCHEMA", name)
    where = f", registered in {found.schema}" if found.schema else ""
    return Check(f"{name}_schema", "pass", f"the name {schema} is {name}'s{where}")


def _preloaded(context: Context, name: str) -> Check:
    if context.facts.preloaded(name):
        return Check(f"{name}_preloaded", "pass", f"{name} is in shared_preload_libraries")
    detail = f"{name} is not in shared_preload_libraries, or the server was not restarted since"
    return context.bad(f"{name}_preloaded", "fail", detail, "NOT_PRELOADED", name)


def _database(context: Context, name: str) -> Check:
    facts = context.facts
    check = f"{name}_database"
    if not facts.preloaded(name):
        return Check(check, "skip", f"{name} is not preloaded, so it works in no database")
    works_in, here = facts.database_of(name), facts.server.database
    if works_in is None:
        detail = (
            f"{name} is preloaded, but role {facts.server.role} may not read for which database"
        )
        return context.bad(check, "skip", detail, "PRELOAD_UNREADABLE", name)
    if works_in != here:
        detail = f"{name} works in database {works_in} only, not in {here}"
        if name == "pg_net":
            detail += ": it could be created here and would never send anything"
        return context.bad(check, "fail", detail, "WRONG_DB", name)
    return Check(check, "pass", f"{name} works in database {here}")


def _create(context: Context, name: str) -> Check:
    facts = context.facts
    if facts.extensions[name].installed is not None:
        return Check(f"{name}_create", "pass", f"{name} is installed")
    if reason := may_create(facts, name, context.admin_roles):
        detail = f"role {facts.server.installer} may not create extension {name}"
        setting = ""
        if reason.code == "NOT_ALLOWED":
            detail = reason.detail
            setting = detail.rpartition(" ")[2]
        remedy = context.remedy(reason.code, name, setting)
        return Check(f"{name}_create", "fail", detail, remedy, reason.code)
    return Check(f"{name}_create", "pass", f"role {facts.server.installer} may create it")


def _usage(context: Context, name: str) -> Check:
    facts, role = context.facts, context.facts.server.installer
    check = f"{name}_usage"
    if facts.extensions[name].installed is None:
        return Check(check, "skip", f"{name} is not installed yet")
    if declined := context.declined(f"{name[3:]}_grants", check, f"privileges on {name}"):
        return declined
    if reason := may_use(facts, name):
        return context.bad(check, "fail", reason.detail, reason.code, name)
    if name == "pg_cron" and facts.cron_grants and not facts.cron_grants.alter_job:
        return Check(
            check,
            "warn",
            f"role {role} may not alter cron jobs, so the old recipe's cannot be switched off",
            f"grant execute on all functions in schema cron to {role};",
            "NO_SCHEMA_USAGE",
        )
    return Check(check, "pass", f"role {role} may use {name}")
