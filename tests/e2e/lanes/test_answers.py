"""What a lane makes of each way in which a call can end."""

import time

import psycopg
import pytest

from tests.e2e.lanes.place import Lanes
from tests.support.checked import check, named
from tests.support.endpoint import Endpoint, Mode
from tests.support.queue import add_jobs, count_by_status
from tests.support.scalar import scalar
from tests.support.upgrade import CREDENTIAL, SCHEDULE
from tests.support.wait import wait_until

ENDED = "select outcome, status_code, detail, retry_at > clock_timestamp() from bunkd.call"


def test_a_queued_job_is_called_for_at_once(lanes: Lanes, endpoint: Endpoint) -> None:
    lanes.start(1)
    add_jobs(lanes.connection, 3)
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 3})
    wait_until(lambda: lanes.outcomes() == ["ok"] * 3)
    [call, *_] = endpoint.received
    assert call.header("Authorization") == f"Bearer {CREDENTIAL}"
    assert call.header("Content-Type") == "application/json"
    assert (call.reason, call.call) == ("worker", "1")
    assert lanes.slots() == 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (401, ("rejected", 401, "Invalid JWT", None)),
        (404, ("http_error", 404, "Requested function was not found", None)),
        (429, ("http_error", 429, "Too many requests", True)),
        (500, ("http_error", 500, "Function exited due to an error", None)),
        ("job_failed", ("job_failed", 500, "PPLX_API_KEY not configured", None)),
        ("binary", ("ok", 200, "the response is not valid text", None)),
        ("reset", ("network_error", None, None, None)),
        ("refuse", ("network_error", None, None, None)),
        ("redirect", ("network_error", None, None, None)),  # to itself, for ever
    ],
)
def test_an_answer(
    lanes: Lanes, endpoint: Endpoint, mode: Mode, expected: tuple[object, ...]
) -> None:
    endpoint.fail_with = mode
    add_jobs(lanes.connection)
    lanes.start(1)
    wait_until(lambda: lanes.outcomes()[:1] not in ([], [None]))
    found = lanes.connection.execute(f"{ENDED} order by id limit 1").fetchone()
    assert found is not None
    if expected[0] == "network_error":  # in the words of the library
        assert found[2]
        found = (*found[:2], None, found[3])
    assert found == expected
    wait_until(lambda: lanes.slots() == 0)


def test_an_answer_of_any_size(lanes: Lanes, endpoint: Endpoint) -> None:
    endpoint.next_with("big")
    add_jobs(lanes.connection)
    lanes.start(1)
    wait_until(lambda: lanes.outcomes()[:1] == ["ok"], 20)
    longest = "select max(length(detail)) from bunkd.call"
    assert scalar(lanes.connection, int, longest) <= 200


def test_the_timeout_holds_in_a_fresh_session(lanes: Lanes, endpoint: Endpoint) -> None:
    """The first request of a session: settings of the library's own would not reach it."""
    lanes.set(timeout_ms=300)
    endpoint.fail_with = "hang"
    add_jobs(lanes.connection)
    lanes.start(1)
    wait_until(lambda: lanes.outcomes()[:1] == ["timeout"])
    took = "select extract(epoch from min(settled - sent))::float from bunkd.call"
    assert 0.25 < scalar(lanes.connection, float, took) < 3


def test_a_function_that_starts_slowly_gets_more_than_a_second(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    endpoint.work = 1.5
    add_jobs(lanes.connection)
    lanes.start(1)
    wait_until(lambda: lanes.outcomes() == ["ok"])


def test_failures_in_a_row_hold_the_lanes_and_a_tick_sends_the_probe(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    lanes.set(every="1s", cron_schedule="1 second")
    endpoint.fail_with = 500
    add_jobs(lanes.connection, 9)
    lanes.start(1, 2)
    wait_until(lambda: len(lanes.outcomes()) >= 3 and None not in lanes.outcomes())
    endpoint.fail_with = None
    time.sleep(1)  # a back-off is over when its time is: nothing else shows it
    sent = len(endpoint.received)
    lanes.tick()
    wait_until(lambda: len(endpoint.received) > sent)
    assert endpoint.received[sent].reason == "probe"
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 9})


@pytest.mark.parametrize("why", ["paused", "copy", "held", "wake"])
def test_no_lane_calls_where_nobody_is_to(lanes: Lanes, endpoint: Endpoint, why: str) -> None:
    columns: dict[str, dict[str, object]] = {
        "paused": {"paused": True},
        "copy": {"database_oid": 1},
        "held": {"held": "now", "held_because": "it looks restored"},
        "wake": {"wake": False},
    }
    for column, value in columns[why].items():
        lanes.set(SCHEDULE, **{column: value})
    lanes.start(1)
    add_jobs(lanes.connection)
    with pytest.raises(AssertionError, match="not within"):
        wait_until(lambda: endpoint.received, 1.5)
    assert lanes.calls() == []
    if why == "wake":  # then ticks call, and the lanes send
        lanes.tick()
        wait_until(lambda: lanes.outcomes() == ["ok"])
        assert lanes.calls() == ["tick"]


def test_nothing_is_attached_to_the_queue(lanes: Lanes) -> None:
    lanes.tick()
    ours = "select count(*) from pg_trigger where tgname like 'bunkd%' and tgrelid = 'analysis_jobs'::regclass"
    assert scalar(lanes.connection, int, ours) == 0


@pytest.mark.parametrize(("mode", "status"), [(None, "pass"), (401, "fail"), ("hang", "fail")])
def test_a_probe_sends_as_lanes_do(
    lanes: Lanes, endpoint: Endpoint, mode: Mode, status: str
) -> None:
    lanes.set(timeout_ms=500)
    endpoint.fail_with = mode
    report = check(lanes.database, probe=True)
    assert (report.verdict, report.transport) == ("native", "http")
    assert named(report, "probe").status == status
    # a second one, without the credential, asks for a redirect
    assert [call.reason for call in endpoint.received if call.reason] == ["probe"]
    assert lanes.calls() == ["probe"]


def test_http_for_everybody_is_taken_from_them_and_nothing_else_is(lanes: Lanes) -> None:
    taken = """
        select count(*) from pg_proc
         where pronamespace = 'extensions'::regnamespace and not has_function_privilege('anon', oid, 'execute')
    """
    with lanes.database.admin() as admin:
        admin.execute("grant execute on all functions in schema extensions to public")
        found = named(check(lanes.database), "http_usage")
        assert (found.status, found.reason) == ("warn", "HTTP_PUBLIC")
        for command in found.commands:
            admin.execute(command.encode())
        assert scalar(admin, int, taken) == 1, "the one that sends: all others of http call it"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            admin.execute("set role anon; select extensions.http_get('http://127.0.0.1:9/')")
    assert named(check(lanes.database), "http_usage").status == "pass"
    lanes.start(1)
    add_jobs(lanes.connection)
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 1})


def test_what_check_says(lanes: Lanes) -> None:
    report = check(lanes.database)
    said = report.as_json()
    assert said["transport"] == "http"
    transports = said["transports"]
    assert isinstance(transports, dict)
    assert transports["http"] == {"usable": True, "reasons": []}
    if lanes.database.server.net:
        assert transports["pg_net"] == {"usable": True, "reasons": []}
        assert check(lanes.database, BUNKD_TRANSPORT="pg_net").transport == "pg_net"
    else:
        assert [reason["code"] for reason in transports["pg_net"]["reasons"]] == ["NO_FILES"]
        assert check(lanes.database, BUNKD_TRANSPORT="pg_net").transport is None
        assert check(lanes.database, BUNKD_TRANSPORT="auto").transport == "http"
    assert named(report, "queue_triggers").status == "pass"
    assert named(report, "header_readers").detail.startswith("pgsql-http sends the calls")
    lanes.connection.execute("alter role postgres set statement_timeout = '10s'")
    found = named(check(lanes.database), "http_usage")
    assert (found.status, found.reason) == ("warn", "CALLS_CUT")
    assert found.commands == ("alter role postgres set statement_timeout = '50s';",)
    lanes.connection.execute("alter role postgres set statement_timeout = '50s'")
    with lanes.database.admin() as admin:
        admin.execute("alter role postgres set log_min_messages = debug2")
    assert named(check(lanes.database), "header_readers").reason == "HEADERS_LOGGED"
    status = "select status ->> 'transport_used' from bunkd.read_status()"
    assert scalar(lanes.connection, str, status) == "http"
