"""Alerts: one message when something starts, one when it is over, whatever happens in between."""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from bunkd_db.status.parse import parse
from bunkd_db.status.rules.failing import failing_jobs
from tests.support.command import here
from tests.support.database import Database, clean
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection, Server
from tests.support.status import codes, judged
from tests.support.upgrade import CREDENTIAL, install
from tests.support.watched import KEY, Watched, watched
from tests.support.wipe import Baseline


@pytest.fixture
def one(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Watched]:
    with watched(database, connection, endpoint.url) as schedule:
        yield schedule


@pytest.fixture(scope="module")
def one_status(server: Server, baseline: Baseline) -> Iterator[dict[str, Any]]:
    """What is read of a schedule, and the question about it: one database for all cases."""
    database = clean(server, baseline)
    with database.connect() as connection:
        create_queue(connection)
        install(database)
        status = scalar(connection, dict, "select status from bunkd.read_status()")

        def ask(queue: object, calls: object) -> object:
            query = "select bunkd.find_failing_jobs(%s, %s)"
            return scalar(connection, object, query, [Jsonb(queue), Jsonb(calls)])

        yield {"status": status, "ask": ask}


def fails(one: Watched) -> None:
    one.calls("http_error", 500)


def works(one: Watched) -> None:
    one.calls("ok", 200)


def test_once_when_it_starts_and_once_when_it_is_over(one: Watched) -> None:
    one.look()
    fails(one)
    one.look()
    one.look(60)
    assert one.told() == [], "it has not lasted for two minutes"
    one.look(61)
    for _ in range(5):
        one.look(30)
    assert one.told() == [("BACKING_OFF", "started")]
    works(one)
    one.look()
    one.look(60)
    assert len(one.told()) == 1, "it could come back"
    for _ in range(5):
        one.look(61)
    assert one.told() == [("BACKING_OFF", "started"), ("BACKING_OFF", "over")]


def test_whoever_is_told_from_now_on_hears_of_what_is_wrong_already(
    one: Watched, database: Database
) -> None:
    one.look()
    fails(one)
    one.look()
    one.look(60)
    one.look(61)
    done = here("alert", "set", stdin=f"{one.webhook.url}?key=new", DATABASE_URL=database.url)
    assert done.code == 0, done.err
    one.look(30)
    one.look(30)
    assert one.told() == [("BACKING_OFF", "started")] * 2


def test_what_does_not_last_is_no_alert(one: Watched) -> None:
    fails(one)
    one.look()
    works(one)
    for _ in range(10):
        one.look(60)
    assert one.told() == []
    assert one.connection.execute("select from bunkd.alert").fetchall() == []


def test_flapping_makes_two_messages(one: Watched) -> None:
    for _ in range(20):
        fails(one)
        one.look(45)
        works(one)
        one.look(45)
    assert one.told() == [("BACKING_OFF", "started")]
    for _ in range(6):
        one.look(45)
    assert one.told() == [("BACKING_OFF", "started"), ("BACKING_OFF", "over")]


def test_a_second_time_is_a_second_alert(one: Watched) -> None:
    for _ in range(2):
        fails(one)
        for _ in range(4):
            one.look(61)
        works(one)
        for _ in range(4):
            one.look(61)
    assert one.told() == [("BACKING_OFF", "started"), ("BACKING_OFF", "over")] * 2


def test_what_a_message_says(one: Watched, database: Database) -> None:
    one.calls("rejected", 401)
    for _ in range(3):
        one.look(61)
    [body] = one.bodies()
    assert body["text"].startswith(
        "process-analysis-jobs: the function rejects the credential (last call: 401) (REJECTED, since "
    )
    assert body["text"].endswith(
        " UTC). Set the credential that the function accepts:"
        " bunkd-db credential set --schedule process-analysis-jobs"
    )
    assert {name: body[name] for name in ("source", "format", "schedule", "code", "state")} == {
        "source": "bunkd-db",
        "format": 1,
        "schedule": "process-analysis-jobs",
        "code": "REJECTED",
        "state": "started",
    }
    assert body["level"] == "error"
    assert body["database"] == "postgres"
    assert body["host"] == database.server.callback_host
    assert body["fingerprint"] == ["postgres", "process-analysis-jobs", "REJECTED"]
    assert body["until"] is None
    assert body["since"] < body["timestamp"]
    assert one.webhook.received[0].method == "POST"
    assert one.webhook.received[0].header("Content-Type") == "application/json"
    assert KEY in one.webhook.received[0].path
    everything = str(one.webhook.received[0])
    assert CREDENTIAL not in everything
    assert KEY not in one.webhook.received[0].body.decode()


def test_what_others_have_written_is_no_mention(one: Watched) -> None:
    one.connection.execute(
        "insert into bunkd.alert (schedule, code, detail, since, seen, started)"
        " values ('process-analysis-jobs', 'X', 'a <!channel> & b', now(), now(), now())"
    )
    one.connection.execute(
        "select bunkd.queue_message('process-analysis-jobs', 'X', 'alert', 'started')"
    )
    one.look()
    [body] = one.bodies()
    assert "a &lt;!channel&gt; &amp; b" in body["text"]
    assert body["detail"] == "a <!channel> & b"


def test_a_wait_that_is_too_long(one: Watched) -> None:
    one.waits(2)
    works(one)
    one.look()
    assert one.told() == []
    one.later(one.limit() + 1)
    works(one)
    one.look()
    assert one.told() == [("WAIT_TOO_LONG", "started")]
    assert one.bodies()[0]["detail"].startswith("2 jobs wait, the oldest for ")
    one.connection.execute("update public.analysis_jobs set status = 'done'")
    one.look(61)
    one.look(61)
    assert one.told()[1:] == [("WAIT_TOO_LONG", "over")]


def test_what_follows_from_a_cause_is_not_told_besides(one: Watched) -> None:
    """A wait because the endpoint fails: one message, and one when both are over."""
    one.waits()
    fails(one)
    for _ in range(3):
        one.look(61)
    one.later(one.limit() + 1)
    fails(one)
    one.look()
    assert one.told() == [("BACKING_OFF", "started")]
    one.connection.execute("update public.analysis_jobs set status = 'done'")
    works(one)
    for _ in range(5):
        one.look(61)
    assert one.told() == [("BACKING_OFF", "started"), ("BACKING_OFF", "over")]


def test_what_something_worse_hides_is_not_over(one: Watched) -> None:
    """Only the worst is told, but an alert is over when its own cause is gone."""
    job = "select cron.alter_job(jobid, active := %s) from cron.job"
    fails(one)
    for _ in range(3):
        one.look(61)
    one.connection.execute(job, [False])
    for _ in range(6):
        fails(one)
        one.look(61)
    assert one.told() == [("BACKING_OFF", "started"), ("JOB_INACTIVE", "started")]
    works(one)
    for _ in range(3):
        one.look(61)
    assert one.told()[2:] == [("BACKING_OFF", "over")]
    one.connection.execute(job, [True])
    for _ in range(3):
        one.look(61)
    assert one.told()[3:] == [("JOB_INACTIVE", "over")]


def test_all_jobs_fail(one: Watched) -> None:
    add_jobs(one.connection, 3, status="failed")
    for _ in range(3):
        one.look(61)
    assert one.told() == [("ALL_JOBS_FAIL", "started")]
    assert one.bodies()[0]["detail"] == "all 3 jobs that ended in the last hour failed"
    assert "ALL_JOBS_FAIL" in codes(judged(one.held.database))


@pytest.mark.parametrize("ends_known", [True, False])
@pytest.mark.parametrize("rows", [5, 3000])
@pytest.mark.parametrize("recent", [None, (0, 2), (0, 3), (1, 9)])
@pytest.mark.parametrize("ledger", [(0, 0), (0, 3), (1, 5), (0, 2)])
def test_status_and_alerts_call_the_same_all_jobs(
    one_status: dict[str, Any],
    ends_known: bool,
    rows: int,
    recent: tuple[int, int] | None,
    ledger: tuple[int, int],
) -> None:
    """The rule is there twice, for a screen and for a tick: both say the same."""
    found, ask = one_status["status"], one_status["ask"]
    queue, calls = dict(found["queue"]), dict(found["calls"])
    queue["recent"] = recent and {
        **queue["recent"],
        "ends_known": ends_known,
        "rows": rows,
        "completed": recent[0],
        "failed": recent[1],
    }
    ok, failed = ledger
    by = [("ok", ok), ("job_failed", failed)]
    calls |= {
        "ok": ok,
        "count": ok + failed,
        "by": [
            {"outcome": name, "reason": "tick", "calls": n, "failed": False} for name, n in by if n
        ],
    }
    lines = failing_jobs(parse("x", {**found, "queue": queue, "calls": calls}))
    assert (ask(queue, calls) is not None) == ("ALL_JOBS_FAIL" in [each.code for each in lines])


def test_while_it_is_paused_nothing_is_told(one: Watched) -> None:
    fails(one)
    for _ in range(3):
        one.look(61)
    one.held.set(paused=True)
    beats = one.beats()
    for _ in range(5):
        one.look(61)
    assert one.told() == [("BACKING_OFF", "started")], "paused is not over"
    assert one.beats() == beats
    one.held.set(paused=False)
    works(one)
    for _ in range(3):
        one.look(61)
    assert one.told()[1:] == [("BACKING_OFF", "over")]


@pytest.mark.parametrize("how", ["hang", 500, "reset", "refuse"])
def test_an_endpoint_that_takes_nothing_is_tried_four_times(one: Watched, how: int | str) -> None:
    one.webhook.fail_with = how
    fails(one)
    for _ in range(3):
        one.look(61)
    for _ in range(30):
        one.look(61)
    if how != "refuse":
        assert len(one.told()) == 4
    says = {
        "hang": "nobody answered within 4 s",
        500: "it answered 500",
        "reset": "it cannot be reached: ",
        "refuse": "it cannot be reached: ",
    }
    assert str(one.message("BACKING_OFF", "problem")).startswith(says[how])
    assert (one.message("BACKING_OFF", "tries"), one.message("BACKING_OFF", "due")) == (4, None)
    one.webhook.fail_with = None
    works(one)
    for _ in range(4):
        one.look(61)
    assert one.told()[-1] == ("BACKING_OFF", "over")
    assert one.message("BACKING_OFF", "problem") is None


def test_the_distance_between_tries_grows(one: Watched) -> None:
    one.webhook.next_with(500, 500)
    fails(one)
    for _ in range(3):
        one.look(61)
    assert len(one.told()) == 1
    one.look(25)
    assert len(one.told()) == 1, "30 seconds after it is known"
    one.look(31)
    assert len(one.told()) == 2
    one.look()
    one.look(61)
    assert len(one.told()) == 2, "2 minutes"
    one.look(61)
    assert len(one.told()) == 3
    for _ in range(5):
        one.look(61)
    assert len(one.told()) == 3, "it arrived"


def test_it_looks_every_20_seconds_at_most(one: Watched) -> None:
    one.look()
    at = "select watched_at from bunkd.last_tick"
    first = one.connection.execute(at).fetchone()
    one.held.tick()
    assert one.connection.execute(at).fetchone() == first
    one.later(21)
    one.held.tick()
    assert one.connection.execute(at).fetchone() != first


def test_what_cannot_be_judged_stops_no_message_and_no_call(
    one: Watched, database: Database
) -> None:
    one.webhook.next_with(500)
    fails(one)
    for _ in range(3):
        one.look(61)
    assert len(one.told()) == 1
    with database.admin() as admin:
        admin.execute(
            "create or replace function bunkd.judge_alerts(p_schedule bunkd.schedule) returns void"
            " language plpgsql as $$ begin raise division_by_zero; end $$"
        )
    works(one)
    add_jobs(one.connection, 1)
    one.look()
    one.look(31)
    assert len(one.told()) == 2, "it is tried again all the same"
    assert len(one.held.calls()) > 6, "and the job is called for"
    assert scalar(one.connection, str, "select watch_problem from bunkd.last_tick") == "22012"
    assert "ALERTS_FAIL" in codes(judged(database))


def test_a_stranger_s_trigger_on_pg_net_gets_no_url(one: Watched, database: Database) -> None:
    """Nothing is sent past it, and the tick does the rest of its work."""
    fails(one)
    for _ in range(2):
        one.look(61)
    with database.admin() as admin:
        admin.execute(
            "create table public.seen (url text); grant insert on public.seen to public;"
            "create function public.steal() returns trigger language plpgsql as"
            " $$ begin insert into public.seen values (new.url); return new; end $$;"
            "create trigger steal before insert on net.http_request_queue"
            " for each row execute function public.steal()"
        )
        for _ in range(3):
            one.look(61)
        assert admin.execute("select from public.seen").fetchall() == []
        [(problem,)] = admin.execute("select problem from bunkd.message where place = 'alert'")
        assert problem == "pg_net did not take it (SQLSTATE 55000)"
        admin.execute("drop trigger steal on net.http_request_queue")
    assert one.told() == []


def test_without_a_url_nothing_is_looked_at(one: Watched) -> None:
    one.connection.execute(
        "select bunkd.remove_url('process-analysis-jobs', p) from unnest('{alert,heartbeat}'::text[]) p"
    )
    fails(one)
    for _ in range(4):
        one.look(61)
    assert one.connection.execute("select from bunkd.alert").fetchall() == []
    assert (one.told(), one.beats()) == ([], 0)
    assert one.connection.execute("select watched_at from bunkd.last_tick").fetchone() == (None,)


def test_no_row_of_the_queue_leaves_the_database(one: Watched) -> None:
    """An obstacle's sentence can quote one."""
    one.connection.execute(
        "alter table public.analysis_jobs drop constraint analysis_jobs_status_check"
    )
    add_jobs(one.connection, 1, status="a-customer-s-secret")
    for _ in range(3):
        one.look(61)
    [body] = one.bodies()
    assert body["code"] == "STATUS_UNKNOWN"
    assert body["detail"] == "rows of the queue have a status value that no setting names"
    assert "a-customer-s-secret" not in one.webhook.received[0].body.decode()
