"""How long the credential lasts."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.capabilities.wording import ago
from bunkd_db.sql.statements import set_credential

_SOON = 14 * 86400


@dataclass(frozen=True)
class Expiry(
    Row,
    query="credential_expiry",
    what="when the credential expires",
    needs=(need(Credential, lambda c: c.kind.startswith("jwt")),),
):
    """Seconds until a JWT expires; None where it says nothing about it."""

    seconds: float | None


@check("credential_expiry", order=820)
def credential_expiry(context: Context) -> Finding | None:
    credential = context.facts.one(Credential)
    if credential is None:
        return None
    command = set_credential(credential.schedule)
    found = context.facts.one(Expiry)
    if found is None or found.seconds is None:
        return ok("the credential says nothing about an expiry")
    if found.seconds <= 0:
        return fail(
            Code.EXPIRED, f"the credential expired {ago(-found.seconds)} ago", "Run:", command
        )
    detail = f"the credential expires in {ago(found.seconds)}"
    return warn(Code.EXPIRES, detail, "Run:", command) if found.seconds < _SOON else ok(detail)
