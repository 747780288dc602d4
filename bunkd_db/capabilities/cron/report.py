"""The answer of `check --cron`, for people and for `--json` (docs/check-json.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from bunkd_db.capabilities.finding import Finding


class Ending(StrEnum):
    """How the last call of a job ended, as far as anybody can know."""

    OK = "ok"
    CALL_FAILED = "call_failed"
    RUN_FAILED = "run_failed"  # of pg_cron: nothing was called
    QUEUED = "queued"  # handed to pg_net: what was answered is not known
    ANSWERED = "answered"  # somebody answered pgsql-http, with a status that nobody recorded
    RUNNING = "running"
    NO_RUN = "no_run"
    NO_CALL = "no_call"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """The last true outcome of a job; `at` is when that was."""

    ending: Ending
    detail: str
    at: datetime | None = None


@dataclass(frozen=True)
class JobReport:
    """One cron job that makes HTTP calls; every text of others in it can be shown as it is.

    Attributes:
        hosts: of the URLs; a URL that is put together when the job runs has none here.
        computed: there is such a URL.
        senders: `pg_net`, `http` (pgsql-http) or `bunkd-db` (a tick).
        functions: through which it makes the calls.
    """

    id: int
    name: str | None
    cron: str
    active: bool
    role: str
    database: str
    here: bool
    hosts: tuple[str, ...]
    computed: bool
    senders: tuple[str, ...]
    functions: tuple[str, ...]
    outcome: Outcome
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        return f"{self.name or 'unnamed'} (id {self.id})"


@dataclass(frozen=True)
class History:
    """pg_cron's run history; `pruned_by`: the ids of jobs that delete from it."""

    rows: int | None
    estimated: bool
    bytes: int
    oldest_seconds: float | None
    pruned_by: tuple[int, ...]


@dataclass(frozen=True)
class Answers:
    """What pg_net keeps of all answers, whoever asked."""

    kept: int
    failed: int
    oldest_seconds: float | None


@dataclass(frozen=True)
class CronReport:
    """Everything that `check --cron` has to say.

    Attributes:
        cron_jobs: how many jobs this role sees, those without an HTTP call too.
        sees_all: it sees the jobs of every role; None without pg_cron.
        findings: what is not about one job.
    """

    version: str
    database: str
    role: str
    cron_jobs: int
    sees_all: bool | None
    jobs: tuple[JobReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    history: History | None = None
    answers: Answers | None = None

    @property
    def every_finding(self) -> Iterable[Finding]:
        yield from self.findings
        for job in self.jobs:
            yield from job.findings

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return any(finding.status == "fail" for finding in self.every_finding)

    def as_json(self) -> dict[str, object]:
        """Return the object of `--json`; its keys are stable."""
        return {
            "database": self.database,
            "role": self.role,
            "pg_cron": self.sees_all is not None,
            "cron_jobs": self.cron_jobs,
            "sees_all": self.sees_all,
            "jobs": [_job(job) for job in self.jobs],
            "findings": [asdict(finding) for finding in self.findings],
            "history": asdict(self.history) if self.history else None,
            "answers": asdict(self.answers) if self.answers else None,
        }


def _job(job: JobReport) -> dict[str, object]:
    at = job.outcome.at
    return {
        **{name: value for name, value in asdict(job).items() if name != "here"},
        "outcome": {
            "ending": job.outcome.ending,
            "detail": job.outcome.detail,
            "at": at.isoformat() if at else None,
        },
    }
