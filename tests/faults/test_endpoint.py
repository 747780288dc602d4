"""What must be true after every way an endpoint can fail: no job lost, none stuck, cause visible."""

from datetime import timedelta

import pytest

from tests.support.database import Database
from tests.support.endpoint import PATH, Endpoint
from tests.support.held import Held, running
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.upgrade import upgrade
from tests.support.wait import wait_until


def settle(schedule: Held, calls: int = 1) -> None:
    """Tick until this many calls are settled, and stay paused: pg_cron sends nothing more."""
    schedule.set(paused=True)
    wait_until(
        lambda: schedule.tick() and None not in schedule.outcomes()[:calls],
        message=f"{calls} settled calls",
    )


def cause(schedule: Held) -> tuple[object, ...]:
    row = schedule.connection.execute(
        "select outcome, status_code, detail from bunkd.recent_calls order by call limit 1"
    ).fetchone()
    assert row is not None
    return row


def all_is_well(schedule: Held, endpoint: Endpoint) -> None:
    """The endpoint works again: every job is done, no slot is taken, the bound was kept."""
    schedule.set(paused=False)
    wait_until(
        lambda: schedule.tick() and set(count_by_status(schedule.connection)) == {"completed"},
        message="all jobs completed",
    )
    wait_until(lambda: schedule.tick() and schedule.slots() == 0, message="all slots free")
    assert endpoint.peak <= 5
    assert schedule.status("failed_wakes") == 0
    assert schedule.status("problem") is None


@pytest.mark.parametrize(
    ("mode", "outcome", "status", "detail"),
    [
        ("refuse", "network_error", None, "connect"),
        ("reset", "network_error", None, ""),
        (401, "rejected", 401, "Invalid JWT"),
        (403, "rejected", 403, "Forbidden"),
        (404, "http_error", 404, "not found"),
        (429, "http_error", 429, "Too many requests"),
        (500, "http_error", 500, "exited due to an error"),
        (503, "http_error", 503, "as told"),
        ("redirect", "http_error", 405, "Method not allowed"),
        ("hang", "timeout", None, "Timeout of 300 ms"),
        ("big", "empty", 200, "x" * 50),
        ("binary", "empty", 200, ""),
        ("empty", "empty", 200, "No jobs available"),
    ],
)
def test_a_job_survives_an_endpoint_that_fails(
    database: Database,
    connection: Connection,
    endpoint: Endpoint,
    mode: str | int,
    outcome: str,
    status: int | None,
    detail: str,
) -> None:
    limit = "300ms" if mode == "hang" else "5s"
    schedule = running(database, connection, endpoint.url, BUNKD_CALL_TIMEOUT=limit)
    if mode == "refuse":
        endpoint.fail_with = mode
    else:
        endpoint.next_with(mode)
    add_jobs(connection, 1)
    settle(schedule)
    assert cause(schedule)[:2] == (outcome, status)
    assert detail in str(cause(schedule)[2] or "")
    assert count_by_status(connection) == {"queued": 1}
    assert schedule.slots() == 0
    assert schedule.status("calls_last_hour") == {outcome: 1}
    endpoint.fail_with = None
    all_is_well(schedule, endpoint)


@pytest.mark.parametrize("url", ["http://no-such-host.invalid" + PATH, "https"])
def test_a_job_survives_a_name_or_a_certificate_that_fails(
    database: Database, connection: Connection, endpoint: Endpoint, url: str
) -> None:
    wrong = url if url != "https" else endpoint.url.replace("http:", "https:")
    schedule = running(database, connection, wrong)
    add_jobs(connection, 1)
    settle(schedule)
    outcome, status, detail = cause(schedule)
    assert (outcome, status) == ("network_error", None)
    assert detail
    assert endpoint.peak == 0 or url == "https"
    upgrade(database, BUNKD_CALL_URL=endpoint.url)
    all_is_well(schedule, endpoint)


def test_a_500_by_which_a_job_was_finished_is_no_outage(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    endpoint.fail_with = "job_failed"
    jobs = add_jobs(connection, 4)
    wait_until(lambda: count_by_status(connection) == {"failed": 4}, message="all jobs failed")
    settle(schedule, 4)
    assert schedule.outcomes() == ["job_failed"] * 4
    rows = connection.execute("select job_id, detail from bunkd.recent_calls").fetchall()
    assert {row[0] for row in rows} == set(jobs)
    assert {row[1] for row in rows} == {"PPLX_API_KEY not configured"}
    assert schedule.status("back_off") is None
    assert schedule.slots() == 0


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        (401, "rejects the credential (401)"),
        (404, "is not deployed (404)"),
        (500, "the endpoint fails (500)"),
        (429, "the endpoint fails (429)"),
        ("refuse", "the endpoint fails (network_error)"),
    ],
)
def test_an_outage_is_backed_off_from_and_ends_with_the_first_success(
    database: Database, connection: Connection, endpoint: Endpoint, mode: str | int, note: str
) -> None:
    schedule = running(database, connection, endpoint.url)
    endpoint.fail_with = mode
    add_jobs(connection, 12)
    settle(schedule, 5)
    schedule.set(paused=False)
    sent = len(schedule.calls())
    assert sent == 5
    for _ in range(5):
        schedule.tick()
    assert len(schedule.calls()) == sent
    assert note in str(schedule.status("back_off"))
    assert count_by_status(connection) == {"queued": 12}
    retry_at = connection.execute("select max(retry_at) > now() from bunkd.call").fetchone()
    assert retry_at == ((True,) if mode == 429 else (None,))

    endpoint.fail_with = None
    schedule.move(timedelta(minutes=5))
    schedule.tick()
    assert schedule.calls()[sent:] == ["probe"]
    all_is_well(schedule, endpoint)
    assert schedule.status("back_off") is None


def test_a_credential_that_is_rejected_never_appears_in_what_we_record(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    endpoint.require = ("Authorization", "Bearer the-right-one")
    schedule = running(database, connection, endpoint.url, BUNKD_CREDENTIAL="the-wrong-one")
    add_jobs(connection, 1)
    settle(schedule)
    assert cause(schedule)[:2] == ("rejected", 401)
    for table in ("call", "schedule", "last_tick", "credential"):
        row = connection.execute(
            f"select string_agg(t::text, ' ') from bunkd.{table} t"  # noqa: S608
        ).fetchone()
        assert "the-wrong-one" not in str(row)
    upgrade(database, BUNKD_CREDENTIAL="the-right-one")
    all_is_well(schedule, endpoint)
