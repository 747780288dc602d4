"""The last lines of an upgrade, from what the database reported."""

from typing import cast

import pytest

from bunkd_db.summary import Obstacle, Report, summarize

NATIVE: Report = {
    "schedule": "process-analysis-jobs",
    "mode": "native",
    "transport": "pg_net",
    "lanes": 0,
    "max_in_flight": 5,
    "max_running_jobs": None,
    "reason": None,
    "every": "30s",
    "pace": "30s",
    "zone": None,
    "url": "https://x.example/run_job",
    "fenced": False,
    "fence": None,
    "paused": False,
    "in_use": True,
    "credential": True,
    "credential_store": "vault",
    "queue": "public.analysis_jobs",
    "obstacles": None,
    "wake_problem": None,
    "extensions": {"pg_cron": "1.6", "pg_net": "0.20.4"},
    "retired": None,
    "job": {"id": 7, "name": "bunkd:process-analysis-jobs", "active": True},
    "job_obstacle": None,
    "legacy_jobs": None,
}
SAYS_NATIVE = (
    "native: this database calls https://x.example/run_job every 30s"
    " (cron job bunkd:process-analysis-jobs, pg_cron 1.6, pg_net 0.20.4)."
)


def lines(**changed: object) -> list[str]:
    return summarize(cast("Report", {**NATIVE, **changed}))


def obstacle(code: str, detail: str, remedy: str, *commands: str) -> Obstacle:
    return {"code": code, "detail": detail, "remedy": remedy, "commands": list(commands)}


def test_native_is_one_line() -> None:
    assert lines() == [SAYS_NATIVE]


@pytest.mark.parametrize(
    ("url", "address", "said"),
    [
        ("http://127.0.0.1:54321/x", "172.17.0.2", True),
        ("http://localhost:54321/x", "172.17.0.2", True),
        ("http://[::1]:54321/x", "2001:db8::7", True),
        ("http://0.0.0.0:54321/x", "10.0.0.5", True),
        ("http://127.0.0.1:54321/x", "127.0.0.1", False),
        ("http://127.0.0.1:54321/x", "::1", False),
        ("http://127.0.0.1:54321/x", None, False),
        ("http://host.docker.internal:54321/x", "172.17.0.2", False),
        ("http://localhost.example.com/x", "172.17.0.2", False),
    ],
)
def test_a_url_on_the_machine_of_whoever_calls_it(
    url: str, address: str | None, said: bool
) -> None:
    *notes, last = lines(url=url, server_address=address)
    assert last.startswith("native: ")
    assert any("host.docker.internal:PORT" in note for note in notes) is said
    outside = lines(url=url, server_address=address, mode="external", reason="so it is")
    assert not any("host.docker.internal:PORT" in note for note in outside)


@pytest.mark.parametrize(
    ("changed", "last"),
    [
        (
            {"url": None},
            "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL. Then run: bunkd-db upgrade",
        ),
        (
            {"credential": False},
            "NOT SCHEDULED: set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY. Then run: bunkd-db upgrade",
        ),
        (
            {"url": None, "credential": False},
            "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL, and BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY. Then run: bunkd-db upgrade",
        ),
        (
            {"job": {"id": 7, "name": "j", "active": False}},
            "NOT SCHEDULED: cron job j was switched off and stays off. To switch it on: select cron.alter_job(7, active := true);",
        ),
        (
            {"job": None},
            "NOT SCHEDULED: pg_cron did not accept the job. Run: bunkd-db check --schedule process-analysis-jobs",
        ),
        (
            {
                "job": None,
                "job_obstacle": {
                    "code": "JOB_ROLE",
                    "detail": "role app cannot log in",
                    "remedy": "Let the role log in, then upgrade:",
                    "commands": ["alter role app login;", "bunkd-db upgrade"],
                },
            },
            "NOT SCHEDULED: role app cannot log in. Let the role log in, then upgrade: alter role app login; bunkd-db upgrade",
        ),
        (
            {"mode": "external", "reason": "pg_net is not available on this server"},
            "external: calls must come from outside the database, because pg_net is not available on this server. The fastest is a process of your own: bunkd-db worker",
        ),
    ],
)
def test_the_last_line_says_what_matters(changed: dict[str, object], last: str) -> None:
    assert lines(**changed)[-1] == last


def test_what_stands_in_the_way_is_the_last_line() -> None:
    obstacles = [
        obstacle("QUEUE_PROBLEM", "the queue is gone", "Create it."),
        obstacle("PAUSED", "it is paused", "Resume it:", "update …;"),
    ]
    said = lines(obstacles=obstacles, wake_problem="the queue is gone")
    assert said == [
        "1 more obstacle: bunkd-db check --schedule process-analysis-jobs",
        SAYS_NATIVE.replace("calls", "is set up to call").rstrip(".")
        + ", but makes no calls now: the queue is gone. Create it.",
    ]
    assert lines(obstacles=obstacles[1:])[-1].endswith("it is paused. Resume it: update …;")
    # what an upgrade has to be given, or leaves alone, keeps its own line
    assert lines(obstacles=obstacles, url=None)[-1].startswith("NOT SCHEDULED: set ")


def test_a_copy_says_so_before_anything_else_that_is_missing() -> None:
    other = {"url": None, "credential": False, "mode": "external", "reason": "x"}
    last = lines(fenced=True, fence="this database is a copy: upgrade", **other)[-1]
    assert last == "NOT SCHEDULED: this database is a copy: upgrade."


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"retired": ["a", "b"]}, "Deactivated the legacy jobs: a, b."),
        ({"retired": ["a"]}, "Deactivated the legacy job: a."),
        ({"credential_store": "table"}, "The credential is in bunkd.secret, in plain text"),
        ({"wake_problem": "the table was locked"}, "The table was locked."),
        (
            {"legacy_jobs": [{"job_id": 3, "job_name": "old", "role": "admin"}]},
            "The legacy job old of role admin is still active and calls the same function."
            " As that role or a superuser: select cron.alter_job(3, active := false);",
        ),
        (
            {"pace": "1m"},
            "pg_cron before 1.5 cannot schedule in seconds, so ticks run every minute instead of every 30s.",
        ),
    ],
)
def test_notes_come_before_the_last_line(changed: dict[str, object], note: str) -> None:
    said = lines(**changed)
    assert len(said) == 2
    assert said[0].startswith(note)
    assert said[1].startswith("native: ")


def test_a_minute_that_was_asked_for_is_no_news() -> None:
    assert lines(every="1m", pace="1m") == [SAYS_NATIVE.replace("30s", "1m")]


def test_the_pace_is_the_true_one() -> None:
    assert " every 1m (" in lines(every="30s", pace="1m")[-1]


def test_losing_native_is_said() -> None:
    said = lines(mode="external", reason="x", was_native=True)
    assert "was native until now" in said[0]


def test_what_would_make_it_native_is_a_line_of_its_own() -> None:
    remedy = {"remedy": "Grant it, then upgrade:", "commands": ["grant …;", "bunkd-db upgrade"]}
    said = lines(mode="external", reason="x", **remedy)
    assert said[-2] == "Grant it, then upgrade: grant …; bunkd-db upgrade"
    assert said[-1].startswith("external: ")


def test_lanes_say_how_many_and_why_not_more() -> None:
    lanes = {"transport": "http", "extensions": {"http": "1.6", "pg_cron": "1.6"}}
    said = "native: this database calls https://x.example/run_job every 30s by lanes, 3 at a time ("
    end = "cron job bunkd:process-analysis-jobs, http 1.6, pg_cron 1.6)."
    limited = lines(**lanes, lanes=3, max_running_jobs="5")
    assert limited[-1] == f"{said}cron.max_running_jobs = 5, {end}"
    assert lines(**lanes, lanes=3, max_in_flight=3, max_running_jobs="32")[-1] == said + end
