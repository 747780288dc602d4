"""What is asked for `check --cron`, and only for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from bunkd_db import database
from bunkd_db.capabilities.cron.command import Source
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.extension import PG_NET
from bunkd_db.capabilities.rows.server import ON_PRIMARY, OURS

if TYPE_CHECKING:
    from bunkd_db.capabilities.facts import Facts

_READS_JOBS = need(CronGrants, lambda grants: grants.may_read)
_READS_RUNS = need(CronGrants, lambda grants: grants.may_read and grants.may_read_runs)


@dataclass(frozen=True)
class CronJob(Row, query="cron_jobs", what="pg_cron's jobs", needs=(_READS_JOBS,), on_demand=True):
    """A cron job, whoever made it; its command may hold a key, and never shows itself.

    Attributes:
        all_jobs: how many this role sees; the first 1,000 are given.
        legacy: calls the same function as the schedule, but is not ours.
    """

    id: int
    name: str | None
    role: str
    database: str
    here: bool
    active: bool
    cron: str
    legacy: bool
    all_jobs: int
    command: str = field(repr=False)


@dataclass(frozen=True)
class Vault(Row, what="whether this database has a Vault", on_demand=True):
    """Whether Supabase Vault is there to keep a key."""

    usable: bool

    @classmethod
    def ask(cls, reader: database.Reader, facts: Facts) -> list[Self]:
        del facts
        return reader.ask(
            cls,
            "select to_regclass('vault.decrypted_secrets') is not null and exists (select from"
            " pg_proc where pronamespace = to_regnamespace('vault') and proname = 'create_secret')"
            " as usable",
        )


@dataclass(frozen=True)
class CronFunction(
    Row,
    query="cron_functions",
    what="the functions that cron jobs call",
    needs=(_READS_JOBS,),
    on_demand=True,
):
    """A function that makes an HTTP call or prunes the run history, and that some command names."""

    id: int
    schema: str
    name: str
    signature: str
    body: str = field(repr=False)

    @property
    def source(self) -> Source:
        return Source(self.id, self.schema, self.name, self.signature, self.body)


@dataclass(frozen=True)
class CronRun(
    Row,
    query="cron_runs",
    what="pg_cron's runs",
    needs=(_READS_RUNS,),
    limit=SECONDS_FOR_DATA,
    on_demand=True,
):
    """A job's last run that ended, else its last one; among the last 10,000 runs."""

    job: int
    status: str
    message: str | None = field(repr=False)
    at: datetime | None
    ago: float | None


@dataclass(frozen=True)
class RunHistory(
    Row,
    query="cron_history",
    what="pg_cron's run history",
    needs=(_READS_RUNS,),
    limit=SECONDS_FOR_DATA,
    on_demand=True,
):
    """How much pg_cron has recorded.

    Attributes:
        counted: the rows that this role sees, 10,001 where there are more.
        estimate: of the whole table, None where it was never analyzed.
        oldest: how many seconds ago the oldest run began; `seen_for`: of the last 10,000 runs.
    """

    counted: int
    estimate: float | None
    bytes: int
    oldest: float | None
    seen_for: float | None


@dataclass(frozen=True)
class LastCall(
    Row,
    query="cron_ledger",
    what="the ledger",
    needs=(OURS, ON_PRIMARY),
    limit=SECONDS_FOR_DATA,
    on_demand=True,
):
    """A schedule and how its last call ended, as the ledger has it; None where none was settled."""

    schedule: str
    url: str | None
    outcome: str | None
    status: int | None
    failed: bool | None
    at: datetime | None
    ago: float | None


@dataclass(frozen=True)
class NetAnswers(
    Row,
    query="cron_answers",
    what="pg_net's answers",
    needs=(PG_NET,),
    limit=SECONDS_FOR_DATA,
    on_demand=True,
):
    """All answers that pg_net keeps, whoever asked: nothing in them names a job or a URL."""

    answers: int
    failed: int
    oldest: float | None
