"""Guarantee 7: back-off from a failing endpoint, and the two brakes."""

import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import formatdate

import pytest
from psycopg.types.json import Jsonb

from tests.support.database import Database
from tests.support.held import Held, held
from tests.support.queue import add_jobs
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, URL, upgrade

CALL = """
insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)
select %(schedule)s, %(reason)s, t, t + %(took)s::interval, %(outcome)s, %(status)s
from (select clock_timestamp() - make_interval(secs => %(ago)s) as t) as x
"""
FAILURES = ["http_error", "rejected", "network_error", "timeout"]


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    """Ten jobs wait, nothing was called for yet, and the endpoint is known for long."""
    with held(database, connection) as schedule:
        schedule.set(paused=True)
        add_jobs(connection, 10)
        schedule.set(
            paused=False, cron_schedule="30 seconds"
        )  # also where pg_cron has only minutes
        connection.execute("update bunkd.schedule set endpoint_since = now() - interval '1 day'")
        yield schedule


def past(
    one: Held,
    *outcomes: str,
    ago: float = 1,
    reason: str = "tick",
    status: int | None = None,
    took: str = "1 ms",
) -> None:
    """Calls that ended so, sent one second apart, the last of them `ago` seconds ago."""
    for n, outcome in enumerate(reversed(outcomes)):
        values = {"schedule": SCHEDULE, "reason": reason, "outcome": outcome, "took": took}
        one.connection.execute(CALL, {**values, "ago": ago + n, "status": status})


def sent(one: Held) -> int:
    """How many calls the next tick sends."""
    before = len(one.calls())
    one.tick()
    return len(one.calls()) - before


def back_off(one: Held) -> str:
    return str(one.status("back_off"))


@pytest.mark.parametrize("outcome", FAILURES)
def test_three_failures_in_a_row_are_too_many_and_two_are_not(one: Held, outcome: str) -> None:
    past(one, "ok", outcome, outcome)
    assert sent(one) == 5
    one.take().time_out() if outcome == "timeout" else one.take().end(503, "{}")
    assert sent(one) == 0
    assert "one probe call at increasing intervals" in back_off(one)


@pytest.mark.parametrize("on_timeout", ["release", "detach"])
def test_recent_calls_say_which_of_them_failed(one: Held, on_timeout: str) -> None:
    """By the definition that the back-off has."""
    one.set(on_timeout=on_timeout)
    past(one, *FAILURES, "ok", "empty", "job_failed", "lost")
    failed = "select distinct outcome from bunkd.recent_calls where failed order by 1"
    found = {row[0] for row in one.connection.execute(failed)}
    assert found == set(FAILURES) - ({"timeout"} if on_timeout == "detach" else set())


@pytest.mark.parametrize("outcome", ["ok", "empty", "job_failed"])
def test_these_are_no_failures_of_the_endpoint(one: Held, outcome: str) -> None:
    past(one, "http_error", "http_error", outcome)
    assert sent(one) == 5


def test_a_lost_call_says_nothing_about_the_endpoint(one: Held) -> None:
    past(one, "http_error", "http_error", "lost", "lost", "lost")
    assert sent(one) == 5
    one.connection.execute("delete from bunkd.call where settled is null")
    past(one, "http_error", "lost")
    assert sent(one) == 0


def test_what_is_sent_while_the_url_changes_says_nothing_about_the_next(one: Held) -> None:
    with one.database.connect() as deploy, deploy.transaction():
        deploy.execute(
            "select bunkd.apply_settings(%s, %s)",
            [SCHEDULE, Jsonb({"url": "http://127.0.0.1:9/next"})],
        )
        assert sent(one) == 5  # nobody sees the next one yet
    one.take().end(404, '{"error": "quoted"}')
    assert sent(one) == 5
    assert back_off(one) == "None"
    query = "select count(*) from bunkd.call where detail like '%%quoted%%' or outcome is null"
    assert scalar(one.connection, int, query) == 5  # nor is what the former one answered kept


def test_under_detach_a_timeout_is_no_failure(one: Held) -> None:
    one.set(on_timeout="detach")
    past(one, "timeout", "timeout", "timeout")
    assert sent(one) > 0


@pytest.mark.parametrize(
    ("probes", "ticks"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 10), (5, 10), (10, 10)]
)
def test_one_probe_at_distances_of_1_2_4_8_ticks_and_5_minutes_at_most(
    one: Held, probes: int, ticks: int
) -> None:
    last = "probe" if probes else "tick"
    past(one, *["http_error"] * 3, ago=ticks * 30 + 1000)
    past(one, *["http_error"] * max(probes, 3 * (not probes)), ago=ticks * 30 - 20, reason=last)
    assert sent(one) == 0
    one.move(timedelta(seconds=19))  # pg_cron is a moment early, and the answer was settled late
    assert sent(one) == 1
    assert one.calls()[-1] == "probe"


def test_one_probe_at_a_time(one: Held) -> None:
    """A probe that hangs is not followed by another before it has ended."""
    past(one, *["http_error"] * 3, ago=1000)
    assert [sent(one), sent(one), sent(one)] == [1, 0, 0]
    one.take().end(503)
    one.move(timedelta(minutes=1))
    assert sent(one) == 1


def test_the_distances_are_those_between_the_probes_themselves(one: Held) -> None:
    """Tick by tick: an answer is settled by the next tick, which adds nothing to the distance."""
    distances, last = [], 0
    for number in range(16):
        if sent(one):
            distances.append(number - last)
            last = number
            one.take().end(503, "{}")
        one.move(timedelta(seconds=30))
    assert distances == [0, 1, 2, 4, 8]


def test_a_longer_interval_than_five_minutes_probes_at_every_tick(one: Held) -> None:
    one.set(every="10m", cron_schedule="*/10 * * * *")
    past(one, *["http_error"] * 6, ago=599, reason="probe")
    assert sent(one) == 1


def test_a_wake_sends_nothing_while_the_endpoint_fails(one: Held) -> None:
    past(one, *["http_error"] * 3, ago=1000)
    add_jobs(one.connection, 1)
    assert one.requests() == []
    assert sent(one) == 1


def test_retry_after_is_honoured(one: Held) -> None:
    past(one, *["http_error"] * 3, ago=100, status=429)
    one.connection.execute("update bunkd.call set retry_at = now() + interval '1 minute'")
    assert sent(one) == 0
    one.connection.execute("update bunkd.call set retry_at = now() - interval '1 second'")
    assert sent(one) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("86400", 3600),
        (120, 120),
        (86400, 3600),
        ("Wed, 99 Foo 2026 00:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date_and_an_hour_at_most(
    one: Held, header: str | int, seconds: int | None
) -> None:
    """A number stands for the date so many seconds from now."""
    if isinstance(header, int):
        header = formatdate(time.time() + header, usegmt=True)
    assert sent(one) == 5
    one.take().end(429, "{}", headers={"Retry-After": header})
    one.tick()
    row = one.connection.execute(
        "select extract(epoch from max(retry_at) - now())::integer from bunkd.call"
    ).fetchone()
    assert row is not None
    if seconds is None:
        assert row == (None,)
    else:
        assert seconds - 5 < int(str(row[0])) <= seconds + 1


@pytest.mark.parametrize("outcome", ["ok", "job_failed", "empty"])
def test_full_speed_after_the_first_success(one: Held, outcome: str) -> None:
    past(one, *["http_error"] * 5, ago=10)
    past(one, outcome, reason="probe", ago=1)
    assert sent(one) == 5
    assert one.status("back_off") is None


def test_a_new_url_is_a_new_endpoint(one: Held, database: Database) -> None:
    past(one, *["http_error"] * 5)
    assert sent(one) == 0
    upgrade(database, BUNKD_CALL_URL=URL + "?new")
    assert sent(one) == 5


def test_a_new_credential_is_a_new_endpoint(one: Held, database: Database) -> None:
    past(one, *["rejected"] * 5, status=401)
    assert sent(one) == 0
    upgrade(database, BUNKD_CREDENTIAL="another-token-of-the-tests")
    assert sent(one) == 5


def test_a_deploy_that_changes_neither_lifts_nothing(one: Held, database: Database) -> None:
    past(one, *["rejected"] * 5, status=401)
    upgrade(database, BUNKD_CALL_URL=URL)
    assert sent(one) == 0


@pytest.mark.parametrize(
    ("outcome", "status", "words"),
    [
        ("rejected", 401, "rejects the credential (401)"),
        ("rejected", 403, "rejects the credential (403)"),
        ("http_error", 404, "is not deployed (404)"),
        ("http_error", 500, "the endpoint fails (500)"),
        ("network_error", None, "the endpoint fails (network_error)"),
        ("timeout", None, "the endpoint fails (timeout)"),
    ],
)
def test_the_note_names_the_cause(one: Held, outcome: str, status: int | None, words: str) -> None:
    past(one, *[outcome] * 3, status=status)
    one.tick()
    assert words in back_off(one)


# Ten failed jobs in a row


def test_ten_failed_jobs_in_a_row_are_one_call_a_tick(one: Held) -> None:
    past(one, "ok", *["job_failed"] * 9)
    assert sent(one) == 5
    one.connection.execute("delete from bunkd.call where settled is null")
    one.connection.execute("update bunkd.slot set request = null, call = null")
    past(one, "job_failed")
    assert sent(one) == 1
    assert "10 jobs in a row failed" in back_off(one)


def test_a_refill_does_not_burn_the_backlog_either(one: Held) -> None:
    past(one, *["job_failed"] * 10)
    assert sent(one) == 1
    one.take()
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing' where id = (select id from public.analysis_jobs limit 1)"
    )
    one.connection.execute(
        "update public.analysis_jobs set status = 'failed' where status = 'processing'"
    )
    assert len(one.requests()) == 1


def test_one_success_lets_the_jobs_go_on(one: Held) -> None:
    past(one, *["job_failed"] * 20, ago=10)
    past(one, "ok")
    assert sent(one) == 5


# Three empty answers in a row


def test_three_empty_answers_stop_the_ticks_until_the_tenth(one: Held) -> None:
    past(one, "empty", "empty", "empty", ago=270)
    assert sent(one) == 0
    assert "finds no job although rows are waiting" in back_off(one)
    one.move(timedelta(seconds=20))
    assert sent(one) == 1


def test_a_change_of_the_queue_ends_that_at_once(one: Held) -> None:
    past(one, "empty", "empty", "empty")
    assert sent(one) == 0
    add_jobs(one.connection, 1)
    assert one.calls()[-1] == "wake"


def test_two_empty_answers_are_none_of_its_business(one: Held) -> None:
    past(one, "ok", "empty", "empty")
    assert sent(one) == 5


def test_an_empty_queue_is_no_reason_to_hold_back(one: Held) -> None:
    one.connection.execute("delete from public.analysis_jobs")
    past(one, "empty", "empty", "empty")
    add_jobs(one.connection, 1)
    assert one.calls()[-1] == "wake"


def test_one_schedules_failures_are_not_anothers(one: Held) -> None:
    past(one, *["http_error"] * 5)
    one.connection.execute("update bunkd.call set schedule = 'another'")
    assert sent(one) == 5
