"""The credential: where it is, what kind it is, how long it lasts, and what would be better."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.checks.backlog import ago
from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check

_DEDICATED = "Use a token of its own that only your function accepts, and set it with: bunkd-db credential set"
_ALL_POWERFUL = {
    "jwt-service_role": "a service_role JWT, which opens the whole project",
    "supabase-secret-key": "an sb_secret_ key, which opens the whole project",
}
_HARMLESS = {
    "jwt-anon": "the public anon JWT, so pg_net carries no secret",
    "supabase-publishable-key": "a publishable key, so pg_net carries no secret",
    "token": "a dedicated token",
    "jwt": "a JWT of its own",
    "jwt-authenticated": "a user's JWT",
}
_SOON = 14 * 86400


def checks(context: Context) -> Iterator[Check]:
    """Yield what is true of the credential."""
    credential = context.facts.credential
    if credential is None:
        for name in ("credential", "credential_store"):
            yield Check(name, "skip", "no credential is kept here, or it cannot be seen")
        return
    yield _kind(context)
    yield _expiry(context)
    if credential.kept_in.startswith("Vault"):
        yield Check("credential_store", "pass", f"the credential is in {credential.kept_in}")
    else:
        yield Check(
            "credential_store",
            "warn",
            f"the credential is in {credential.kept_in}: this database has no Vault",
            "Nobody but the schema's owner and superusers may read it; keep dumps of it safe.",
            "NO_VAULT",
        )


def _kind(context: Context) -> Check:
    credential = context.facts.credential
    assert credential is not None
    if power := _ALL_POWERFUL.get(credential.kind):
        detail = f"the credential is {power}; it is sent in {credential.sent_in}"
        return Check("credential", "warn", detail, _DEDICATED, "POWERFUL_CREDENTIAL")
    what = _HARMLESS.get(credential.kind, credential.kind)
    return Check("credential", "pass", f"the credential is {what}, sent in {credential.sent_in}")


def _expiry(context: Context) -> Check:
    left = context.facts.expires_in
    if left is None:
        return Check("credential_expiry", "pass", "the credential says nothing about an expiry")
    if left <= 0:
        detail = f"the credential expired {ago(-left)} ago"
        return Check("credential_expiry", "fail", detail, "Run: bunkd-db credential set", "EXPIRED")
    status = "warn" if left < _SOON else "pass"
    detail = f"the credential expires in {ago(left)}"
    if status == "pass":
        return Check("credential_expiry", "pass", detail)
    return Check("credential_expiry", "warn", detail, "Run: bunkd-db credential set", "EXPIRES")
