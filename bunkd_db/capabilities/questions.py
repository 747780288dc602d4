"""How questions are asked: by the name of a file in sql/queries; what is declined is remembered."""

from __future__ import annotations

from collections.abc import Mapping
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
_ALONE = "cron.database_name"
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
    """Read settings: all at once, but for the one that only some roles may read."""
    names = [*_SETTINGS, *evidence.settings]
    values: dict[str, str | None] = {}
    unreadable: set[str] = set()
    rows: list[answers.Setting] = []
    for group in (names, [_ALONE]):
        try:
            rows += ask.reader.ask(answers.Setting, sql.read("queries/settings"), {"names": group})
        except database.Unanswered:
            for name in group:
                try:
                    rows += ask.reader.ask(
                        answers.Setting, sql.read("queries/settings"), {"names": [name]}
                    )
                except database.Unanswered as why:
                    if why.denied:
                        unreadable.add(name)
    values = {row.name: row.value for row in rows}
    return values, frozenset(unreadable)
