"""What a stranger with the public API key could call."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row


@dataclass(frozen=True)
class Reachable(Row, query="reachable", what="who can use schema bunkd"):
    """Schema bunkd or net, where an API role has USAGE on it."""

    schema: str
    role: str
    executes: bool


@dataclass(frozen=True)
class ExposedSchema(Row, query="exposed_schemas", what="what PostgREST serves"):
    """A schema that PostgREST serves, where it is configured in the database."""

    name: str


@check("our_functions", order=940)
def our_functions(context: Context) -> Finding:
    found = context.facts.all(Reachable)
    roles = sorted({each.role for each in found if each.schema == "bunkd"})
    if roles:
        return fail(
            Code.REACHABLE,
            f"{' and '.join(roles)} can use schema bunkd",
            "Find out who granted it. An upgrade revokes it:",
            "bunkd-db upgrade",
        )
    return ok("neither anon nor authenticated can use schema bunkd")


@check("api_schemas", order=950)
def api_schemas(context: Context) -> Finding:
    facts = context.facts
    exposed = sorted({"bunkd", "net"} & {each.name for each in facts.all(ExposedSchema)})
    if exposed:
        return fail(
            Code.EXPOSED_SCHEMA,
            f"PostgREST serves schema {' and '.join(exposed)} to the outside",
            "Take it out of the exposed schemas (pgrst.db_schemas of role authenticator).",
        )
    found = facts.seen(Reachable)
    callers = sorted({each.role for each in found if each.schema == "net" and each.executes})
    if callers:
        return ok(
            f"{' and '.join(callers)} can use net, but PostgREST does not serve it as far as the"
            " database says"
        )
    return ok("PostgREST serves neither bunkd nor net, as far as the database says")
