"""How a call ends, by what the endpoint did: every outcome of the ledger."""

import json

import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint, Mode
from tests.support.held import Held
from tests.support.queue import Generation, add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import answered, outcomes, settle, tick
from tests.support.upgrade import CREDENTIAL, SCHEDULE, URL, install_by_script, upgrade
from tests.support.wait import wait_until

LEDGER = "select outcome, status_code, job_id, detail from bunkd.call order by id"


@pytest.fixture
def queue(connection: Connection, endpoint: Endpoint) -> Connection:
    """The second generation's queue, and ticks alone."""
    create_queue(connection)
    install_by_script(
        connection,
        cron=False,
        BUNKD_CALL_URL=endpoint.url,
        BUNKD_WAKE="off",
        BUNKD_CALL_TIMEOUT="500ms",
    )
    return connection


def ended(queue: Connection) -> tuple[object, ...]:
    """Send one call, wait for its answer, and return what the ledger says."""
    tick(queue)
    answered(queue)
    queue.execute("update bunkd.schedule set paused = true")
    tick(queue)
    [row] = queue.execute(LEDGER).fetchall()
    return row


@pytest.mark.parametrize(
    ("mode", "outcome", "status", "detail"),
    [
        (401, "rejected", 401, "Invalid JWT"),
        (403, "rejected", 403, "Forbidden"),
        (404, "http_error", 404, "Requested function was not found"),
        (429, "http_error", 429, "Too many requests"),
        (500, "http_error", 500, "Function exited due to an error"),
        (503, "http_error", 503, "as told"),
        (204, "ok", 204, None),
        ("empty", "empty", 200, "No jobs available"),
        ("binary", "ok", 200, None),
        ("big", "ok", 200, None),
    ],
)
def test_an_answer(
    queue: Connection,
    endpoint: Endpoint,
    mode: Mode,
    outcome: str,
    status: int,
    detail: str | None,
) -> None:
    endpoint.fail_with = mode
    add_jobs(queue)
    row = ended(queue)
    assert row[:3] == (outcome, status, None)
    if detail is not None:
        assert row[3] == detail
    assert len(str(row[3])) <= 200


@pytest.mark.parametrize(
    ("mode", "outcome"),
    [("hang", "timeout"), ("reset", "network_error"), ("refuse", "network_error")],
)
def test_no_answer(queue: Connection, endpoint: Endpoint, mode: Mode, outcome: str) -> None:
    endpoint.fail_with = mode
    add_jobs(queue)
    row = ended(queue)
    assert row[:3] == (outcome, None, None)
    assert row[3]


@pytest.mark.parametrize("generation", [1, 2])
def test_a_job_that_is_done(queue: Connection, endpoint: Endpoint, generation: Generation) -> None:
    create_queue(queue, generation)
    [job] = add_jobs(queue)
    assert ended(queue) == ("ok", 200, job, None)
    assert count_by_status(queue) == {"completed" if generation == 1 else "done": 1}
    assert [call.status for call in endpoint.received] == [200]


def test_a_job_that_failed_is_no_failing_endpoint(queue: Connection, endpoint: Endpoint) -> None:
    endpoint.fail_with = "job_failed"
    [job] = add_jobs(queue)
    assert ended(queue) == ("job_failed", 500, job, "PPLX_API_KEY not configured")


@pytest.mark.parametrize("size", [10, 5000])
def test_a_failed_job_with_a_long_error_is_one_too(queue: Connection, size: int) -> None:
    """run_job quotes whole answers of others in its error."""
    job = "3f6f1f0e-0000-4000-8000-000000000000"
    text = {"success": False, "job_id": job, "error": "x" * size}
    assert answer(queue, 500, json.dumps(text))[:3] == ("job_failed", 500, job)


@pytest.mark.parametrize(
    ("status", "content", "outcome", "job"),
    [
        (200, '{"job_id": "j", "message": "No jobs available"}', "ok", "j"),
        (200, '{"message": "No jobs available"}', "empty", None),
        (200, '"No jobs available"', "ok", None),
        (200, "[1, 2]", "ok", None),
        (200, "null", "ok", None),
        (200, "", "ok", None),
        (200, None, "ok", None),
        (200, '{"job_id": {"a": 1}}', "ok", '{"a": 1}'),
        (200, '{"message": "\\u0000"}', "ok", None),
        (200, "{" * 1900, "ok", None),
        (500, '{"success": false}', "http_error", None),
        (500, '{"success": "false", "job_id": "j"}', "http_error", "j"),
        (302, "", "http_error", None),
        (100, "", "http_error", None),
    ],
)
def test_odd_answers(
    queue: Connection, status: int, content: str | None, outcome: str, job: str | None
) -> None:
    assert answer(queue, status, content)[:3] == (outcome, status, job)


def answer(queue: Connection, status: int, content: str | None) -> tuple[object, ...]:
    """What the ledger makes of a response that pg_net is made to have."""
    queue.execute(
        "insert into net._http_response (id, status_code, content) values (9, %s, %s)",
        [status, content],
    )
    row = queue.execute(
        "select (bunkd.read_answer(%s, 9, clock_timestamp())).*", [SCHEDULE]
    ).fetchone()
    assert row is not None
    return row


def test_a_request_that_vanished_is_lost(queue: Connection, endpoint: Endpoint) -> None:
    endpoint.fail_with = "hang"
    add_jobs(queue)
    tick(queue)
    wait_until(lambda: endpoint.received)
    endpoint.fail_with = None
    endpoint.release()
    answered(queue)
    queue.execute("delete from net._http_response")  # pg_net's ttl, or somebody's broom
    tick(queue)
    assert outcomes(queue)[0] == "lost"
    settle(queue)
    assert count_by_status(queue) == {"done": 1}


def test_a_response_of_an_earlier_epoch_is_not_taken_for_ours(queue: Connection) -> None:
    """pg_net restarts its ids after a crash."""
    queue.execute(
        "insert into net._http_response (id, status_code, created)"
        " select g, 200, now() - interval '1 hour' from generate_series(1, 50) as g"
    )
    row = queue.execute(
        "select (bunkd.read_answer(%s, 7, clock_timestamp())).outcome", [SCHEDULE]
    ).fetchone()
    assert row == ("lost",)


def test_every_call_says_who_it_is(
    queue: Connection, endpoint: Endpoint, database: Database
) -> None:
    upgrade(database, BUNKD_BODY='{"limit": 3}', BUNKD_HEADERS='{"X-Mine": "yes"}')
    add_jobs(queue, 2)
    tick(queue)
    calls = wait_until(lambda: len(endpoint.received) == 2 and endpoint.received)
    assert calls
    assert {call.reason for call in calls} == {"tick"}
    found = queue.execute("select id::text from bunkd.call order by id").fetchall()
    assert sorted((str(call.call),) for call in calls) == sorted(found)
    assert {call.header("X-Mine") for call in calls} == {"yes"}
    assert {call.header("Content-Type") for call in calls} == {"application/json"}
    assert [json.loads(call.body) for call in calls] == [{"limit": 3}] * 2


@pytest.mark.parametrize(
    ("credential", "header", "name", "value"),
    [
        ("opaque", None, "Authorization", "Bearer opaque"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x", None, "Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"),
        ("sb_secret_abc", None, "apikey", "sb_secret_abc"),
        ("opaque", "X-Key", "X-Key", "opaque"),
        ("sb_secret_abc", "authorization", "authorization", "Bearer sb_secret_abc"),
    ],
)
def test_the_credential_goes_into_its_header(
    queue: Connection,
    endpoint: Endpoint,
    database: Database,
    credential: str,
    header: str | None,
    name: str,
    value: str,
) -> None:
    named = {"BUNKD_CREDENTIAL_HEADER": header} if header else {}
    upgrade(database, BUNKD_CREDENTIAL=credential, **named)
    add_jobs(queue)
    tick(queue)
    [call] = wait_until(lambda: endpoint.received)
    assert call.header(name) == value
    others = {"Authorization", "apikey", "X-Key"} - {name, name.capitalize()}
    assert [call.header(other) for other in others] == [None] * len(others)


@pytest.mark.parametrize("quote", ['{{"error": "who is {0}?"}}', "{0}", '{{"job_id": "{0}"}}'])
def test_what_an_answer_says_of_a_credential_that_was_replaced_is_not_kept(
    one: Held, quote: str
) -> None:
    """The call was under way meanwhile: what it quotes can no longer be told from other words."""
    add_jobs(one.connection)
    batch = one.take()
    upgrade(one.database, BUNKD_CALL_URL=URL, BUNKD_CREDENTIAL="second-token-of-the-tests")
    batch.end(500, quote.format(f"Bearer {CREDENTIAL}"))
    one.set(paused=True)
    one.tick()
    [(outcome, status, job, detail)] = one.connection.execute(LEDGER).fetchall()
    assert (outcome, status, job) == ("http_error", 500, None)
    if "job_id" in quote:
        assert detail is None, "it says nothing but a job"
    else:
        assert str(detail).startswith("not kept: the call was sent before")
    rows = one.connection.execute("select to_jsonb(c)::text from bunkd.recent_calls c").fetchall()
    assert CREDENTIAL not in str(rows)
    # the next call is told as ever
    one.set(paused=False)
    one.tick()
    one.take().end(500, '{"error": "who is Bearer second-token-of-the-tests?"}')
    one.set(paused=True)
    one.tick()
    [_, (*_, detail)] = one.connection.execute(LEDGER).fetchall()
    assert detail == "who is Bearer ***?"
