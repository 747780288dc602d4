"""The last lines of an upgrade, from what the database reported."""

from collections.abc import Mapping

import pytest

from bunkd_db.summary import summarize

NATIVE: Mapping[str, object] = {
    "schedule": "process-analysis-jobs",
    "mode": "native",
    "reason": None,
    "every": "30s",
    "cron_schedule": "30 seconds",
    "url": "https://x.example/run_job",
    "fenced": False,
    "paused": False,
    "credential": True,
    "credential_store": "vault",
    "queue": "public.analysis_jobs",
    "queue_problem": None,
    "wake_problem": None,
    "extensions": {"pg_cron": "1.6", "pg_net": "0.20.4"},
    "retired": None,
    "job": {"id": 7, "name": "bunkd:process-analysis-jobs", "active": True},
    "job_of": None,
    "old_jobs": None,
}
SAYS_NATIVE = (
    "native: this database calls https://x.example/run_job every 30s"
    " (cron job bunkd:process-analysis-jobs, pg_cron 1.6, pg_net 0.20.4)."
)


def lines(**changed: object) -> list[str]:
    return summarize({**NATIVE, **changed})


def test_native_is_one_line() -> None:
    assert lines() == [SAYS_NATIVE]


@pytest.mark.parametrize(
    ("changed", "last"),
    [
        ({"url": None}, "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL."),
        (
            {"credential": False},
            "NOT SCHEDULED: set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY.",
        ),
        (
            {"url": None, "credential": False},
            "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL; and set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY.",
        ),
        (
            {"job": {"id": 7, "name": "j", "active": False}},
            "NOT SCHEDULED: cron job j was switched off and stays so. To switch it on: select cron.alter_job(7, active := true);",
        ),
        ({"job": None}, "NOT SCHEDULED: pg_cron took no job; see bunkd-db check"),
        (
            {"job": None, "job_of": "admin"},
            "NOT SCHEDULED: role admin has an active cron job of the same name; unschedule it as that role and upgrade again.",
        ),
        (
            {"mode": "external", "reason": "pg_net is not available on this server"},
            "external: external cron is needed, because pg_net is not available on this server. For the options: bunkd-db external list; for the files of one: bunkd-db external generate NAME",
        ),
    ],
)
def test_the_last_line_says_what_matters(changed: dict[str, object], last: str) -> None:
    assert lines(**changed)[-1] == last


def test_a_copy_says_so_before_anything_else_that_is_missing() -> None:
    last = lines(fenced=True, url=None, credential=False, mode="external", reason="x")[-1]
    assert last.startswith("NOT SCHEDULED: this database is a copy")
    assert "BUNKD_CALL_URL" in last
    assert "BUNKD_CREDENTIAL" in last


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"retired": ["a", "b"]}, "Switched off the old recipe's cron job: a, b."),
        ({"credential_store": "table"}, "The credential is in bunkd.secret, in the clear"),
        ({"queue_problem": "the table is gone"}, "The queue is not ready: the table is gone."),
        ({"wake_problem": "the table was busy"}, "About the wake: the table was busy."),
        ({"paused": True}, "The schedule is paused: it ticks and sends nothing."),
        (
            {"old_jobs": [{"job_id": 3, "job_name": "old", "role": "admin"}]},
            "The old recipe's cron job old of role admin is still active and calls the same function."
            " As that role: select cron.alter_job(3, active := false);",
        ),
        (
            {"cron_schedule": "* * * * *"},
            "This pg_cron knows no seconds (1.5 does): the schedule ticks every minute, not every 30s.",
        ),
    ],
)
def test_notes_come_before_the_last_line(changed: dict[str, object], note: str) -> None:
    said = lines(**changed)
    assert len(said) == 2
    assert said[0].startswith(note)
    assert said[1].startswith("native: ")


def test_a_minute_that_was_asked_for_is_no_news() -> None:
    assert lines(every="1m", cron_schedule="* * * * *") == [SAYS_NATIVE.replace("30s", "1m")]


def test_the_pace_is_the_true_one() -> None:
    assert " every 1m (" in lines(every="30s", cron_schedule="* * * * *")[-1]


def test_losing_native_is_said() -> None:
    said = lines(mode="external", reason="x", was_native=True)
    assert "It was native until now" in said[-2]
