"""`bunkd-db call` as its users meet it: one call, its answer, and what keeps it from being made."""

import json
import signal
import time
from typing import Any

import pytest

from tests.support.at_commit import STUBBORN, do_at_commit, interrupt_at_commit
from tests.support.command import Finished, finish, here, start
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, running
from tests.support.machine import free_port
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.standby import standby
from tests.support.terminal import ESCAPE, terminal
from tests.support.upgrade import CREDENTIAL, SCHEDULE, upgrade
from tests.support.wait import wait_until
from tests.worker.conftest import place as place
from tests.worker.place import Place

VIA = ("database", "here")
OUTCOMES = {
    500: ("http_error", "HTTP_ERROR"),
    401: ("rejected", "REJECTED"),
    404: ("http_error", "NOT_DEPLOYED"),
    "hang": ("timeout", "TIMEOUT"),
    "reset": ("network_error", "NETWORK"),
    "refuse": ("network_error", "REFUSED"),
    "job_failed": ("job_failed", "JOB_FAILED"),
}


@pytest.fixture
def schedule(database: Database, connection: Connection, endpoint: Endpoint) -> Held:
    """Installed on an empty queue, with no tick and no wake: what is called, a test calls for."""
    held = running(database, connection, endpoint.url, BUNKD_CALL_TIMEOUT="2s", BUNKD_WAKE="off")
    held.set(max_in_flight=2)
    return held


def ask(schedule: Held, *arguments: str, **env: str) -> Finished:
    given = {"DATABASE_URL": schedule.database.url, "BUNKD_CREDENTIAL": CREDENTIAL, **env}
    return here("call", *arguments, **given)


def told(done: Finished) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    assert found["format"] == 1
    return found


def ledger(schedule: Held) -> list[tuple[Any, ...]]:
    return schedule.connection.execute(
        "select reason, outcome, worker is null from bunkd.call order by id"
    ).fetchall()


@pytest.mark.parametrize("via", VIA)
def test_a_job_is_processed(schedule: Held, endpoint: Endpoint, via: str) -> None:
    [job] = add_jobs(schedule.connection)
    endpoint.require = ("Authorization", f"Bearer {CREDENTIAL}")
    done = ask(schedule, "--via", via)
    sender = {"database": "the database", "here": "this machine"}[via]
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ok ")
    assert f"answered 200 to {sender} in " in done.out
    assert f"of schedule {SCHEDULE}, job {job}" in done.out
    assert count_by_status(schedule.connection) == {"completed": 1}
    assert ledger(schedule) == [("manual", "ok", via == "database")]
    assert schedule.slots() == 0
    [request] = endpoint.received
    assert request.reason == "manual"
    assert request.call is not None
    assert CREDENTIAL not in done.all


@pytest.mark.parametrize("via", VIA)
def test_an_empty_queue(schedule: Held, via: str) -> None:
    done = ask(schedule, "--via", via)
    assert done.code == 0
    assert done.out.startswith("empty ")
    assert "the function found no job" in done.out
    found = told(ask(schedule, "--via", via, "--json"))
    assert (found["outcome"], found["status_code"], found["job_id"]) == ("empty", 200, None)
    assert found["said"] == "No jobs available"
    assert found["via"] == via
    assert 0 <= found["seconds"] < 2


@pytest.mark.parametrize("answer", OUTCOMES)
@pytest.mark.parametrize("via", VIA)
def test_what_goes_wrong(schedule: Held, endpoint: Endpoint, via: str, answer: int | str) -> None:
    schedule.set(timeout_ms=500)
    add_jobs(schedule.connection)
    endpoint.fail_with = answer
    outcome, code = OUTCOMES[answer]
    done = ask(schedule, "--via", via, "--json")
    found = told(done)
    assert (done.code, found["outcome"], found["code"]) == (1, outcome, code)
    assert found["remedy"]
    assert ledger(schedule) == [("manual", outcome, via == "database")]
    assert schedule.slots() == 0
    assert CREDENTIAL not in done.all


@pytest.mark.parametrize("via", VIA)
def test_a_function_that_fails_is_called_once(schedule: Held, endpoint: Endpoint, via: str) -> None:
    """Who looks for a redirect must not have it work on a job, in no slot."""
    add_jobs(schedule.connection, 2)
    for status in (500, 503, 429):
        endpoint.forget()
        endpoint.next_with(status)
        schedule.connection.execute("delete from bunkd.call")
        assert ask(schedule, "--via", via).code == 1
        assert [each.reason for each in endpoint.received] == ["manual"]
    assert count_by_status(schedule.connection) == {"queued": 2}


def test_a_ledger_that_stays_locked(schedule: Held, endpoint: Endpoint) -> None:
    schedule.set(timeout_ms=300)
    add_jobs(schedule.connection)
    endpoint.work = 0.2
    process = start("call", DATABASE_URL=schedule.database.url)
    wait_until(lambda: endpoint.open == 1)
    with schedule.database.admin() as admin, admin.transaction():
        admin.execute("lock table bunkd.slot in access exclusive mode")
        done = finish(process)
    assert (done.code, done.out) == (3, "")
    assert "nobody can say how call 1 ended: another session locks" in done.err


def test_under_detach_a_function_goes_on(schedule: Held, endpoint: Endpoint) -> None:
    schedule.set(timeout_ms=300, on_timeout="detach")
    add_jobs(schedule.connection)
    endpoint.work = 1.2
    done = ask(schedule)
    assert done.code == 0, done.all
    assert done.out.startswith("timeout ")
    assert "The function keeps running (on_timeout is detach)" in done.out
    assert schedule.slots() == 1
    wait_until(lambda: count_by_status(schedule.connection) == {"completed": 1})


def test_no_free_slot(schedule: Held) -> None:
    schedule.connection.execute(
        "select bunkd.start_calls(s, 'worker', 2, 'somebody') from bunkd.schedule s"
    )
    for via in VIA:
        done = ask(schedule, "--via", via)
        assert (done.code, done.out) == (1, "")
        assert "Error: all 2 slots are in use, by call " in done.err
        assert f"bunkd-db status --schedule {SCHEDULE}" in done.err
    assert len(done.err.splitlines()) == 2
    assert len(ledger(schedule)) == 2


def test_paused_fenced_and_backing_off(schedule: Held, endpoint: Endpoint) -> None:
    schedule.set(paused=True)
    for via in VIA:
        done = ask(schedule, "--via", via)
        assert (done.code, "Error: the schedule is paused" in done.err) == (1, True)
    schedule.set(paused=False, system_identifier=1)
    for via in VIA:
        done = ask(schedule, "--via", via, "--json")
        error = json.loads(done.out)
        assert (done.code, "a copy" in error["error"], len(error["commands"])) == (1, True, 1)
    [(identifier,)] = schedule.connection.execute(
        "select system_identifier from pg_control_system()"
    )
    schedule.set(system_identifier=identifier)
    endpoint.fail_with = 500
    for _ in range(3):
        assert ask(schedule).code == 1
    done = ask(schedule, "--via", "here")
    assert done.code == 1
    assert "Error: the endpoint fails (500): backing off" in done.err
    assert f"bunkd-db check --probe --schedule {SCHEDULE}" in done.err
    assert len(ledger(schedule)) == 3
    endpoint.fail_with = None
    assert here("check", "--probe", DATABASE_URL=schedule.database.url).code == 0
    assert ask(schedule).code == 0, "the probe's answer ends the back-off"


def test_it_wants_a_credential_and_a_schedule(schedule: Held) -> None:
    done = ask(schedule, "--via", "here", BUNKD_CREDENTIAL="")
    assert (done.code, "this machine has no credential" in done.err) == (2, True)
    done = ask(schedule, "--schedule", "nobody")
    assert (done.code, "there is no schedule nobody" in done.err) == (2, True)
    done = ask(schedule, "--via", "pigeon")
    assert done.code == 2
    assert ledger(schedule) == []


def test_not_installed_and_no_right(database: Database) -> None:
    done = here("call", DATABASE_URL=database.url)
    assert (done.code, "bunkd-db is not installed" in done.err) == (1, True)
    with database.admin() as admin:
        admin.execute("create role nosy login password 'postgres'")
    upgrade(database)
    done = here("call", DATABASE_URL=database.url_as("nosy"))
    assert (done.code, done.out) == (3, "")
    done = here("call", DATABASE_URL="postgresql://u:hunter2@127.0.0.1:1/d")
    assert (done.code, "hunter2" in done.all) == (3, False)


def test_the_next_job_has_the_slot_at_once(schedule: Held, endpoint: Endpoint) -> None:
    schedule.set(max_in_flight=1)
    add_jobs(schedule.connection, 3)
    schedule.set(wake=True)
    assert ask(schedule).code == 0
    wait_until(lambda: count_by_status(schedule.connection) == {"completed": 2, "queued": 1})
    assert schedule.calls() == ["manual", "refill"]
    assert endpoint.peak == 1


def test_a_call_whose_end_cannot_be_written_was_made_all_the_same(
    schedule: Held, endpoint: Endpoint
) -> None:
    with schedule.database.admin() as admin:
        admin.execute(
            "create function public.refuse() returns trigger language plpgsql as"
            " $$begin raise check_violation using message = 'no'; end$$;"
            "create trigger refuse before update on bunkd.call for each row"
            " when (new.settled is not null) execute function public.refuse()"
        )
    done = here(
        *("call", "--via", "here"),
        DATABASE_URL=schedule.database.url,
        BUNKD_CREDENTIAL=CREDENTIAL,
    )
    assert (done.code, len(endpoint.received)) == (1, 1), done.all
    assert "the database refused: no" in done.err
    assert "nothing was changed" not in done.err


def test_an_interrupted_beginning_leaves_no_slot_where_its_commit_goes_through(
    schedule: Held, endpoint: Endpoint
) -> None:
    with schedule.database.admin() as admin:
        do_at_commit(admin, "bunkd.call", STUBBORN, "new.reason = 'manual'")
    process = start(
        *("call", "--via", "here"),
        DATABASE_URL=schedule.database.url,
        BUNKD_CREDENTIAL=CREDENTIAL,
    )
    done = interrupt_at_commit(process, schedule.connection)
    assert (done.code, schedule.slots(), endpoint.received) == (130, 0, []), done.all


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_call_frees_its_slot(
    schedule: Held, endpoint: Endpoint, number: int, code: int
) -> None:
    schedule.set(timeout_ms=60_000)
    endpoint.fail_with = "hang"
    process = start(
        "call", "--via", "here", DATABASE_URL=schedule.database.url, BUNKD_CREDENTIAL=CREDENTIAL
    )
    wait_until(lambda: endpoint.open == 1)
    process.send_signal(number)
    if number == signal.SIGHUP:  # the kernel's, and the shell's
        time.sleep(0.02)
        process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert schedule.slots() == 0
    assert ledger(schedule) == [("manual", "timeout", False)]


def test_where_workers_make_the_calls_this_machine_does(place: Place) -> None:
    given = {"DATABASE_URL": place.database.url, "BUNKD_CREDENTIAL": CREDENTIAL}
    [job] = place.add()
    found = told(here("call", "--json", **given))
    assert (found["via"], found["outcome"], found["job_id"]) == ("here", "ok", job)
    assert place.ledger() == [("manual", "ok")]
    assert place.slots() == 0
    done = here("call", "--via", "database", **given)
    assert (done.code, "this database makes no calls itself" in done.err) == (1, True)
    place.connection.execute("update bunkd.schedule set paused = true")
    done = here("call", **given)
    assert (done.code, "the schedule is paused" in done.err) == (1, True)


def test_its_credential_is_in_no_log(schedule: Held) -> None:
    with schedule.database.admin() as admin:
        admin.execute("alter system set log_statement = 'all'")
        admin.execute("select pg_reload_conf()")
    secret = "a-secret-of-this-machine"
    assert ask(schedule, "--via", "here", BUNKD_CREDENTIAL=secret).code == 0
    assert ask(schedule, "--via", "database").code == 0
    with schedule.database.admin() as admin:
        admin.execute("alter system reset log_statement")
        admin.execute("select pg_reload_conf()")
    log = schedule.database.log()
    assert "start_manual_call" in log
    assert secret not in log
    assert CREDENTIAL not in log


def test_a_refused_port(schedule: Held) -> None:
    schedule.set(url=f"http://127.0.0.1:{free_port()}/run_job")
    assert told(ask(schedule, "--json"))["code"] == "REFUSED"


def test_no_line_is_wider_than_the_terminal(schedule: Held) -> None:
    schedule.set(url=f"http://127.0.0.1:{free_port()}/run_job")
    shown = ESCAPE.sub("", terminal(80, "call", DATABASE_URL=schedule.database.url))
    assert shown.startswith("network_error 127.0.0.1: nobody accepts the connection")
    assert max(map(len, shown.splitlines())) <= 80


def test_a_standby_says_where_to_ask(schedule: Held) -> None:
    with standby(schedule.database.server) as copy:
        for via in VIA:
            done = here("call", "--via", via, DATABASE_URL=copy.url, BUNKD_CREDENTIAL=CREDENTIAL)
            assert (done.code, done.err.splitlines()) == (
                1,
                [
                    "Error: this is a standby: the calls are made from its primary",
                    "Ask the primary.",
                ],
            )
