"""Who could read the credential under way, and who could reach our functions from outside."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check

# what does no or little harm where it is read
_MODEST = {"jwt-anon", "supabase-publishable-key", "token", "jwt"}


def checks(context: Context) -> Iterator[Check]:
    """Yield what others could see or run."""
    yield _readers(context)
    yield _ours(context)
    yield _net(context)


def _readers(context: Context) -> Check:
    facts = context.facts
    readers = facts.header_readers
    if facts.extensions["pg_net"].installed is None:
        return Check("header_readers", "skip", "pg_net is not installed yet")
    if declined := context.declined("header_readers", "header_readers", "who reads pg_net's queue"):
        return declined
    if not readers:
        return Check("header_readers", "pass", "no other login role may read pg_net's queue")
    some = ", ".join(readers[:4]) + (f" and {len(readers) - 4} more" if len(readers) > 4 else "")
    if facts.credential is None:
        detail = f"these login roles may read what pg_net is about to send: {some}"
        return Check("header_readers", "pass", detail)
    if facts.credential.kind in _MODEST:
        detail = f"these login roles may read the credential while pg_net sends it: {some}"
        return Check("header_readers", "pass", f"{detail}; it opens nothing but the function")
    return Check(
        "header_readers",
        "warn",
        f"while pg_net sends a call, these login roles may read its headers: {some}",
        "Send what does little harm: a token that only your function accepts, or, where its"
        " gateway only wants a valid one, the public anon key.",
        "HEADERS_READABLE",
    )


def _ours(context: Context) -> Check:
    facts = context.facts
    roles = sorted({found.role for found in facts.reachable if found.schema == "bunkd"})
    if declined := context.declined("reachable", "our_functions", "who may reach schema bunkd"):
        return declined
    if roles:
        return Check(
            "our_functions",
            "fail",
            f"{' and '.join(roles)} may use schema bunkd",
            "bunkd-db upgrade takes that back; find out who granted it.",
            "REACHABLE",
        )
    return Check("our_functions", "pass", "neither anon nor authenticated may use schema bunkd")


def _net(context: Context) -> Check:
    facts = context.facts
    exposed = sorted({"bunkd", "net"} & set(facts.exposed_schemas))
    if declined := context.declined("exposed_schemas", "api_schemas", "what PostgREST serves"):
        return declined
    if exposed:
        return Check(
            "api_schemas",
            "fail",
            f"PostgREST serves schema {' and '.join(exposed)} to the outside",
            "Take it out of the exposed schemas (pgrst.db_schemas of role authenticator).",
            "EXPOSED_SCHEMA",
        )
    callers = sorted({f.role for f in facts.reachable if f.schema == "net" and f.executes})
    if callers:
        detail = f"{' and '.join(callers)} may use net, but PostgREST does not serve it as far as the database says"
        return Check("api_schemas", "pass", detail)
    return Check(
        "api_schemas",
        "pass",
        "neither bunkd nor net is served by PostgREST, as far as the database says",
    )
