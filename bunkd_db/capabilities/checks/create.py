"""Whether the installing role can create pg_cron, pg_net and http."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.finding import Finding, ok
from bunkd_db.capabilities.registry import extension_check
from bunkd_db.capabilities.rows.role import Role

# a superuser's extension is created only if these name it …
_ALLOWED = ("azure.extensions", "rds.allowed_extensions")
# … and by any role if one of these does
_DELEGATES = ("extwlist.extensions", "supautils.privileged_extensions")


@extension_check("create", order=50, decides=True)
def create(context: Context, name: str) -> Finding | None:
    facts = context.facts
    found, server = facts.extensions[name], facts.server
    if found.available is None:
        return None
    if found.installed is not None:
        return ok(f"{name} is installed")
    if server.superuser:
        return ok(f"role {server.installer} can create {name}: it is a superuser")
    for setting in _ALLOWED:
        listed = _listed(facts, setting)
        if listed is not None and "*" not in listed and name not in listed:
            return _not_allowed(context, name, setting)
    if (
        (not found.superuser_only and server.may_create_schema)
        or any(r.member and r.name in context.admin_roles for r in facts.seen(Role))
        or any(name in (_listed(facts, setting) or ()) for setting in _DELEGATES)
        or any(setting in facts.unreadable for setting in _DELEGATES)
    ):
        return ok(f"role {server.installer} can create {name}")
    if _listed(facts, "extwlist.extensions"):
        return _not_allowed(context, name, "extwlist.extensions")
    detail = f"role {server.installer} cannot create extension {name}"
    return context.bad("fail", Code.NEED_PRIV, detail, name)


def _not_allowed(context: Context, name: str, setting: str) -> Finding:
    detail = f"{name} is not in {setting}"
    return context.bad("fail", Code.NOT_ALLOWED, detail, name, setting)


def _listed(facts: Facts, setting: str) -> set[str] | None:
    """Return the names in a setting that lists some, None where it is not set."""
    value = facts.setting(setting)
    if not value:
        return None
    return {name.strip().strip('"').lower() for name in value.split(",")}
