"""The verdict: a pure function of the facts, never of the provider's name.

`bunkd.enable_extensions` decides the same in SQL when an upgrade runs; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.facts import Facts
from bunkd_db.models import Reason, Verdict

NAMES = ("pg_cron", "pg_net")
OLDEST_SERVER = 140000


def decide(facts: Facts, admin_roles: frozenset[str]) -> tuple[Verdict, list[Reason]]:
    """Return `native`, or `external` and every reason, the one that stands first in the way first.

    `admin_roles` are the roles that some provider lets create extensions in a superuser's stead.
    """
    reasons = list(_reasons(facts, admin_roles))
    return ("external", reasons) if reasons else ("native", [])


def _reasons(facts: Facts, admin_roles: frozenset[str]) -> Iterator[Reason]:
    server = facts.server
    if server.in_recovery:
        yield Reason("STANDBY", "this server is a standby, and pg_cron runs nothing on one")
    if server.version_number < OLDEST_SERVER:
        yield Reason(
            "OLD_SERVER",
            f"this server is PostgreSQL {server.version}; bunkd-db needs 14 or newer",
        )
    absent = set()
    for name in NAMES:
        if reason := _files(facts, name):
            absent.add(name)
            yield reason
    # pg_net first: it can be created in any database, and then never sends
    for name in ("pg_net", "pg_cron"):
        if name not in absent and (reason := _place(facts, name)):
            yield reason
    for name in NAMES:
        if name not in absent and (
            reason := may_create(facts, name, admin_roles) or may_use(facts, name)
        ):
            yield reason


def _files(facts: Facts, name: str) -> Reason | None:
    extension = facts.extensions[name]
    if extension.available is None:
        return Reason("NO_FILES", f"{name} is not available on this server", name)
    if extension.foreign_schema:
        schema = name.removeprefix("pg_")
        return Reason(
            "FOREIGN_SCHEMA", f"a schema called {schema} is there that is not {name}'s", name
        )
    return None


def _place(facts: Facts, name: str) -> Reason | None:
    if not facts.preloaded(name):
        return Reason("NOT_PRELOADED", f"{name} is not in shared_preload_libraries", name)
    database, here = facts.database_of(name), facts.server.database
    if database is None or database == here:
        return None
    return Reason("WRONG_DB", f"{name} works in database {database} only, not in {here}", name)


def may_create(facts: Facts, name: str, admin_roles: frozenset[str]) -> Reason | None:
    """Return why the extension cannot be created by the role that counts; None where it can."""
    extension, server = facts.extensions[name], facts.server
    if extension.installed is not None or extension.available is None or server.superuser:
        return None
    for setting in ("azure.extensions", "rds.allowed_extensions"):
        allowed = listed(facts, setting)
        if allowed is not None and "*" not in allowed and name not in allowed:
            return Reason("NOT_ALLOWED", f"{name} is not in {setting}", name)
    if (
        (not extension.superuser_only and server.may_create_schema)
        or any(role.member and role.name in admin_roles for role in facts.roles)
        or any(name in (listed(facts, setting) or ()) for setting in _DELEGATES)
        or any(setting in facts.unreadable for setting in _DELEGATES)
    ):
        return None
    if listed(facts, "extwlist.extensions"):
        return Reason("NOT_ALLOWED", f"{name} is not in extwlist.extensions", name)
    return Reason("NEED_PRIV", f'permission denied to create extension "{name}"', name)


_DELEGATES = ("extwlist.extensions", "supautils.privileged_extensions")


def listed(facts: Facts, setting: str) -> set[str] | None:
    """Return the names in a setting that lists some, None where it is not set."""
    value = facts.setting(setting)
    if not value:
        return None
    return {name.strip().strip('"').lower() for name in value.split(",")}


def may_use(facts: Facts, name: str) -> Reason | None:
    """Return what the role that counts lacks to use an extension that is installed."""
    if facts.extensions[name].installed is None:
        return None
    role = facts.server.installer
    if name == "pg_cron":
        cron = facts.cron_grants
        if cron is None or (cron.usage and cron.schedule):
            return None
        return Reason(
            "NO_SCHEMA_USAGE",
            f"role {role} may not use pg_cron: grant usage on schema cron to {role}",
            name,
        )
    net = facts.net_grants
    if net is None or (net.usage and net.queue and net.response):
        return None
    return Reason(
        "NO_SCHEMA_USAGE",
        f"role {role} may not use pg_net: grant usage on schema net,"
        f" and select and insert on its tables, to {role}",
        name,
    )
