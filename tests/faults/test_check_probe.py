"""One real call and its answer, told apart, from the database and from here."""

import socket

import pytest

from tests.support.checked import check, named
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.machine import free_port
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection, Server
from tests.support.upgrade import install
from tests.support.wait import wait_until

ANSWERS = {
    401: "REJECTED",
    403: "REJECTED",
    404: "NOT_DEPLOYED",
    500: "HTTP_ERROR",
    503: "HTTP_ERROR",
    "hang": "TIMEOUT",
    "reset": "NETWORK",
    "job_failed": "JOB_FAILED",
}


@pytest.fixture
def installed(database: Database, connection: Connection, endpoint: Endpoint) -> Endpoint:
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CALL_TIMEOUT="500ms", BUNKD_WAKE="off")
    return endpoint


def test_nothing_to_do(database: Database, installed: Endpoint) -> None:
    found = named(check(database, probe=True), "probe")
    assert found.status == "pass"
    assert "No jobs available" in found.detail
    [request] = [r for r in installed.received if r.method == "POST"]
    assert request.reason == "probe"
    assert request.call is not None


@pytest.mark.usefixtures("installed")
def test_a_job_is_worked_off(database: Database, connection: Connection) -> None:
    add_jobs(connection)
    assert named(check(database, probe=True), "probe").status == "pass"
    assert count_by_status(connection)["done"] == 1


def test_the_ledger_knows_it(
    database: Database, connection: Connection, installed: Endpoint
) -> None:
    installed.fail_with = 401
    check(database, probe=True)
    rows = connection.execute(
        "select reason, outcome, status_code, settled is not null from bunkd.call"
    ).fetchall()
    assert rows == [("probe", "rejected", 401, True)]
    assert named(check(database), "calls").reason == "REJECTED"


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers(
    database: Database, connection: Connection, installed: Endpoint, answer: int | str
) -> None:
    if answer == "job_failed":
        connection.execute("update bunkd.schedule set max_in_flight = 1, paused = true")
        add_jobs(connection)
    installed.fail_with = answer
    found = named(check(database, probe=True), "probe")
    assert found.reason == ANSWERS[answer]
    assert found.remedy


def test_a_function_that_fails_is_called_once(
    database: Database, connection: Connection, installed: Endpoint
) -> None:
    """Who looks for a redirect must not have it work on a job, in no slot."""
    connection.execute("update bunkd.schedule set paused = true")
    add_jobs(connection)
    installed.next_with(500)
    assert named(check(database, probe=True), "probe").reason == "HTTP_ERROR"
    assert [each.reason for each in installed.received] == ["probe"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://no-such-host.invalid/run_job", "DNS"),
        ("http://127.0.0.1:{closed}/run_job", "REFUSED"),
        ("https://{plain}/run_job", "TLS"),
    ],
)
def test_no_answer(database: Database, endpoint: Endpoint, url: str, reason: str) -> None:
    plain = endpoint.url.partition("://")[2].partition("/")[0]
    install(database, BUNKD_CALL_URL=url.format(closed=free_port(), plain=plain))
    assert named(check(database, probe=True), "probe").reason == reason


def test_a_redirect_to_another_host(database: Database, installed: Endpoint) -> None:
    if database.server.callback_host != "127.0.0.1":
        pytest.skip("this machine has another name for the function than the database")
    installed.fail_with = "redirect"
    installed.redirect_status = 307
    installed.redirect_to = "http://elsewhere.invalid/run_job"
    found = named(check(database, probe=True), "probe")
    assert found.reason == "REDIRECTED"
    assert "elsewhere.invalid" in found.detail


def test_a_copy_sends_nothing(
    database: Database, connection: Connection, installed: Endpoint
) -> None:
    connection.execute("update bunkd.schedule set system_identifier = 1")
    assert named(check(database, probe=True), "probe").reason == "COPY"
    assert installed.received == []


def test_a_role_that_may_not(database: Database, installed: Endpoint) -> None:
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
    found = named(check(database.url_as("plain"), probe=True), "probe")
    assert (found.status, found.remedy) == ("skip", "Ask again as role postgres.")
    assert installed.received == []


def test_from_here_where_the_database_cannot(
    embedded: Server, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    endpoint.require = ("Authorization", "Bearer right")
    local = f"http://127.0.0.1:{endpoint.port}/functions/v1/run_job"
    for credential, reason in (("wrong", "REJECTED"), ("right", "")):
        report = check(embedded.url, probe=True, BUNKD_CALL_URL=local, BUNKD_CREDENTIAL=credential)
        assert named(report, "probe").reason == reason
        assert "this machine" in named(report, "probe").detail
        assert credential not in named(report, "probe").detail


def test_from_here_without_an_answer(embedded: Server) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for url, reason in (
            ("http://no-such-host.invalid/", "DNS"),
            (f"http://127.0.0.1:{free_port()}/", "REFUSED"),
            (f"http://127.0.0.1:{silent.getsockname()[1]}/", "TIMEOUT"),
        ):
            report = check(
                embedded.url,
                probe=True,
                BUNKD_CALL_URL=url,
                BUNKD_CREDENTIAL="x",
                BUNKD_CALL_TIMEOUT="300ms",
            )
            assert named(report, "probe").reason == reason


def test_the_deploy_gate_heeds_the_probe(database: Database, installed: Endpoint) -> None:
    gate = ("check", "--probe", "--require-active")
    wait_until(lambda: check(database).active, message="the database makes the calls")
    assert bunkd(*gate, DATABASE_URL=database.url).code == 0
    installed.fail_with = 404
    done = bunkd(*gate, DATABASE_URL=database.url)
    assert done.code == 1
    assert "the probe failed" in done.out
    # without the gate the answer is still about the plan
    done = bunkd("check", "--probe", DATABASE_URL=database.url)
    assert done.code == 0
    assert "answered" in done.out, "who asks for a call is shown its answer"


def test_without_a_credential_nothing_is_sent(embedded: Server) -> None:
    done = bunkd("check", "--probe", DATABASE_URL=embedded.url)
    assert "nothing was sent" in done.out
