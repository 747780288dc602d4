"""A schedule with which all is well, as facts: tests say what differs."""

from datetime import UTC, datetime, timedelta

from bunkd_db.status import facts
from bunkd_db.status.facts import Count

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
NONE = Count(0, True)
QUEUE = facts.Queue(
    table="public.analysis_jobs",
    problem=None,
    statuses=(facts.StatusCount("queued", "waiting", Count(3, True), NOW, None, True),),
    claimable=Count(3, True),
    never_claimable=NONE,
    oldest_wait_seconds=1.8,
    oldest_wait_exact=True,
    active=Count(5, True),
    oldest_active_seconds=12.0,
    slow=NONE,
    stuck=NONE,
    pickup_seconds=facts.Percentiles(100, 0.024, 1.1, 2.9, True),
    run_seconds=facts.Percentiles(100, 12, 20, 28, True),
    last_hour=facts.LastHour(
        Count(1204, True), Count(3, True), tuple(range(12)), facts.Source.QUEUE
    ),
    created_last_hour=Count(1200, True),
    usual_per_hour=1000.0,
    errors=(facts.JobError("Perplexity API error: 429", 3, 3, NOW, "quota"),),
)
WELL = facts.Schedule(
    name="reports",
    at=NOW,
    mode="native",
    mode_code=None,
    mode_reason=None,
    transport="pg_net",
    every="30s",
    seconds_between_ticks=30,
    paused=False,
    held_since=None,
    workers=0,
    rescue_after_seconds=600.0,
    unknown=None,
    obstacles=(),
    queue=QUEUE,
    calls=facts.Calls(
        Count(134, True),
        (
            facts.Outcome("ok", "wake", 130, False),
            facts.Outcome("http_error", "tick", 4, True),
        ),
        (facts.Answer("http_error", 500, "boom", 4, None),),
    ),
    slots=facts.Slots(5, 5, (facts.Holder(812, 12.0, None, "open"),), 0, "NO_SLOT"),
    ticks=facts.Ticks(NOW - timedelta(seconds=4), NOW + timedelta(seconds=26)),
)
