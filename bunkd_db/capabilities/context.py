"""What a check looks at: the facts, and the provider that words its remedy."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.facts import Facts
from bunkd_db.models import Check, CheckStatus
from bunkd_db.providers import Provider


@dataclass(frozen=True)
class Context:
    """The facts and the words for them."""

    facts: Facts
    provider: Provider
    admin_roles: frozenset[str]

    def remedy(self, code: str, extension: str = "", setting: str = "") -> str:
        """Return what to do about a reason, in the provider's words."""
        facts = self.facts
        default = "cron.database_name" if extension == "pg_cron" else "pg_net.database_name"
        return self.provider.remedy(
            code,
            extension,
            database=facts.server.database,
            role=facts.server.installer,
            asker=facts.server.role,
            major=facts.server.version_number // 10000,
            setting=setting or default,
            schema=extension.removeprefix("pg_"),
            works_in=facts.database_of(extension) or "",
        )

    def bad(
        self, name: str, status: CheckStatus, detail: str, code: str, extension: str = ""
    ) -> Check:
        """Return a check that is not well, with the provider's remedy for its code."""
        return Check(name, status, detail, self.remedy(code, extension), code)

    def declined(self, question: str, name: str, what: str) -> Check | None:
        """Return a skip where a question was declined; None where it was answered."""
        if (why := self.facts.unanswered.get(question)) is None:
            return None
        return Check(
            name,
            "skip",
            f"{what} could not be read: {why}",
            f"Ask again as role {self.facts.server.installer}."
            if self.facts.server.role != self.facts.server.installer
            else "",
            "UNANSWERED",
        )
