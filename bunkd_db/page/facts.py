"""What a page shows, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bunkd_db.errors import BunkdError
from bunkd_db.models import Check
from bunkd_db.status.report import Report
from bunkd_db.status.verdict import Health


@dataclass(frozen=True)
class Call:
    """A row of the view `bunkd.recent_calls`; a long `detail` is cut."""

    call: int
    schedule: str
    reason: str
    sent: datetime
    settled: datetime | None
    outcome: str | None
    status_code: int | None
    job_id: str | None
    detail: str | None
    worker: str | None
    failed: bool | None


@dataclass(frozen=True)
class Unknown:
    """What could not be asked: why, and what to do about it."""

    why: str
    remedy: str = ""
    commands: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: BunkdError) -> Unknown:
        return cls(error.args[0], error.remedy, error.commands)


@dataclass(frozen=True)
class Own:
    """What a worker knows of itself.

    Attributes:
        trouble: what is wrong, in words; empty where nothing is.
    """

    name: str
    healthy: bool
    doing: str
    trouble: str
    open_calls: int


@dataclass(frozen=True)
class Found:
    """Everything on a page.

    Attributes:
        at: when this was asked, by the clock of whoever asked.
        report: why not, where the database could not be asked.
        calls: the last ones of all schedules, the newest first.
        checks: by schedule; of a few schedules only.
        worker: the one that serves the page, None where none does.
    """

    at: datetime
    report: Report | Unknown
    calls: tuple[Call, ...] | Unknown = ()
    checks: Mapping[str, tuple[Check, ...] | Unknown] = field(default_factory=dict)
    worker: Own | None = None

    @property
    def health(self) -> Health | None:
        """The worst of all schedules; None where that is not known."""
        return None if isinstance(self.report, Unknown) else self.report.health
