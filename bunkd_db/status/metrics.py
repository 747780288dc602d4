"""The answer for Prometheus; the format is prometheus-client's to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bunkd_db.status.facts import Percentiles
from bunkd_db.status.report import Judged, Report
from bunkd_db.status.verdict import Health

_Values = Iterator[tuple[list[str], float | None]]


def metrics(report: Report) -> str:
    """Return the exposition; what is not known is left out."""
    registry = CollectorRegistry()
    registry.register(_Found(report))
    return generate_latest(registry).decode()


class _Found(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, help_, labels, values in _FAMILIES:
            family = GaugeMetricFamily(f"bunkd_{name}", help_, labels=["schedule", *labels])
            for each in self._report.schedules:
                for found, value in values(each):
                    if value is not None:
                        family.add_metric([each.facts.name, *found], value)
            yield family


def _health(each: Judged) -> _Values:
    for health in Health:
        yield [health], float(each.verdict.health is health)


def _problems(each: Judged) -> _Values:
    for code, level in {line.code: line.level for line in each.verdict.lines}.items():
        yield [code, level], 1


def _statuses(each: Judged) -> _Values:
    for status in each.facts.queue.statuses:
        yield [status.value, status.kind], status.count.count


def _calls(each: Judged) -> _Values:
    for by in each.facts.calls.by:
        yield [by.outcome, by.reason], by.calls


def _alerts(each: Judged) -> _Values:
    for alert in each.facts.alerts.active if each.facts.alerts else ():
        yield [alert.code], 1


def _quantiles(found: Percentiles | None) -> _Values:
    if found:
        for quantile, value in (("0.5", found.p50), ("0.95", found.p95), ("0.99", found.p99)):
            yield [quantile], value


def _one(value: float | None) -> _Values:
    yield [], value


def _mode(each: Judged) -> _Values:
    if each.facts.mode:
        yield [each.facts.mode, each.facts.mode_code or ""], 1


def _oldest_wait(each: Judged) -> _Values:
    queue = each.facts.queue
    yield [], queue.oldest_wait_seconds if queue.claimable else queue.claimable.count


def _moment(at: datetime | None) -> _Values:
    yield from _one(at.timestamp() if at else None)


def _hour(each: Judged, what: str) -> _Values:
    hour = each.facts.queue.last_hour
    yield [], getattr(hour, what).count if hour else None


_FAMILIES: tuple[tuple[str, str, list[str], Callable[[Judged], _Values]], ...] = (
    ("health", "1 for the health that it has.", ["health"], _health),
    (
        "asked_timestamp_seconds",
        "When the database was asked: a textfile that is not written any more stays as it was.",
        [],
        lambda each: _moment(each.facts.at),
    ),
    ("mode", "1 for the mode that it has; code: why it is external.", ["mode", "code"], _mode),
    ("problem", "1 for each thing that is not well.", ["code", "level"], _problems),
    ("jobs", "Jobs by status value.", ["status", "kind"], _statuses),
    (
        "jobs_claimable",
        "Jobs that wait and can be claimed.",
        [],
        lambda each: _one(each.facts.queue.claimable.count),
    ),
    (
        "jobs_never_claimable",
        "Jobs that wait and can never be claimed.",
        [],
        lambda each: _one(each.facts.queue.never_claimable.count),
    ),
    (
        "jobs_stuck",
        "Jobs that are active for so long that they should have been rescued.",
        [],
        lambda each: _one(each.facts.queue.stuck.count),
    ),
    (
        "oldest_wait_seconds",
        "How long the oldest claimable job has waited; 0 where none waits.",
        [],
        _oldest_wait,
    ),
    (
        "oldest_active_seconds",
        "How long the oldest active job has been active.",
        [],
        lambda each: _one(each.facts.queue.oldest_active_seconds),
    ),
    (
        "pickup_seconds",
        "From created to started, in the last hour.",
        ["quantile"],
        lambda each: _quantiles(each.facts.queue.pickup_seconds),
    ),
    (
        "run_seconds",
        "From started to completed, in the last hour.",
        ["quantile"],
        lambda each: _quantiles(each.facts.queue.run_seconds),
    ),
    (
        "jobs_completed_last_hour",
        "Jobs completed in the last hour.",
        [],
        lambda each: _hour(each, "completed"),
    ),
    (
        "jobs_failed_last_hour",
        "Jobs failed in the last hour.",
        [],
        lambda each: _hour(each, "failed"),
    ),
    (
        "calls_last_hour",
        "Calls of the last hour by outcome and reason.",
        ["outcome", "reason"],
        _calls,
    ),
    (
        "alert_active",
        "1 for each alert that has started and is not over.",
        ["code"],
        _alerts,
    ),
    (
        "slots",
        "Calls that can be in flight at once.",
        [],
        lambda each: _one(each.facts.slots.total),
    ),
    (
        "slots_in_use",
        "Slots that a call holds.",
        [],
        lambda each: _one(each.facts.slots.in_use),
    ),
    (
        "workers",
        "Workers that were there within a minute.",
        [],
        lambda each: _one(each.facts.workers),
    ),
    (
        "last_tick_timestamp_seconds",
        "When the last tick ran.",
        [],
        lambda each: _moment(each.facts.ticks.last),
    ),
    (
        "last_settled_timestamp_seconds",
        "When the latest call was settled.",
        [],
        lambda each: _moment(each.facts.calls.last_settled),
    ),
)
