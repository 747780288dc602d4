"""bunkd.explain_job: each rule that can hold a job, named for it with when it ends and what ends it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bunkd_db.explain.codes import Code
from bunkd_db.explain.facts import Job, Kind, State
from tests.support.command import follow
from tests.support.database import Database
from tests.support.explain import explained, live, rule_of
from tests.support.held import EMPTY, Held
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, connect
from tests.support.upgrade import SCHEDULE, install, upgrade

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with live(database, connection) as schedule:
        yield schedule


def kinds(job: Job) -> list[Kind]:
    return [each.event for each in job.timeline]


def answered(one: Held, n: int, outcome: str, status: int | None = None) -> None:
    """As many calls as this have ended like this, just now."""
    one.connection.execute(
        "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code)"
        " select %s, 'tick', clock_timestamp(), clock_timestamp(), %s, %s"
        " from generate_series(1, %s)",
        [SCHEDULE, outcome, status, n],
    )


def quietly(one: Held, n: int = 1) -> list[str]:
    """Jobs whose writer asks for no call."""
    with one.connection.transaction():
        one.connection.execute("set transaction isolation level repeatable read")
        return add_jobs(one.connection, n)


# What is in the way of every job


@pytest.mark.parametrize(
    ("brings", "code"),
    [
        ("update bunkd.schedule set paused = true", "PAUSED"),
        ("update bunkd.schedule set system_identifier = 1", "COPY"),
        ("update bunkd.schedule set held = now(), held_because = 'it looks restored'", "HELD"),
        ("update bunkd.schedule set url = null", "NO_URL"),
        ("select cron.unschedule(jobid) from cron.job", "JOB_MISSING"),
        ("select cron.alter_job(jobid, active := false) from cron.job", "JOB_INACTIVE"),
    ],
)
def test_an_obstacle(one: Held, brings: str, code: str) -> None:
    [job] = add_jobs(one.connection)
    one.connection.execute(brings.encode())
    found = explained(one.database, job)
    said = one.connection.execute(
        "select code, detail, remedy, commands from bunkd.find_obstacles(%s) limit 1", [SCHEDULE]
    ).fetchone()
    rule = found.rule
    assert said == (rule.code, rule.detail, rule.remedy, list(rule.commands))
    assert (rule.code, found.state, found.next_at) == (code, State.WAITING, None)


def test_pg_net_is_busy_with_another_request(one: Held) -> None:
    [job] = add_jobs(one.connection)
    one.connection.execute("update bunkd.slot set taken = taken - interval '3 hours'")
    found = explained(one.database, job)
    assert found.rule.code == "NET_BUSY"
    assert "busy with another request" in found.rule.detail


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("rejected", 401, "REJECTED"),
        ("http_error", 404, "NOT_DEPLOYED"),
        ("http_error", 503, "BACKING_OFF"),
    ],
)
def test_calls_that_fail_are_made_again_later(
    one: Held, outcome: str, status: int, code: str
) -> None:
    [job] = quietly(one)
    answered(one, 3, outcome, status)
    found = explained(one.database, job)
    assert found.rule.code == code
    assert found.next_at is not None
    assert found.next_at - found.at > 59 * MINUTE  # not the next tick where that comes too early
    row = one.connection.execute(
        "select until from bunkd.schedule s, bunkd.find_brake(s, 'tick')"
    ).fetchone()
    assert row is not None
    assert row[0] <= found.next_at  # type: ignore[operator]


def test_nobody_knows_while_a_probe_is_under_way(one: Held) -> None:
    [job] = quietly(one)
    answered(one, 3, "http_error", 503)
    one.connection.execute(
        "insert into bunkd.call (schedule, reason) values (%s, 'probe')", [SCHEDULE]
    )
    found = explained(one.database, job)
    assert (found.rule.code, found.next_at) == ("BACKING_OFF", None)


def test_row_level_security_hides_the_queue(one: Held) -> None:
    from bunkd_db import explain

    [job] = add_jobs(one.connection)
    with one.database.admin() as admin:
        admin.execute("alter role postgres nobypassrls")
        admin.execute("alter table public.analysis_jobs force row level security")
    report = explain.read(one.database.url, job, None)
    [found] = report.unreadable
    assert (report.jobs, found.rule.code) == ((), "QUEUE_PROBLEM")
    assert "row level security" in found.rule.detail
    assert found.rule.commands == ("alter role postgres bypassrls;",)


def test_external_without_a_worker_and_with_one(database: Database, connection: Connection) -> None:
    create_queue(connection)
    install(database, BUNKD_MODE="external")
    [young], [old] = add_jobs(connection), add_jobs(connection, age=9 * MINUTE)
    connection.execute("delete from public.analysis_jobs where id = %s", [old])
    found = explained(database, young)
    assert (found.rule.code, found.next_at) == (Code.EXTERNAL, None)
    assert found.rule.commands == (f"bunkd-db worker --schedule {SCHEDULE}",)
    [old] = add_jobs(connection, age=9 * MINUTE)
    assert rule_of(database, old) == "NO_WORKER"
    connection.execute(
        "insert into bunkd.worker (id, schedule, able, listens) values ('w', %s, true, false)",
        [SCHEDULE],
    )
    found = explained(database, old)
    assert found.rule.code == Code.WAITS_FOR_TICK
    assert "worker" in found.rule.remedy


# What is in the way of the next call


def test_no_free_slot(one: Held) -> None:
    *_, job = add_jobs(one.connection, 7)
    found = explained(one.database, job)
    assert (found.rule.code, found.next_at) == (Code.NO_SLOT, None)  # pg_net has sent none of them
    assert {each.state for each in found.holders} == {"unsent"}
    one.take()
    found = explained(one.database, job)
    assert found.rule.detail == "all 5 slots are in use"
    assert [each.call for each in found.holders] == [1, 2, 3, 4, 5]
    assert {each.state for each in found.holders} == {"open"}
    assert found.next_at == min(each.until for each in found.holders if each.until)
    assert timedelta(0) < found.next_at - found.at < 36 * SECOND
    follow(found.rule.commands[0], one.database.url)
    assert rule_of(one.database, job) == Code.WAITS_FOR_TICK


def test_calls_that_have_ended_are_settled_by_the_next_tick(one: Held) -> None:
    *_, job = add_jobs(one.connection, 7)
    one.take().end()
    found = explained(one.database, job)
    assert found.rule.code == Code.NO_SLOT
    assert {each.state for each in found.holders} == {"ended"}
    assert found.next_at is not None
    assert one.tick() == "5 sent, 5 settled"


def test_functions_that_outlive_their_calls(database: Database, connection: Connection) -> None:
    with live(database, connection, BUNKD_ON_TIMEOUT="detach", BUNKD_MAX_IN_FLIGHT="2") as one:
        add_jobs(connection, 2)
        one.take().time_out()
        connection.execute(
            "update public.analysis_jobs set status = 'processing', started_at = now()"
        )
        one.tick()
        [job] = add_jobs(connection)
        found = explained(database, job)
        assert found.rule.code == Code.NO_SLOT
        assert {each.state for each in found.holders} == {"detached"}
        connection.execute("update bunkd.slot set call = null, detached = false")
        found = explained(database, job)
        assert (found.rule.code, found.holders) == (Code.NO_SLOT, ())
        assert "still at work" in found.rule.detail


def test_a_call_is_not_sent_yet_and_then_is_on_its_way(one: Held) -> None:
    [job] = add_jobs(one.connection)
    found = explained(one.database, job)
    assert (found.rule.code, found.next_at) == (Code.NOT_SENT_YET, None)
    assert [each.state for each in found.holders] == ["unsent"]
    one.take()
    found = explained(one.database, job)
    assert found.rule.code == Code.CALLED
    assert [each.state for each in found.holders] == ["open"]


def test_slowed_down_by_jobs_that_fail(one: Held) -> None:
    [job] = quietly(one)
    answered(one, 10, "job_failed", 500)
    found = explained(one.database, job)
    assert found.rule.code == Code.SLOWED_DOWN
    assert "10 jobs in a row failed" in found.rule.detail
    assert found.next_at is not None


def test_slowed_down_by_a_function_that_finds_no_job(one: Held) -> None:
    [job] = quietly(one)
    answered(one, 3, "empty", 200)
    found = explained(one.database, job)
    assert found.rule.code == Code.SLOWED_DOWN
    assert found.next_at is not None
    assert found.next_at - found.at > timedelta(hours=17)


# Why it waits for the tick


def test_a_writer_in_repeatable_read(one: Held) -> None:
    [job] = quietly(one)
    found = explained(one.database, job)
    assert found.rule.code == Code.WAITS_FOR_TICK
    assert "its transaction was repeatable read" in found.rule.detail
    assert found.next_at is not None
    assert timedelta(0) < found.next_at - found.at <= timedelta(hours=2)
    one.connection.execute(found.rule.commands[0].encode())
    assert rule_of(one.database, job) == Code.NOT_SENT_YET


def test_a_writer_that_prepares_its_transaction(one: Held) -> None:
    if not one.database.server.real_net:
        pytest.skip("the double wakes by NOTIFY, which cannot be prepared")
    if one.connection.execute("show max_prepared_transactions").fetchone() == ("0",):
        pytest.skip("max_prepared_transactions is 0")
    with one.database.connect() as writer:
        writer.execute("begin")
        [job] = add_jobs(writer)
        writer.execute("prepare transaction 'p'")
        with pytest.raises(
            Exception, match="its row was deleted, or the transaction that inserts it is still open"
        ):
            explained(one.database, job)
        writer.execute("commit prepared 'p'")
    assert rule_of(one.database, job) == Code.NOT_SENT_YET


@pytest.mark.parametrize(
    ("brings", "says"),
    [
        ("update bunkd.schedule set wake = false", "BUNKD_WAKE is off"),
        ("update bunkd.last_tick set wake_problem = 'no wake, only ticks: x is not a table'", "x is not a table"),
    ],
)  # fmt: skip
def test_why_its_write_caused_no_call(one: Held, brings: str, says: str) -> None:
    one.tick()
    one.connection.execute(brings.encode())
    [job] = quietly(one)
    found = explained(one.database, job)
    assert found.rule.code == Code.WAITS_FOR_TICK
    assert says in found.rule.detail


def test_more_jobs_wait_than_the_next_tick_calls_for(one: Held) -> None:
    *_, job = quietly(one, 7)
    found = explained(one.database, job)
    assert found.rule.code == Code.WAITS_FOR_TICK
    assert found.rule.detail.startswith("the next tick makes 5 calls, and more jobs wait than that")
    one.set(jobs_per_call=2)
    assert explained(one.database, job).rule.detail.startswith("the next tick calls for it")


def test_the_calls_that_were_made_since_did_not_claim_it(one: Held) -> None:
    [job] = add_jobs(one.connection)
    one.take().end(content=EMPTY)
    found = explained(one.database, job)
    assert found.rule.code == Code.WAITS_FOR_TICK
    assert "no call that was made since" in found.rule.detail


# What is in the way of this job alone


def test_claimed_too_often(database: Database, connection: Connection) -> None:
    with live(database, connection, 2) as one:
        [job] = add_jobs(connection, attempts=3)
        found = explained(database, job)
        assert (found.rule.code, found.next_at, found.claims) == (Code.NOT_CLAIMABLE, None, 3)
        connection.execute(found.rule.commands[0].encode())
        assert rule_of(database, job) == Code.WAITS_FOR_TICK
        one.set(paused=True)
        [job] = add_jobs(connection, attempts=3)
        assert rule_of(database, job) == Code.NOT_CLAIMABLE  # it would wait without the pause too


def test_the_condition_does_not_hold(one: Held) -> None:
    [job] = quietly(one)
    one.set(queue_where="user_id is not null")
    found = explained(one.database, job)
    assert (found.rule.code, found.next_at) == (Code.NOT_CLAIMABLE, None)
    assert "user_id is not null" in found.rule.detail
    assert one.connection.execute(found.rule.commands[0].encode()).fetchone() is not None


def test_scheduled_for_later(one: Held) -> None:
    [job] = quietly(one)
    one.connection.execute('alter table public.analysis_jobs add "runAt" timestamptz')
    one.connection.execute("update public.analysis_jobs set \"runAt\" = now() + interval '3 hours'")
    one.set(queue_where='"runAt" is null or "runAt" <= now()')
    found = explained(one.database, job)
    assert found.rule.code == Code.NOT_YET
    assert found.next_at is not None
    assert timedelta(hours=3) - MINUTE < found.next_at - found.at < timedelta(hours=5) + MINUTE
    one.connection.execute(found.rule.commands[0].encode())
    assert rule_of(one.database, job) not in (Code.NOT_YET, Code.NOT_CLAIMABLE)


@pytest.mark.parametrize(
    ("where", "sets", "hours"),
    [
        # what is in the future is not what keeps it out
        ("expires_at > now() and not cancelled", "expires_at = '3h', cancelled = true", None),
        ("run_at <= now() and not cancelled", "run_at = '3h', cancelled = true", None),
        ("run_at <= now() and expires_at > now()", "run_at = '5h', expires_at = '3h'", None),
        ("run_at <= now() and expires_at > now()", "run_at = '3h', expires_at = '5h'", 3),
        ("run_at <= now() and retry_at <= now()", "run_at = '3h', retry_at = '5h'", 5),
        ("run_at <= now() or retry_at <= now()", "run_at = '5h', retry_at = '3h'", 3),
        ("run_at + interval '1 hour' < now()", "run_at = '3h'", 3),
        ("run_at <= now() and run_at > now() - interval '1 day'", "run_at = '3h'", 3),
        ("public.analysis_jobs.run_at <= now()", "run_at = '3h'", 3),  # cannot be tried
    ],
)
def test_a_time_that_is_to_come_is_named_only_if_it_lets_the_job_in(
    one: Held, where: str, sets: str, hours: int | None
) -> None:
    [job] = add_jobs(one.connection)
    one.connection.execute(
        "alter table public.analysis_jobs add run_at timestamptz, add retry_at timestamptz,"
        " add expires_at timestamptz, add cancelled boolean default false"
    )
    sets = re.sub(r"'(\d)h'", r"now() + interval '\1 hours'", sets)
    one.connection.execute(f"update public.analysis_jobs set {sets}".encode())  # noqa: S608
    one.set(queue_where=where)
    found = explained(one.database, job)
    if hours is None:
        assert (found.rule.code, found.next_at) == (Code.NOT_CLAIMABLE, None)
        return
    assert found.rule.code == Code.NOT_YET
    assert found.next_at is not None
    assert timedelta(hours=hours) - MINUTE < found.next_at - found.at
    assert found.next_at - found.at < timedelta(hours=hours + 2) + MINUTE
    if "interval" not in where:
        one.connection.execute(found.rule.commands[0].encode())
        assert rule_of(one.database, job) not in (Code.NOT_YET, Code.NOT_CLAIMABLE) or hours == 5


@pytest.mark.parametrize("time", ["294276-12-31 23:59:59.999999+00", "4714-11-24 00:00:00+00 BC"])
@pytest.mark.parametrize("column", ["created_at", "started_at", "updated_at", "run_at"])
def test_a_time_at_the_end_of_time(one: Held, column: str, time: str) -> None:
    [job] = add_jobs(one.connection, status="processing" if column == "started_at" else "queued")
    one.connection.execute(
        "alter table public.analysis_jobs add run_at timestamptz, disable trigger user"
    )
    one.connection.execute(f"update public.analysis_jobs set {column} = %s".encode(), [time])  # noqa: S608
    one.set(queue_where="run_at <= now()")
    assert rule_of(one.database, job)


@pytest.mark.parametrize("value", ["todo", "\x1b[31mred\nline", None])
def test_an_unknown_status_value(one: Held, value: str | None) -> None:
    [_, job] = quietly(one, 2)
    one.connection.execute(
        "alter table public.analysis_jobs drop constraint analysis_jobs_status_check,"
        " alter status drop not null"
    )
    one.connection.execute(
        "update public.analysis_jobs set status = %s where id = %s", [value, job]
    )
    found = explained(one.database, job)
    assert (found.rule.code, found.state) == (Code.STATUS_UNKNOWN, State.UNKNOWN)
    assert found.rule.detail.isprintable()
    assert ("'todo'" in found.rule.detail) is (value == "todo")


# What does not wait


def test_active_by_the_only_call_in_flight(one: Held) -> None:
    [job] = add_jobs(one.connection)
    one.take()
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing', started_at = clock_timestamp()"
    )
    found = explained(one.database, job)
    assert (found.rule.code, found.state) == (Code.ACTIVE, State.ACTIVE)
    assert found.started is not None
    assert found.next_at is not None
    assert found.next_at >= found.started + 10 * MINUTE
    assert kinds(found) == [Kind.QUEUED, Kind.CALLED, Kind.CLAIMED]
    called = found.timeline[1]
    assert (called.call, called.reason, called.worker, called.sure) == (1, "wake", None, False)
    one.set(rescue_after="0")
    found = explained(one.database, job)
    assert (found.rule.code, found.next_at) == (Code.ACTIVE, None)
    assert "Nothing rescues this job" in found.rule.remedy


def test_rescued_and_in_the_end_given_up(one: Held) -> None:
    [job] = quietly(one)
    one.set(paused=True)
    stuck = (
        "update public.analysis_jobs set status = 'processing', started_at = now() - interval '5 hours',"
        " created_at = least(created_at, now() - interval '6 hours')"
    )
    one.connection.execute(stuck.encode())
    assert rule_of(one.database, job) == Code.STUCK
    for times in (1, 2, 3):
        one.connection.execute(stuck.encode())
        one.tick()
        found = explained(one.database, job)
        assert (found.state, found.rescues, found.rule.code) == (State.WAITING, times, "PAUSED")
        rescued = found.timeline[-1]
        assert (rescued.event, rescued.times) == (Kind.RESCUED, times)
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing', started_at = now()"
    )
    assert "gives the job up" in explained(one.database, job).rule.remedy
    one.connection.execute(stuck.encode())
    one.tick()
    found = explained(one.database, job)
    assert (found.rule.code, found.state, found.cause) == (Code.GIVEN_UP, State.FAILED, "given_up")
    assert kinds(found)[-1] is Kind.GIVEN_UP
    for command in found.rule.commands:
        one.connection.execute(command.encode())
    found = explained(one.database, job)
    assert (found.state, found.rescues) == (State.WAITING, 0)


def test_why_no_tick_rescues_it(one: Held) -> None:
    [job] = quietly(one)
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing', started_at = now() - interval '5 hours'"
    )
    one.connection.execute(
        "create function public.no() returns trigger language plpgsql"
        " as $$ begin raise exception 'not now'; end $$;"
        " create trigger no before update on public.analysis_jobs"
        " for each row execute function public.no()"
    )
    one.tick()
    found = explained(one.database, job)
    assert found.rule.code == Code.STUCK
    assert "not now" in found.rule.detail


def test_failed_by_itself_and_called_for_again(one: Held) -> None:
    [job] = add_jobs(one.connection)
    one.take().end(
        500, f'{{"success": false, "job_id": "{job}", "error": "PPLX_API_KEY not configured"}}'
    )
    one.tick()
    one.connection.execute(
        "update public.analysis_jobs set status = 'failed', completed_at = clock_timestamp(),"
        " error_message = 'PPLX_API_KEY not configured'"
    )
    found = explained(one.database, job)
    assert (found.rule.code, found.state, found.cause) == (Code.FAILED, State.FAILED, "key_missing")
    assert kinds(found) == [Kind.QUEUED, Kind.CALLED, Kind.ANSWERED, Kind.FAILED]
    answer = found.timeline[2]
    assert (answer.sure, answer.outcome, answer.status_code) == (True, "job_failed", 500)
    one.connection.execute(found.rule.commands[0].encode())
    assert explained(one.database, job).state is State.WAITING


def test_done(one: Held) -> None:
    [job] = add_jobs(one.connection)
    one.take().end(content=f'{{"success": true, "job_id": "{job}"}}')
    one.connection.execute(
        "update public.analysis_jobs set status = 'completed', started_at = clock_timestamp(),"
        " completed_at = clock_timestamp()"
    )
    one.tick()
    found = explained(one.database, job)
    assert (found.rule.code, found.rule.remedy, found.next_at) == (Code.DONE, "", None)
    assert set(kinds(found)) == {
        Kind.QUEUED, Kind.CALLED, Kind.CLAIMED, Kind.COMPLETED, Kind.ANSWERED
    }  # fmt: skip


def test_active_by_one_of_several_calls(one: Held) -> None:
    job, _ = add_jobs(one.connection, 2)
    one.take()
    one.connection.execute(
        "update public.analysis_jobs set status = 'processing', started_at = clock_timestamp()"
        " where id = %s",
        [job],
    )
    found = explained(one.database, job)
    assert found.rule.code == Code.ACTIVE
    assert "one of 2 calls in flight" in found.rule.detail
    assert Kind.CALLED not in kinds(found)


def test_no_index_in_the_order_of_a_language_is_read_from_end_to_end(database: Database) -> None:
    if database.server.version < 150000:
        pytest.skip("its databases have no provider")
    with database.admin() as admin:
        admin.execute(
            "create database worded owner postgres template template0 encoding 'UTF8'"
            " locale_provider icu icu_locale 'en' lc_collate 'C' lc_ctype 'C'"
        )
    url = database.url.rpartition("/")[0] + "/worded"
    with connect(url) as connection:
        connection.execute("create table analysis_jobs (id text primary key, status text)")
        upgrade(url, BUNKD_CALL_URL="http://127.0.0.1:9/")
        connection.execute(
            "insert into analysis_jobs select md5(n::text), 'queued' from generate_series(1, 20000) n"
        )
        found = "select answer ->> 'beginnings' from bunkd.explain_job('zz')"
        assert connection.execute(found.encode()).fetchone() == ("false",)
        connection.execute('create index on analysis_jobs (id collate "C")')
        assert connection.execute(found.encode()).fetchone() == ("true",)
    with database.admin() as admin:
        admin.execute("drop database worded with (force)")
