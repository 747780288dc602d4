"""What a rule looks at: the facts, what was found before, and the provider that words a remedy."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.facts import Facts, setting_of_database
from bunkd_db.capabilities.finding import Finding
from bunkd_db.models import Check, CheckStatus
from bunkd_db.providers import Provider, Remedy


@dataclass(frozen=True)
class Context:
    """The facts and the words for them.

    Attributes:
        admin_roles: the roles that some provider lets create extensions in a superuser's stead.
        blocking: the checks that keep this database from making the calls itself; empty while
            these are looked for.
        usable: the transports by which this database can send; likewise.
    """

    facts: Facts
    provider: Provider
    admin_roles: frozenset[str]
    blocking: tuple[Check, ...] = ()
    usable: tuple[str, ...] = ()

    def remedy(self, code: Code, extension: str = "", setting: str = "") -> Remedy:
        """Return what to do about a code, in the provider's words."""
        facts = self.facts
        return self.provider.remedy(
            code,
            extension,
            database=facts.server.database,
            database_sql=facts.server.database_sql,
            database_text=facts.server.database.replace("'", "''"),
            role_sql=facts.server.installer_sql,
            asker_sql=facts.server.role_sql,
            major=facts.server.version_number // 10000,
            setting=setting or setting_of_database(extension),
            schema=extension.removeprefix("pg_"),
            works_in=facts.database_of(extension) or "",
        )

    def bad(
        self, status: CheckStatus, code: Code, detail: str, extension: str = "", setting: str = ""
    ) -> Finding:
        """Return a finding with the provider's remedy for its code."""
        remedy = self.remedy(code, extension, setting)
        return Finding(status, detail, remedy.text, remedy.commands, code)

    @property
    def ask_again(self) -> str:
        """Who can ask what this role cannot; empty where it is the installing role itself."""
        return self.facts.server.ask_again
