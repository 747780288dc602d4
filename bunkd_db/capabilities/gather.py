"""Ask the database everything, one question at a time; what it declines is a fact too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bunkd_db import database
from bunkd_db.capabilities.asked import Asked
from bunkd_db.capabilities.facts import Facts, Pooling
from bunkd_db.capabilities.registry import registered
from bunkd_db.capabilities.row import SECONDS, Row, kinds
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import Server
from bunkd_db.capabilities.server_settings import read_settings
from bunkd_db.errors import DatabaseUnavailable, NotPossible, UnknownSchedule
from bunkd_db.providers import Evidence
from bunkd_db.settings import DEFAULT_SCHEDULE, Settings


def gather(settings: Settings, evidence: Evidence, only: Sequence[type[Row]] = ()) -> Facts:
    """Connect and find everything that the checks look at, or `only` these rows and what they need.

    Raises:
        ConfigurationError, DatabaseUnavailable: see `database.connect`.
    """
    try:
        return _ask(settings, evidence, only)
    except NotPossible as why:
        # "no" is an answer about the plan, and none was had
        raise DatabaseUnavailable(why.args[0], why.remedy, *why.commands) from why


def _ask(settings: Settings, evidence: Evidence, only: Sequence[type[Row]]) -> Facts:
    with (
        database.worded_errors(),
        database.connect(settings.database_url, autocommit=True) as connection,
    ):
        pooling = _pooling(connection, settings)
        with database.read_only(connection, round(SECONDS * 1000)) as reader:
            values, unreadable = read_settings(reader, evidence.settings)
            facts = Facts(
                asked=Asked.of(settings),
                host=connection.info.host or "",
                port=connection.info.port,
                pooling=pooling,
                settings=values,
                unreadable=unreadable,
                evidence=evidence.roles,
            )
            _fill(facts, reader, only)
            return facts


def _pooling(connection: database.Connection, settings: Settings) -> Pooling:
    """Find a pooler from this side: it makes up backend ids, and in transaction mode shares backends."""
    backend = _backend(connection)
    if backend == connection.info.backend_pid:
        return "none"
    with database.connect(settings.database_url, autocommit=True) as other:
        # unequal proves nothing on a busy pool
        return "transaction" if _backend(other) == backend else "proxy"


def _backend(connection: database.Connection) -> object:
    [row] = database.rows(connection, "select pg_backend_pid() as id")
    return row["id"]


def _fill(facts: Facts, reader: database.Reader, only: Sequence[type[Row]]) -> None:
    asking = _Asking(facts, reader)
    for kind in only:
        asking.about(kind)
    if only:
        return
    asking.about(Server)
    asking.about(Schedule)  # most questions are about what it names
    name = facts.asked.schedule_name
    if Schedule in facts.found and not facts.schedule and name != DEFAULT_SCHEDULE:
        raise UnknownSchedule(name)
    registered()  # every check's rows are known once its module is
    for kind in kinds():
        asking.about(kind)


@dataclass
class _Asking:
    """Fills the facts: a question after those whose answers it needs, and only where they are met."""

    facts: Facts
    reader: database.Reader
    limit: float = SECONDS
    done: set[type[Row]] = field(default_factory=set)

    def about(self, kind: type[Row]) -> None:
        if kind in self.done:
            return
        self.done.add(kind)
        facts = self.facts
        for need in kind.needs:
            self.about(need.kind)
            if need.kind in facts.unanswered:
                facts.unanswered[kind] = facts.unanswered[need.kind]
                return
            if not need.met(facts.seen(need.kind)):
                return
        if kind.limit != self.limit:
            self.limit = kind.limit
            self.reader.hurry(round(kind.limit * 1000))
        try:
            facts.found[kind] = kind.ask(self.reader, facts)
        except database.Unanswered as why:
            if kind.required:
                raise DatabaseUnavailable(f"the server does not say {kind.what}: {why}") from why
            facts.unanswered[kind] = str(why)
            if why.outdated:
                facts.outdated.add(kind)
