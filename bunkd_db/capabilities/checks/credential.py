"""What kind the credential is."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.sql.statements import set_credential

_ALL_POWERFUL = {
    "jwt-service_role": "a service_role JWT, which opens the whole project",
    "supabase-secret-key": "an sb_secret_ key, which opens the whole project",
}
_HARMLESS = {
    "jwt-anon": "the public anon JWT, so pg_net carries no secret",
    "supabase-publishable-key": "a publishable key, so pg_net carries no secret",
    "token": "a dedicated token",
    "jwt": "a dedicated JWT",
    "jwt-authenticated": "a user's JWT",
}


@check("credential", order=810)
def credential(context: Context) -> Finding:
    found = context.facts.one(Credential)
    if found is None:
        return skip("no credential is kept here, or this role cannot see it")
    if power := _ALL_POWERFUL.get(found.kind):
        return warn(
            Code.POWERFUL_CREDENTIAL,
            f"the credential is {power}; it is sent in {found.sent_in}",
            "Use a token that only your function accepts, and set it:",
            set_credential(found.schedule),
        )
    return ok(f"the credential is {_HARMLESS.get(found.kind, found.kind)}, sent in {found.sent_in}")
