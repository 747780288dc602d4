"""Whether a redirect would hand the credential to another host."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.credential import Credential

_PUBLIC = {"jwt-anon", "supabase-publishable-key"}


@check("redirects", order=930)
def redirects(context: Context) -> Finding:
    credential, schedule = context.facts.one(Credential), context.facts.schedule
    if credential is None or schedule is None or schedule.mode != "native":
        return skip("the database sends no credential")
    if credential.is_bearer:
        return ok(
            f"the credential is in Authorization, which {schedule.sender} does not send to another host"
        )
    if credential.kind in _PUBLIC:
        return ok(f"what is sent in {credential.header} is no secret")
    return warn(
        Code.HANDED_ON,
        f"{schedule.sender} follows redirects: it would send {credential.header}, with the credential in it, to"
        " the host that the function redirects to",
        "Use a token that only your function accepts: without BUNKD_CREDENTIAL_HEADER it is sent in"
        " Authorization, which stays with your host; or make sure that this url never redirects.",
    )
