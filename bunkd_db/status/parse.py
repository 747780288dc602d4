"""From what `bunkd.read_status` returns to facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bunkd_db.status import facts
from bunkd_db.status.causes import cause_of
from bunkd_db.status.changes import parse_changes
from bunkd_db.status.facts import Count, Source
from bunkd_db.status.settings import Settings

# what PostgreSQL hands over as jsonb: checked field by field where it becomes a fact
Json = Mapping[str, Any]
# obstacles with which pg_cron runs no job of ours here: what no tick comes of
_NO_TICK = (
    "NOT_SCHEDULED",
    "COPY",
    "NO_URL",
    "NO_CREDENTIAL",
    "EXTENSION_GONE",
    "CRON_DEAD",
    "JOBS_OFF",
    "JOB_ROLE",
    "JOB_ROLE_GONE",
    "JOB_OF_ANOTHER",
    "JOB_REFUSED",
    "JOB_MISSING",
    "JOB_INACTIVE",
)


def parse(name: str, found: Json) -> facts.Schedule:
    """Return the facts about one schedule."""
    slots, calls = found["slots"], found["calls"]
    workers = slots.get("workers")
    obstacles = tuple(map(obstacle, found["obstacles"]))
    comes = not any(each.code in _NO_TICK for each in obstacles)
    return facts.Schedule(
        name=name,
        at=now_of(found),
        mode=found["mode"],
        mode_code=found.get("mode_code"),  # an older upgrade's function does not say it
        mode_reason=found["mode_reason"],
        transport=_transport(found, workers),
        every=found["every"],
        seconds_between_ticks=found["seconds_between_ticks"],
        paused=found["paused"],
        held_since=moment(found["held"]),
        workers=workers,
        rescue_after_seconds=found["rescue_after"],
        unknown=slots.get("unknown"),
        obstacles=obstacles,
        queue=_queue(found["queue_table"], found["queue"], calls),
        calls=_calls(calls),
        slots=_slots(found["max_in_flight"], slots),
        ticks=facts.Ticks(
            moment(slots.get("last_tick")),
            moment(slots.get("next_tick")) if comes else None,
            slots.get("problem"),
            slots.get("back_off"),
        ),
        settings=Settings.of(found["settings"]) if found.get("settings") else None,
        pause=parse_pause(found.get("pause")),
        rotation=_rotation(found["rotation"]) if found.get("rotation") else None,
        changes=parse_changes(found.get("changes")),
        alerts=_alerts(found["alerts"]) if found.get("alerts") else None,
    )


def parse_pause(found: Json | None) -> facts.Pause | None:
    """Return what `bunkd.read_pause` gives."""
    if not found:
        return None
    return facts.Pause(
        moment(found["since"]), moment(found["until"]), found["because"], found["by"]
    )


def _rotation(found: Json) -> facts.Rotation:
    return facts.Rotation(
        facts.Stage(found["stage"]),
        moment(found["since"]),
        found.get("refused"),
        moment(found.get("busy_until")),
    )


def _alerts(found: Json) -> facts.Alerts:
    return facts.Alerts(
        found["webhook"],
        found["heartbeat"],
        tuple(
            facts.Alert(
                each["code"], each["detail"], moment(each["since"]), moment(each["started"])
            )
            for each in found["active"]
        ),
        tuple(
            facts.Message(
                each["code"],
                each["place"],
                each["state"],
                moment(each["told"]),
                moment(each["due"]),
                each["problem"],
            )
            for each in found["messages"]
        ),
        found.get("problem"),
    )


def _queue(table: str, found: Json, calls: Json) -> facts.Queue:
    if found.get("problem"):
        return facts.Queue(table, found["problem"])
    waiting, active = found["waiting"] or {}, found["active"] or {}
    recent = found["recent"] or {}
    whole = bool(recent) and recent["rows"] < found["window_limit"]
    created = found["created"] or {}
    limit = created.get("limit")
    return facts.Queue(
        table=table,
        problem=None,
        statuses=_statuses(found["statuses"], recent.get("statuses") or (), whole),
        claimable=_counted(waiting, "claimable", whole),
        never_claimable=_counted(waiting, "never_claimable", whole),
        oldest_wait_seconds=waiting.get("oldest_seconds"),
        oldest_wait_exact=bool(waiting) and (waiting["exact"] or whole),
        active=_counted(active, "count", whole),
        oldest_active_seconds=active.get("oldest_seconds"),
        slow=_counted(active, "slow", whole),
        stuck=_counted(active, "stuck", whole),
        pickup_seconds=_percentiles(recent.get("pickup"), whole),
        run_seconds=_percentiles(recent.get("run"), whole),
        last_hour=_last_hour(recent, calls, whole),
        created_last_hour=_limited(created.get("last_hour"), limit),
        usual_per_hour=created["day_before"] / 24
        if created and created["day_before"] < limit
        else None,
        errors=tuple(
            facts.JobError(
                text=e["text"],
                count=e["jobs"],
                count_last_hour=e["jobs_last_hour"],
                latest=moment(e["latest"]),
                cause=cause_of(e["text"]),
            )
            for e in recent.get("errors") or ()
        ),
    )


def _statuses(
    counted: Sequence[Json], recent: Sequence[Json], whole: bool
) -> tuple[facts.StatusCount, ...]:
    latest = {each["value"]: each for each in recent}
    known = [
        _status(
            each["value"],
            each["kind"],
            # where no index serves it, what was seen is better than an estimate that is not there
            Count(latest[each["value"]]["rows"], whole, not whole)
            if each["value"] in latest and (each["count"] is None or whole)
            else Count(each["count"], each["exact"], each["at_least"]),
            latest.get(each["value"], {}),
            whole,
        )
        for each in counted
        # a word for the same that this queue does not use is no news
        if each["first"] or each["count"] or each["value"] in latest
    ]
    names = {each["value"] for each in counted}
    return (
        *known,
        *(
            _status(value, "unknown", Count(each["rows"], whole, not whole), each, whole)
            for value, each in latest.items()
            if value not in names
        ),
    )


def _status(value: str, kind: str, count: Count, latest: Json, whole: bool) -> facts.StatusCount:
    return facts.StatusCount(
        value,
        kind,
        count,
        moment(latest.get("latest_created")),
        moment(latest.get("latest_completed")),
        whole,
    )


def _last_hour(recent: Json, calls: Json, whole: bool) -> facts.LastHour | None:
    """By the queue; by the ledger where the queue has no times, or its newest rows tell less."""
    if recent.get("ends_known") and (whole or recent["completed"] >= calls["ok"]):
        return facts.LastHour(
            Count(recent["completed"], whole, not whole),
            Count(recent["failed"], whole, not whole),
            tuple(recent["per_5_min"]),
            Source.QUEUE,
        )
    if not calls["count"]:
        return None
    exact = calls["exact"]
    by_calls = sum(each["calls"] for each in calls["by"] or () if each["outcome"] == "job_failed")
    failed = max(by_calls, recent.get("failed", 0))
    return facts.LastHour(
        Count(calls["ok"], exact, not exact),
        Count(failed, exact, not exact),
        tuple(calls["per_5_min"]),
        Source.LEDGER,
    )


def _calls(found: Json) -> facts.Calls:
    return facts.Calls(
        count=Count(found["count"], found["exact"], not found["exact"]),
        by=tuple(
            facts.Outcome(each["outcome"], each["reason"], each["calls"], each["failed"])
            for each in found["by"] or ()
        ),
        answers=tuple(
            facts.Answer(
                outcome=each["outcome"],
                status_code=each["status_code"],
                detail=each["detail"],
                calls=each["calls"],
                cause=cause_of(each["detail"] or "")
                if each["outcome"] in ("job_failed", "http_error")
                else None,
            )
            for each in found["answers"] or ()
        ),
        last_settled=moment(found.get("last_settled")),  # nor this
    )


def _slots(total: int, found: Json) -> facts.Slots:
    if "unknown" in found:
        return facts.Slots(total)
    holders = tuple(
        facts.Holder(each["call"], each["seconds"], each["worker"], each["state"])
        for each in sorted(found["holders"], key=lambda each: each["place"])
    )
    return facts.Slots(total, found["in_use"], holders, found["planned"], found["limited_by"])


def _counted(found: Json, key: str, whole: bool) -> Count:
    if found.get(key) is None:
        return Count()
    exact = found["exact"] or whole
    return Count(found[key], exact, not exact)


def _limited(count: int | None, limit: int | None) -> Count:
    if count is None or limit is None:
        return Count()
    return Count(count, count < limit, count >= limit)


def _percentiles(found: Json | None, whole: bool) -> facts.Percentiles | None:
    if not found or not found["jobs"]:
        return None
    p50, p95, p99 = found["seconds"]
    return facts.Percentiles(found["jobs"], p50, p95, p99, whole)


def obstacle(found: Json) -> facts.Obstacle:
    """Return a `bunkd.obstacle`."""
    commands = tuple(found["commands"] or ())
    return facts.Obstacle(found["code"], found["detail"], found["remedy"], commands)


def now_of(found: Json) -> datetime:
    """Return when the database was asked, by its own clock."""
    return moment(found["at"]) or datetime.now(UTC)


def moment(seconds: float | None) -> datetime | None:
    """Return a time that the database gives as seconds since 1970."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # of a year that no clock shows


def _transport(found: Json, workers: int | None) -> str:
    if found["mode"] == "native":
        return found.get("transport_used") or "pg_net"  # older ones knew no other
    return "worker" if workers else "external"
