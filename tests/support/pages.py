"""Pages without a server: an ordinary one, and one of whose texts each wants to break out."""

from dataclasses import replace
from datetime import datetime, timedelta

from bunkd_db.models import Check
from bunkd_db.page.facts import Call, Found, Own
from bunkd_db.status import facts
from bunkd_db.status.changes import Change
from bunkd_db.status.facts import Count
from bunkd_db.status.judge import judge
from bunkd_db.status.report import Judged, Report
from bunkd_db.status.settings import Settings
from tests.support.well import NOW, QUEUE, WELL

JOB = "25d5e9f5-ab88-4098-ae77-bef76c215c1c"
UPSTREAM = "Internal Server Error: upstream connect error or disconnect/reset before headers"
QUOTA = "Perplexity API error: 429 Too Many Requests"
KEY = "sb_secret_" + "k3y" * 8
HOSTILE = (
    "</title></style></svg></bdi><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>"
    '" onload=\'alert(1)\' style="all:initial" {{ 7 * 7 }} \x1b[31m\x00\u202egnirts\u2066 '
    + KEY
    + " "
)
LONG = HOSTILE + "&<>'\"\U0001f600W" * 200_000


def _ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def _status(
    value: str, kind: str, count: Count, created: float, done: float | None = None
) -> facts.StatusCount:
    return facts.StatusCount(
        value, kind, count, _ago(created), _ago(done) if done else None, count.exact
    )


OWN = Settings(
    call_url="https://abcdefghijklmnopqrst.supabase.co/functions/v1/run_job",
    header_names=("x-tenant",),
    credential="jwt-service_role, in vault",
    timeout_seconds=35,
    on_timeout="release",
    jobs_per_call=1,
    wake=True,
    cron_schedule="30 seconds",
    status_column="status",
    status_waiting=("queued",),
    status_active=("processing", "running"),
    status_done=("completed", "done"),
    status_failed=("failed",),
    queue_where=None,
)
BUSY = replace(
    WELL,
    name="process-analysis-jobs",
    queue=replace(
        QUEUE,
        statuses=(
            _status("queued", "waiting", Count(37, True), 9),
            _status("processing", "active", Count(5, True), 120),
            _status("completed", "done", Count(9_912_000), 180, 20),
            _status("failed", "failed", Count(812, True), 10_800, 560),
        ),
        claimable=Count(37, True),
        oldest_wait_seconds=421,
        oldest_active_seconds=312,
        slow=Count(5, True),
        errors=(facts.JobError(QUOTA, 27, 21, NOW, "quota"),),
    ),
    calls=facts.Calls(
        Count(148, True),
        (
            facts.Outcome("ok", "wake", 120, False),
            facts.Outcome("ok", "tick", 10, False),
            facts.Outcome("http_error", "tick", 14, True),
            facts.Outcome("open", "refill", 4, False),
        ),
        (facts.Answer("http_error", 500, UPSTREAM, 14, None),),
    ),
    slots=facts.Slots(
        5,
        5,
        tuple(facts.Holder(812 + n, 312 - 40 * n, "web-1-3078-66720a", "open") for n in range(5)),
        0,
        "NO_SLOT",
    ),
    settings=OWN,
    rotation=facts.Rotation(facts.Stage.WATCHED, _ago(90)),
    changes=(
        Change(
            7,
            _ago(3600),
            "process-analysis-jobs",
            "set",
            "command",
            "postgres",
            "ann",
            {"max_in_flight": 3},
            {"max_in_flight": 5},
            "launch day",
        ),
    ),
    alerts=facts.Alerts(
        "hooks.example.com",
        "hc-ping.example.com",
        (facts.Alert("WAIT_TOO_LONG", "a job waits for 7 min", _ago(421), _ago(121)),),
        (facts.Message("HEARTBEAT", "heartbeat", "beat", _ago(540), None, None),),
    ),
)
CALLS = tuple(
    Call(
        call=900 - n,
        schedule=BUSY.name,
        reason=("wake", "tick", "refill")[n % 3],
        sent=_ago(20 + 13 * n),
        settled=None if n < 3 else _ago(3 + 12 * n),
        outcome=None if n < 3 else "http_error" if n % 7 == 0 else "ok",
        status_code=None if n < 3 else 500 if n % 7 == 0 else 200,
        job_id=None if n < 3 else JOB,
        detail=UPSTREAM if n >= 3 and n % 7 == 0 else None,
        worker=None,
        failed=n >= 3 and n % 7 == 0,
    )
    for n in range(25)
)
CHECKS = (
    Check("server_version", "pass", "PostgreSQL 17.6"),
    Check(
        "queue_index",
        "warn",
        "no index serves the status of public.analysis_jobs",
        "Create one, which locks nothing:",
        "NO_INDEX",
        ("create index concurrently on public.analysis_jobs (status);",),
    ),
    Check("job", "skip", "the cron job could not be read", "Ask as role postgres.", "UNANSWERED"),
)


def judged(*schedules: facts.Schedule) -> Report:
    return Report(tuple(Judged(each, judge(each)) for each in schedules))


ORDINARY = Found(NOW, judged(BUSY), CALLS, {BUSY.name: CHECKS})
WORKER = Own("web-1-3078-66720a", True, "working", "", 3)


def hostile(schedules: int = 40, text: str = HOSTILE * 40) -> Found:
    """Every list longer than anything real, every text hostile."""
    obstacle = facts.Obstacle(text, text, text, (text, "select 1;"))
    count = Count(10**18, True)
    status = replace(BUSY.queue.statuses[0], value=text, count=count)
    bad = replace(
        BUSY,
        obstacles=(obstacle,) * 50,
        every=text,
        unknown=None,
        settings=replace(
            OWN,
            call_url=text,
            queue_where=text,
            header_names=(text,) * 50,
            status_waiting=(text,) * 50,
        ),
        queue=replace(
            BUSY.queue,
            table=text,
            statuses=tuple(replace(status, value=f"{n}{text}") for n in range(300)),
            errors=(facts.JobError(text, 10**18, 10**18, NOW, None),) * 50,
            last_hour=facts.LastHour(count, count, (10**18,) * 12, facts.Source.LEDGER),
        ),
        calls=facts.Calls(
            count,
            tuple(facts.Outcome(f"{n}{text}", text, 10**18, True) for n in range(50)),
            (facts.Answer(text, 500, text, 10**18, None),) * 50,
        ),
        slots=facts.Slots(1000, 1000, (facts.Holder(10**18, 1e12, text, text),) * 1000, 0, text),
        alerts=facts.Alerts(text, text, (facts.Alert(text, text, NOW, NOW),) * 50),
        changes=(Change(1, NOW, text, text, text, text, text, {text: text}, {text: 1}, text),) * 50,
    )
    named = [replace(bad, name=f"{n}{text}") for n in range(schedules)]
    call = Call(10**18, "", text, NOW, NOW, text, 500, text, text, text, True)
    check = Check(text, "fail", text, text, text, (text,) * 50)
    return Found(
        NOW,
        judged(*named),
        tuple(replace(call, schedule=each.name) for each in named[:3] for _ in range(100)),
        {each.name: (check,) * 100 for each in named},
        Own(text, False, text, text, 10**18),
    )
