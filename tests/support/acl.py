"""The two states in which Supabase projects have their default privileges."""

from typing import Literal

from tests.support.server import Connection

Kind = Literal["old", "new"]


def default_privileges(admin: Connection, kind: Kind) -> None:
    """old: new objects in public are open to the API's roles; new: only to their owner."""
    verb, preposition = ("grant", "to") if kind == "old" else ("revoke", "from")
    for grantor in ("postgres", "supabase_admin"):
        for objects in ("tables", "sequences", "functions"):
            admin.execute(
                f"alter default privileges for role {grantor} in schema public "
                f"{verb} all on {objects} {preposition} anon, authenticated, service_role"
            )
