"""The answer of `check`, for people and for `--json` (docs/check-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.drift import is_drifted
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.moving import is_moving
from bunkd_db.capabilities.rows.workers import Workers
from bunkd_db.external.option import Option
from bunkd_db.models import Check, Verdict
from bunkd_db.providers import Provider


@dataclass(frozen=True)
class Report:
    """Everything that `check` has to say.

    Attributes:
        blocking: the checks because of which the verdict is external, what stands first in the
            way first; empty for native.
        transport: what sends the calls, or would after an upgrade; None where nothing can.
        transports: the checks because of which each transport cannot be used.
        active: calls are made, or could be at once: there is no obstacle, whoever makes them.
        moving: nothing waits for too long, whoever calls; None where that cannot be told.
        options: the external schedulers, the fitting ones first.
    """

    facts: Facts
    provider: Provider
    verdict: Verdict
    blocking: list[Check]
    checks: list[Check]
    options: list[Option]
    transport: str | None = None
    transports: Mapping[str, list[Check]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.facts.calls_made

    @property
    def moving(self) -> bool | None:
        return is_moving(self.facts)

    @property
    def chosen_external(self) -> bool:
        """Whether the last upgrade made the schedule external because BUNKD_MODE said so."""
        schedule = self.facts.schedule
        return bool(schedule and schedule.is_external and schedule.mode_code == Code.MODE_EXTERNAL)

    @property
    def workers(self) -> int | None:
        """How many workers make the calls; None where that is nobody's business or not visible."""
        found = self.facts.seen_one(Workers)
        return found.alive if found else None

    @property
    def every(self) -> str:
        """The interval that is wanted."""
        return self.facts.wanted

    def as_json(self) -> dict[str, object]:
        """Return the object of `--json`; its keys are stable."""
        facts = self.facts
        job = next(iter(facts.our_jobs), None)
        return {
            "verdict": self.verdict,
            "reasons": _reasons(self.blocking),
            "transport": self.transport,
            "transports": {
                name: {"usable": not failing, "reasons": _reasons(failing)}
                for name, failing in self.transports.items()
            },
            "active": self.active,
            "obstacles": None
            if facts.obstacles is None
            else [asdict(obstacle) for obstacle in facts.obstacles],
            "moving": self.moving,
            "workers": self.workers,
            "provider": self.provider.name,
            "server": {
                "version": facts.server.version,
                "database": facts.server.database,
                "role": facts.server.role,
                "in_recovery": facts.server.in_recovery,
                "pooler": facts.pooling,
            },
            "extensions": {name: _extension(facts, name) for name in facts.extensions},
            "schedule": {
                "name": facts.asked.schedule_name,
                "every": facts.wanted,
                "mode": facts.schedule.mode if facts.schedule else None,
                "job_id": job.id if job else None,
                "drift": is_drifted(facts),
            },
            "checks": [asdict(check) for check in self.checks],
            "external": [option.as_json(facts.wanted) for option in self.options],
        }


def _reasons(failing: list[Check]) -> list[dict[str, str]]:
    return [
        {"code": check.reason, "detail": check.detail, "extension": check.extension}
        for check in failing
    ]


def _extension(facts: Facts, name: str) -> Mapping[str, object]:
    found = facts.extensions[name]
    return {
        "available": found.available is not None,
        "installed": found.installed is not None,
        "version": found.installed or found.available,
        **(
            {}
            if name == "http"  # it needs neither
            else {
                "preloaded": facts.preloaded(name),
                "database": facts.database_of(name),
                "worker_running": facts.worker(name) is not None,
            }
        ),
    }
