"""What bunkd-db relies on in pg_net, held against the real one and against its double alike.

A test that passes on one and fails on the other means that the double lies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.wait import wait_until

POST = """
select net.http_post(url := %(url)s, body := %(body)s, headers := %(headers)s,
                     timeout_milliseconds := %(timeout)s)
"""
JSON = {"Content-Type": "application/json"}


@dataclass
class Answer:
    """A row of net._http_response."""

    status_code: int | None
    content: str | None
    content_type: str | None
    headers: dict[str, str] | None
    timed_out: bool | None
    error_msg: str | None
    created: datetime


@pytest.fixture
def net(database: Database) -> Iterator[Connection]:
    """A session of the owner where pg_net is installed."""
    with database.connect() as session:
        session.execute("create extension pg_net with schema extensions")
        session.execute("select net.wait_until_running()")
        yield session


@pytest.fixture
def function(endpoint: Endpoint) -> Endpoint:
    """An endpoint without a queue behind it: it only answers."""
    endpoint.jobs = None
    return endpoint


def post(
    net: Connection,
    url: str | None,
    *,
    body: object = None,
    headers: dict[str, str | None] | None = None,
    timeout: int = 5000,
) -> int:
    values = {
        "url": url,
        "body": Jsonb({} if body is None else body),
        "headers": Jsonb(JSON if headers is None else headers),
        "timeout": timeout,
    }
    row = net.execute(POST, values).fetchone()
    assert row is not None
    return int(str(row[0]))


def find(net: Connection, request: int) -> Answer | None:
    row = net.execute(
        "select status_code, content, content_type, headers, timed_out, error_msg, created "
        "from net._http_response where id = %s",
        [request],
    ).fetchone()
    values: tuple[Any, ...] | None = row
    return None if values is None else Answer(*values)


def answer(net: Connection, request: int, timeout: float = 15) -> Answer:
    found = wait_until(lambda: find(net, request), timeout, f"a response to request {request}")
    assert found is not None
    return found


def queued(net: Connection) -> dict[int, bool]:
    """The requests in the queue, each with whether it is being sent."""
    rows = net.execute("select id, xmax::text <> '0' from net.http_request_queue").fetchall()
    return {int(str(identity)): bool(sending) for identity, sending in rows}


def arguments(net: Connection, function: str) -> str:
    row = net.execute(
        "select pg_get_function_arguments(%s::regproc), pg_get_function_result(%s::regproc)",
        [function, function],
    ).fetchone()
    assert row is not None
    return f"({row[0]}) -> {row[1]}"


# The surface


def test_http_post_has_the_known_signature_and_defaults(net: Connection) -> None:
    assert arguments(net, "net.http_post") == (
        "(url text, body jsonb DEFAULT '{}'::jsonb, params jsonb DEFAULT '{}'::jsonb, "
        'headers jsonb DEFAULT \'{"Content-Type": "application/json"}\'::jsonb, '
        "timeout_milliseconds integer DEFAULT 5000) -> bigint"
    )


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (
            "net.http_get",
            "(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
            "timeout_milliseconds integer DEFAULT 5000) -> bigint",
        ),
        (
            "net.http_delete",
            "(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
            "timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL::jsonb) -> bigint",
        ),
        ("net.wake", "() -> void"),
        ("net.worker_restart", "() -> boolean"),
        ("net.wait_until_running", "() -> void"),
        ("net.check_worker_is_up", "() -> void"),
    ],
)
def test_the_other_functions_have_theirs(net: Connection, function: str, signature: str) -> None:
    assert arguments(net, function) == signature


def test_functions_run_as_their_caller(net: Connection) -> None:
    definers = net.execute(
        "select proname from pg_proc where pronamespace = 'net'::regnamespace and prosecdef"
    )
    assert definers.fetchall() == []


def test_the_tables_have_the_known_columns_and_are_unlogged(net: Connection) -> None:
    columns = net.execute(
        "select attrelid::regclass::text, string_agg(attname, ',' order by attnum) "
        "from pg_attribute where attnum > 0 and attrelid in "
        "('net.http_request_queue'::regclass, 'net._http_response'::regclass) group by 1"
    ).fetchall()
    assert {str(table): str(names) for table, names in columns} == {
        "net.http_request_queue": "id,method,url,headers,body,timeout_milliseconds",
        "net._http_response": (
            "id,status_code,content_type,headers,content,timed_out,error_msg,created"
        ),
    }
    kinds = net.execute(
        "select distinct relpersistence from pg_class "
        "where relnamespace = 'net'::regnamespace and relkind = 'r'"
    ).fetchall()
    assert kinds == [("u",)]


def test_everything_belongs_to_the_administrator(net: Connection) -> None:
    owners = net.execute(
        "select distinct relowner::regrole::text from pg_class "
        "where relnamespace = 'net'::regnamespace"
    ).fetchall()
    assert owners == [("supabase_admin",)]


def test_the_sender_is_named_in_the_activity_view(net: Connection) -> None:
    row = net.execute(
        "select count(*) from pg_stat_activity where application_name = "
        "(select 'pg_net ' || extversion from pg_extension where extname = 'pg_net')"
    ).fetchone()
    assert row == (1,)


def test_it_is_listed_as_available_before_it_is_installed(database: Database) -> None:
    with database.connect() as session:
        listed = session.execute(
            "select installed_version from pg_available_extensions where name = 'pg_net'"
        ).fetchall()
    assert listed == [(None,)]


# What it refuses


@pytest.mark.parametrize("url", ["functions/v1/run_job", "example.com", "nothing://example.com"])
def test_a_url_without_a_known_scheme_is_refused_at_once(net: Connection, url: str) -> None:
    with pytest.raises(psycopg.errors.InternalError_, match=r"invalid URL .*scheme"):
        post(net, url)
    assert queued(net) == {}


def test_a_url_without_a_host_or_with_a_wrong_port_is_refused(net: Connection) -> None:
    with pytest.raises(psycopg.errors.InternalError_, match="No host part"):
        post(net, "http://")
    with pytest.raises(psycopg.errors.InternalError_, match="Port number was not a decimal"):
        post(net, "http://example.com:99999/")


def test_a_null_url_violates_the_not_null_constraint(net: Connection) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation, match='column "url"'):
        post(net, None)


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8"])
def test_any_other_content_type_is_refused(net: Connection, kind: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match='must be "application/json"'):
        post(net, "http://127.0.0.1:1/", headers={"content-type": kind})


def test_a_missing_content_type_is_added(net: Connection, function: Endpoint) -> None:
    answer(net, post(net, function.url, headers={"X-Bunkd-Reason": "tick"}))
    (received,) = function.received
    assert received.header("Content-Type") == "application/json"
    assert received.reason == "tick"


# What it sends


def test_a_post_arrives_with_its_headers_body_and_agent(
    net: Connection, function: Endpoint
) -> None:
    headers: dict[str, str | None] = {
        **JSON,
        "Authorization": "Bearer a.b-c",
        "apikey": "sb_secret_x",
        "X-Bunkd-Call": "7",
    }
    answer(net, post(net, function.url, body={"a": [1, "ü"]}, headers=headers))
    (received,) = function.received
    assert received.method == "POST"
    assert received.body.decode() == '{"a": [1, "ü"]}'
    assert {name: received.header(name) for name in headers} == headers
    assert str(received.header("User-Agent")).startswith("pg_net/")


def test_a_null_header_is_left_out_silently(net: Connection, function: Endpoint) -> None:
    result = answer(net, post(net, function.url, headers={**JSON, "Authorization": None}))
    assert result.status_code == 200
    assert function.received[0].header("Authorization") is None


def test_parameters_are_encoded_into_the_url(net: Connection, function: Endpoint) -> None:
    row = net.execute(
        'select net.http_post(%s, params := \'{"a": "b c&d"}\')', [function.base_url]
    ).fetchone()
    assert row is not None
    answer(net, int(str(row[0])))
    assert function.received[0].path == "/?a=b%20c%26d"


# What it records


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500, 503])
def test_a_status_is_recorded_with_its_content(
    net: Connection, function: Endpoint, status: int
) -> None:
    function.fail_with = status
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out, result.error_msg) == (status, False, None)
    assert result.content is not None
    assert result.content.startswith("{")
    assert result.content_type == "application/json"
    names = {name.lower() for name in result.headers or {}}
    assert "content-type" in names
    assert ("retry-after" in names) == (status in (429, 503))


def test_an_empty_body_is_null_and_a_big_one_is_whole(net: Connection, function: Endpoint) -> None:
    function.next_with("redirect", "big")
    function.redirect_to = function.url + "?fail_with=204"
    assert answer(net, post(net, function.url + "?status=307")).status_code == 204
    big = answer(net, post(net, function.url + "?fail_with=big"))
    assert big.content is not None
    assert len(big.content) > 10_000_000


def test_a_binary_body_ends_at_its_first_nul(net: Connection, function: Endpoint) -> None:
    function.fail_with = "binary"
    request = post(net, function.url)
    wait_until(
        lambda: net.execute("select 1 from net._http_response where id = %s", [request]).fetchone(),
        message="a response",
    )
    row = net.execute(
        "select status_code, octet_length(content) < 12 from net._http_response where id = %s",
        [request],
    ).fetchone()
    assert row == (200, True)


def test_a_timeout_is_told_apart_from_other_errors(net: Connection, function: Endpoint) -> None:
    function.fail_with = "hang"
    result = answer(net, post(net, function.url, timeout=300))
    assert (result.status_code, result.timed_out) == (None, True)
    assert result.error_msg is not None
    assert result.error_msg.startswith("Timeout of 300 ms reached. Total time: ")


def test_a_slow_body_counts_towards_the_timeout(net: Connection, function: Endpoint) -> None:
    function.work = 5
    result = answer(net, post(net, function.url, timeout=200))
    assert result.timed_out is True


def test_a_refused_connection_has_a_text_and_no_status(net: Connection, function: Endpoint) -> None:
    function.fail_with = "refuse"
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out) == (None, False)
    assert "connect to server" in str(result.error_msg)


def test_an_unknown_host_has_a_text_and_no_status(net: Connection) -> None:
    result = answer(net, post(net, "http://no-such-host.invalid/"), timeout=30)
    assert (result.status_code, result.timed_out) == (None, False)
    assert str(result.error_msg).startswith(("Couldn't resolve host", "Could not resolve host"))


def test_an_empty_reply_has_a_text_and_no_status(net: Connection, function: Endpoint) -> None:
    function.fail_with = "reset"
    result = answer(net, post(net, function.url))
    assert (result.status_code, result.timed_out) == (None, False)
    assert result.error_msg == "Server returned nothing (no headers, no data)"


def test_created_is_when_the_batch_began(net: Connection, function: Endpoint) -> None:
    function.work = 0.6
    result = answer(net, post(net, function.url))
    row = net.execute("select clock_timestamp() - %s > '0.5 s'", [result.created]).fetchone()
    assert row == (True,)


# Transactions


def test_a_rollback_sends_nothing(net: Connection, function: Endpoint) -> None:
    with net.transaction(force_rollback=True):
        post(net, function.url + "?rolled=back")
    answer(net, post(net, function.url))
    assert ["rolled" in r.path for r in function.received] == [False]


def test_it_is_sent_at_commit_and_not_before(
    net: Connection, database: Database, function: Endpoint
) -> None:
    with net.transaction():
        first = post(net, function.url)
        # A marker from another session passes the whole queue, which the open one must not join.
        with database.connect() as other:
            answer(other, post(other, function.url + "?marker"))
        assert [r.path.endswith("?marker") for r in function.received] == [True]
    assert answer(net, first).status_code == 200
    assert len(function.received) == 2


def test_a_deferred_trigger_may_still_send(net: Connection, function: Endpoint) -> None:
    net.execute(
        """
        create table public.note (url text);
        create function public.send() returns trigger language plpgsql as
          $$ begin perform net.http_post(new.url); return null; end $$;
        create constraint trigger send after insert on public.note
          deferrable initially deferred for each row execute function public.send();
        """
    )
    net.execute("insert into public.note values (%s)", [function.url])
    wait_until(lambda: function.received, message="the request arrives")


def test_an_idle_worker_is_woken_by_the_commit(net: Connection, function: Endpoint) -> None:
    answer(net, post(net, function.url))
    idle(net)
    request = post(net, function.url)
    before = datetime.now().timestamp()
    answer(net, request)
    assert function.received[-1].at - before < 0.5


def test_a_raw_insert_waits_for_somebodys_wake(net: Connection, function: Endpoint) -> None:
    idle(net)
    net.execute(
        "insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds) "
        "values ('POST', %s, %s, '{}', 5000)",
        [function.url, Jsonb(JSON)],
    )
    with pytest.raises(AssertionError):
        wait_until(lambda: function.received, 1.5, "nothing arrives")
    assert list(queued(net).values()) == [False]
    net.execute("select net.wake()")
    wait_until(lambda: function.received, message="the request arrives")


# Batches


def test_a_request_in_flight_is_visible_and_marked(net: Connection, function: Endpoint) -> None:
    with held(function) as release:
        request = post(net, function.url)
        wait_until(lambda: function.open == 1, message="the request is open")
        assert queued(net) == {request: True}
        assert find(net, request) is None
        release()
        assert answer(net, request).error_msg is not None
        assert queued(net) == {}


def test_nothing_is_visible_before_the_slowest_of_the_batch_ends(
    net: Connection, function: Endpoint
) -> None:
    with held(function) as release:
        with net.transaction():
            slow = post(net, function.url)
            quick = post(net, function.url + "?fail_with=200")
        wait_until(lambda: len(function.received) == 2 and function.open == 1)
        assert find(net, quick) is None
        assert queued(net) == {slow: True, quick: True}
        release()
        answer(net, slow)
        result = find(net, quick)
        assert result is not None
        assert result.status_code == 200
        assert queued(net) == {}


def test_a_request_behind_a_batch_is_unmarked_and_waits(
    net: Connection, function: Endpoint
) -> None:
    with held(function) as release:
        first = post(net, function.url)
        wait_until(lambda: function.open == 1, message="the first is open")
        second = post(net, function.url + "?fail_with=200")
        assert queued(net) == {first: True, second: False}
        release()
        assert answer(net, second).status_code == 200
        assert len(function.received) == 2


def test_a_batch_goes_out_all_at_once(net: Connection, function: Endpoint) -> None:
    function.work = 0.4
    with net.transaction():
        requests = [post(net, function.url) for _ in range(20)]
    for request in requests:
        answer(net, request)
    assert function.peak == 20


def test_requests_beyond_the_batch_size_wait_for_the_next(
    net: Connection, database: Database, function: Endpoint
) -> None:
    function.work = 0.2
    with database.admin() as admin:
        admin.execute("alter system set pg_net.batch_size = 3")
        admin.execute("select pg_reload_conf()")
        wait_until(
            lambda: admin.execute("show pg_net.batch_size").fetchone() == ("3",),
            message="the batch size is set",
        )
        admin.execute("select net.worker_restart()")
    idle(net)
    with net.transaction():
        requests = [post(net, function.url) for _ in range(7)]
    for request in requests:
        answer(net, request)
    assert function.peak == 3


def test_old_responses_go_when_there_is_work(net: Connection, function: Endpoint) -> None:
    net.execute(
        "insert into net._http_response (id, status_code, created) values "
        "(-1, 200, now() - interval '7 hours'), (-2, 200, now() - interval '5 hours')"
    )
    answer(net, post(net, function.url))
    assert find(net, -1) is None
    assert find(net, -2) is not None


# Redirects


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
def test_a_redirect_is_followed_and_may_lose_the_post(
    net: Connection, function: Endpoint, status: int, method: str
) -> None:
    function.redirect_to, function.redirect_status = function.url + "?moved", status
    function.next_with("redirect")
    result = answer(net, post(net, function.url, body={"a": 1}))
    first, second = function.received
    assert (first.method, second.method) == ("POST", method)
    assert second.body == (b'{"a": 1}' if method == "POST" else b"")
    assert result.status_code == (200 if method == "POST" else 405)


def test_another_host_gets_the_apikey_but_not_the_authorization(
    net: Connection, function: Endpoint, database: Database
) -> None:
    host = "0.0.0.0" if database.server.callback_host != "127.0.0.1" else "127.0.0.1"
    with Endpoint(host=host, public_host=database.server.callback_host) as other:
        function.redirect_to, function.redirect_status = other.url, 307
        function.next_with("redirect")
        headers: dict[str, str | None] = {**JSON, "Authorization": "Bearer x", "apikey": "y"}
        answer(net, post(net, function.url, headers=headers))
        assert other.received[0].header("Authorization") is None
        assert other.received[0].header("apikey") == "y"


# Privileges


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "bystander"])
def test_any_role_can_read_what_is_queued(
    net: Connection, database: Database, function: Endpoint, role: str
) -> None:
    """The known exposure: why the credential that is sent is one that can do little."""
    with database.admin() as admin, held(function) as release:
        admin.execute("create role bystander login")
        request = post(net, function.url, headers={**JSON, "Authorization": "Bearer seen"})
        wait_until(lambda: function.open == 1, message="the request is open")
        admin.execute(f"set role {role}")
        row = admin.execute(
            "select headers ->> 'Authorization' from net.http_request_queue where id = %s",
            [request],
        ).fetchone()
        assert row == ("Bearer seen",)
        release()


def test_the_owner_of_the_database_cannot_revoke_that(net: Connection) -> None:
    notices: list[str | None] = []
    net.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
    net.execute("revoke all on net.http_request_queue from public")
    assert set(notices) == {"01006"}
    row = net.execute(
        "select has_table_privilege('anon', 'net.http_request_queue', 'select')"
    ).fetchone()
    assert row == (True,)


def test_any_role_can_restart_the_sender(net: Connection, database: Database) -> None:
    with database.admin() as admin:
        admin.execute("set role anon")
        assert admin.execute("select net.worker_restart()").fetchone() == (True,)
    idle(net)


# The server goes down


def test_a_crash_empties_the_queue_and_reuses_the_ids(
    net: Connection, database: Database, function: Endpoint
) -> None:
    function.fail_with = "hang"
    first = post(net, function.url)
    wait_until(lambda: function.open == 1, message="the request is open")
    net.close()
    database.server.restart("immediate")
    function.fail_with = None
    with database.connect() as session:
        assert queued(session) == {}
        assert post(session, function.url) == first
        assert answer(session, first).status_code == 200


def test_a_clean_restart_keeps_queue_and_responses(
    net: Connection, database: Database, function: Endpoint
) -> None:
    request = post(net, function.url)
    answer(net, request)
    idle(net)
    net.execute(
        "insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds) "
        "values ('POST', %s, %s, '{}', 5000)",
        [function.url, Jsonb(JSON)],
    )
    net.close()
    database.server.restart("fast")
    with database.connect() as session:
        assert find(session, request) is not None
        wait_until(lambda: len(function.received) == 2, message="it is sent after the start")


def idle(net: Connection) -> None:
    """Wait until the sender rests for good: after a batch it sleeps for up to a second."""
    wait_until(
        lambda: net.execute(
            "select 1 from pg_stat_activity where application_name like 'pg_net %' "
            "and state = 'idle' and now() - state_change > '1.2 s'"
        ).fetchone(),
        message="pg_net is idle",
    )


@contextmanager
def held(endpoint: Endpoint) -> Iterator[Callable[[], None]]:
    """Requests stay open until the yielded function lets them end, without an answer."""

    def release() -> None:
        endpoint.fail_with = None
        endpoint.release()

    endpoint.fail_with = "hang"
    try:
        yield release
    finally:
        release()
