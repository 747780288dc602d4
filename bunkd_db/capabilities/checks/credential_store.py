"""Where the credential is kept, and who can read it there."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.capabilities.wording import some_of

_IN_THE_CLEAR = need(Credential, lambda credential: credential.store == "table")
_WHERE = "the credential is in table bunkd.secret, in plain text"
_SAFE = "keep dumps of this database safe, and leave schema bunkd out of those that you share"


@dataclass(frozen=True)
class SecretReader(
    Row, query="secret_readers", what="who can read bunkd.secret", needs=(_IN_THE_CLEAR,)
):
    """A login role that can read bunkd.secret, besides its owner and superusers."""

    name: str


@dataclass(frozen=True)
class SecretPublication(
    Row, query="secret_publications", what="what publishes bunkd.secret", needs=(_IN_THE_CLEAR,)
):
    """A publication that takes bunkd.secret to logical replicas."""

    name: str


@dataclass(frozen=True)
class LoggedParameters(
    Row,
    query="logged_parameters",
    what="what auto_explain logs",
    needs=(need(Credential, lambda credential: credential.store == "vault"),),
):
    """Whether auto_explain logs the parameters of nested statements: PostgreSQL 16 and later."""

    logged: bool


@check("credential_store", order=830)
def credential_store(context: Context) -> Finding:
    facts = context.facts
    credential = facts.one(Credential)
    if credential is None:
        return skip("no credential is kept here, or this role cannot see it")
    if credential.store == "vault":
        where = f"the credential is in Vault secret bunkd:{credential.schedule}"
        if any(each.logged for each in facts.all(LoggedParameters)):
            return warn(
                Code.LOGGED,
                f"{where}, but auto_explain logs the parameters of nested statements: the next"
                " one that Vault stores would be in the server's log",
                "Set auto_explain.log_parameter_max_length to 0, or auto_explain.log_nested_statements"
                " to off.",
            )
        return ok(where)
    if published := facts.seen(SecretPublication):
        return warn(
            Code.PUBLISHED,
            f"{_WHERE}, and reaches everybody who subscribes to publication"
            f" {', '.join(each.name for each in published)}",
            "Publish your own schemas instead of all tables, or none of schema bunkd.",
        )
    detail = f"{_WHERE}: this database has no Vault"
    if why := facts.unanswered.get(SecretReader):
        remedy = f"Who can read it could not be read ({why}); {_SAFE}."
    elif readers := facts.all(SecretReader):
        some = some_of([each.name for each in readers])
        detail = f"{detail}, and besides its owner these login roles can read it: {some}"
        remedy = f"Revoke that from roles that should not read it (pg_read_all_data reads every table); {_SAFE}."
    else:
        remedy = f"Nobody but the schema's owner and superusers can read it; {_SAFE}."
    return warn(Code.NO_VAULT, detail, remedy)
