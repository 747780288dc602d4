"""How questions are asked: by the name of a file in sql/queries; what is declined is remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bunkd_db import database, sql
from bunkd_db.capabilities import answers
from bunkd_db.providers import Evidence

_SETTINGS = (
    "pg_net.database_name",
    "extwlist.extensions",
    "azure.extensions",
    "rds.extensions",
    "rds.allowed_extensions",
    "supautils.privileged_extensions",
)
# only superusers and pg_read_all_settings may read these
_CRON_SETTINGS = ("cron.database_name", "cron.launch_active_jobs")
Answer = TypeVar("Answer")


@dataclass
class Questions:
    """Asks by the name of a query file, and remembers what was declined."""

    reader: database.Reader
    unanswered: dict[str, str] = field(default_factory=dict)

    def all(
        self, name: str, kind: type[Answer], parameters: Mapping[str, object] | None = None
    ) -> list[Answer]:
        return self.text(name, kind, sql.read(f"queries/{name}"), parameters)

    def one(
        self, name: str, kind: type[Answer], parameters: Mapping[str, object] | None = None
    ) -> Answer | None:
        return next(iter(self.all(name, kind, parameters)), None)

    def text(
        self,
        name: str,
        kind: type[Answer],
        question: str,
        parameters: Mapping[str, object] | None = None,
    ) -> list[Answer]:
        try:
            return self.reader.ask(kind, question, parameters)
        except database.Unanswered as why:
            self.unanswered[name] = str(why)
            return []


def read_settings(
    ask: Questions, evidence: Evidence
) -> tuple[dict[str, str | None], frozenset[str]]:
    """Return the settings by name, and the names of those that this role may not read."""
    values: dict[str, str | None] = {}
    unreadable: set[str] = set()
    for names in ((*_SETTINGS, *evidence.settings), _CRON_SETTINGS):
        try:
            values |= _values(ask, names)
        except database.Unanswered:
            for name in names:
                try:
                    values |= _values(ask, [name])
                except database.Unanswered as why:
                    # what may not be read is there
                    unreadable |= {name} if why.denied else set()
    return values, frozenset(unreadable)


def _values(ask: Questions, names: Sequence[str]) -> dict[str, str | None]:
    question = sql.read("queries/settings")
    rows = ask.reader.ask(answers.Setting, question, {"names": list(names)})
    return {row.name: row.value for row in rows}
