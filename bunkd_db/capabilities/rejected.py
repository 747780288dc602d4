"""What to do where the function does not accept the credential."""

from __future__ import annotations

from bunkd_db.credential import Credential

_ANOTHER = "Set the credential that it accepts:"
_NO_JWT = (
    "The credential is not a JWT. If the gateway in front of the function wants one, deploy the"
    " function with verify_jwt = false and let it check the credential itself; else set the"
    " credential that it accepts:"
)


def remedy(status: int, kind: str, url: str | None) -> str:
    """Return it, for `set_credential` to follow, by the answer's status, the credential's kind and the function's url."""
    # Supabase's gateway looks for a JWT before the function is asked, unless told not to
    at_a_gateway = kind.startswith("supabase-") or "/functions/v1/" in (url or "")
    return _NO_JWT if status == 401 and at_a_gateway and not kind.startswith("jwt") else _ANOTHER


def kind_of(credential: Credential) -> str:
    """Return a credential's kind as far as it matters here; `bunkd.credential_kind` tells more."""
    if credential.is_api_key:
        return "supabase-key"
    return "jwt" if credential.reveal().startswith("eyJ") else "token"
