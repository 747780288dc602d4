"""bunkd.read_status: what is counted, how exactly, for whom, and what it never reads."""

import re
from datetime import timedelta
from time import monotonic

import pytest

from bunkd_db.status.facts import Count, Queue, Source
from tests.sql.test_plans import plans, reads_by_index
from tests.support.database import Database
from tests.support.held import Held, held
from tests.support.queue import STATUS, Generation, add_jobs
from tests.support.server import Connection
from tests.support.status import facts_of
from tests.support.upgrade import CREDENTIAL, SCHEDULE, install, upgrade

READ = "select * from bunkd.read_status()"
MINUTE = timedelta(minutes=1)


def queue_of(one: Held) -> Queue:
    return facts_of(one.database).queue


def fail(one: Held, *errors: str) -> None:
    for error in errors:
        one.connection.execute(
            "insert into public.analysis_jobs (fingerprint, input_data, status, error_message)"
            " values ('f', '{}', 'failed', %s)",
            [error],
        )


def test_an_empty_queue(one: Held) -> None:
    found = facts_of(one.database)
    assert (found.mode, found.transport, found.paused, found.held_since) == (
        "native",
        "pg_net",
        False,
        None,
    )
    queue = found.queue
    assert (queue.claimable, queue.never_claimable, queue.active, queue.stuck) == (
        (Count(0, True),) * 4
    )
    assert (queue.oldest_wait_seconds, queue.pickup_seconds, queue.errors) == (None, None, ())
    assert {each.value: each.count for each in queue.statuses} == {
        "queued": Count(0, True),
        "processing": Count(0, True),
        "completed": Count(0, True),
        "failed": Count(0, True),
    }
    assert (found.slots.in_use, found.slots.total, found.slots.holders) == (0, 5, ())
    assert (found.ticks.last, found.calls.count, found.unknown) == (None, Count(0, True), None)


@pytest.mark.parametrize("generation", [1, 2])
def test_the_original_question_of_the_monitoring(
    database: Database, connection: Connection, generation: Generation
) -> None:
    """Per status value: how many, the latest creation, the latest completion."""
    waiting, active, done, failed = STATUS[generation]
    with held(database, connection, generation) as one:
        one.set(paused=True)
        for n, (status, age) in enumerate(
            ((waiting, 4), (active, 3), (done, 2), (failed, 1)), start=1
        ):
            add_jobs(connection, n, status=status, age=age * MINUTE)
            add_jobs(connection, 1, status=status, age=90 * MINUTE)
        if generation == 1:
            connection.execute("update public.analysis_jobs set completed_at = created_at + '30 s'")
        found = facts_of(database)
    for n, (value, kind, age) in enumerate(
        ((waiting, "waiting", 4), (active, "active", 3), (done, "done", 2), (failed, "failed", 1)),
        start=1,
    ):
        [there] = [each for each in found.queue.statuses if each.value == value]
        assert (there.kind, there.count) == (kind, Count(n + 1, True))
        assert there.latest_created is not None
        assert abs(found.at - there.latest_created - age * MINUTE) < timedelta(seconds=20)
        assert (there.latest_completed is not None) is (kind in ("done", "failed"))
        assert there.latest_exact


def test_the_oldest_wait_is_of_what_is_claimable(
    database: Database, connection: Connection
) -> None:
    with held(database, connection, 2) as one:
        one.set(paused=True)
        add_jobs(connection, 2, age=60 * MINUTE, attempts=3)
        add_jobs(connection, 1, age=3 * MINUTE)
        queue = queue_of(one)
    assert (queue.claimable, queue.never_claimable) == (Count(1, True), Count(2, True))
    assert queue.oldest_wait_seconds == pytest.approx(180, abs=20)
    assert queue.oldest_wait_exact


def test_active_slow_and_stuck(one: Held) -> None:
    one.set(paused=True)
    for age in ("10 s", "2 min", "9 min", "12 min"):
        add_jobs(one.connection, 1, status="processing")
        one.connection.execute(
            "update public.analysis_jobs set started_at = now() - %s::interval"
            " where started_at is null",
            [age],
        )
    queue = queue_of(one)
    assert (queue.active, queue.slow, queue.stuck) == (
        Count(4, True),
        Count(3, True),
        Count(1, True),
    )
    assert queue.oldest_active_seconds == pytest.approx(720, abs=20)
    one.set(rescue_after="0")
    assert queue_of(one).stuck == Count()


def test_the_last_hour_by_the_times_of_the_queue(one: Held) -> None:
    one.connection.execute(
        "insert into public.analysis_jobs (fingerprint, input_data, status, created_at, started_at, completed_at)"
        " select 'f', '{}', 'completed', t, t + n * interval '10 ms', t + n * interval '10 ms' + interval '12 s'"
        " from (select n, now() - interval '7 minutes' as t from generate_series(1, 100) n) as j"
    )
    add_jobs(one.connection, 50, status="completed", age=120 * MINUTE)
    one.connection.execute(
        "update public.analysis_jobs set completed_at = created_at + interval '9 s' where completed_at is null"
    )
    queue = queue_of(one)
    assert queue.pickup_seconds is not None
    assert queue.run_seconds is not None
    assert queue.last_hour is not None
    assert (queue.pickup_seconds.jobs, queue.pickup_seconds.exact) == (100, True)
    assert queue.pickup_seconds.p50 == pytest.approx(0.505, abs=0.001)
    assert queue.pickup_seconds.p99 == pytest.approx(0.99, abs=0.01)
    assert queue.run_seconds.p95 == pytest.approx(12)
    assert (queue.last_hour.completed, queue.last_hour.source) == (Count(100, True), Source.QUEUE)
    assert len(queue.last_hour.per_5_min) == 12
    assert sum(queue.last_hour.per_5_min) == 100
    assert queue.last_hour.per_5_min[-2] == 100
    assert (queue.created_last_hour, queue.usual_per_hour) == (Count(100, True), 50 / 24)


def test_a_queue_without_times_is_told_by_the_ledger(one: Held) -> None:
    one.connection.execute(
        "alter table public.analysis_jobs drop updated_at, drop completed_at, drop created_at"
    )
    one.connection.execute(
        "insert into bunkd.call (schedule, reason, sent, settled, outcome) select %s, 'tick', t, t, o"
        " from (select now() - interval '7 min' as t) as t, (values ('ok'), ('ok'), ('job_failed')) as v (o)",
        [SCHEDULE],
    )
    queue = queue_of(one)
    assert queue.last_hour is not None
    assert queue.last_hour.source is Source.LEDGER
    assert (queue.last_hour.completed, queue.last_hour.failed) == (Count(2, True), Count(1, True))
    assert queue.last_hour.per_5_min[-2] == 2
    assert (queue.pickup_seconds, queue.oldest_wait_seconds) == (None, None)


def test_errors_are_grouped_and_have_their_usual_cause(one: Held) -> None:
    job = "job 5f0c54a0-1a2b-4c3d-8e9f-{:012d}: Perplexity API error 429"
    fail(one, *(job.format(n) for n in range(3)), "PPLX_API_KEY not configured", "no such product")
    errors = queue_of(one).errors
    assert {(each.cause, each.count, each.count_last_hour) for each in errors} == {
        ("quota", 3, 3),
        ("key_missing", 1, 1),
        (None, 1, 1),
    }
    assert errors[0].text.startswith("job 5f0c54a0")


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        (f"Bearer {CREDENTIAL} is bad", "Bearer *** is bad"),
        ("x" * 190 + f" {CREDENTIAL}", "x" * 190 + " ***"),
        ("\x1b[2J\x1b]0;owned\x07 red", "[2J ]0;owned red"),
        ("a\nb\r\tc\u202ed\u2066e\x9bf\ufeffg", "a b c d e f g"),
        ("y" * 5000, "y" * 200),
        ("\u00e9\U0001f600 ok", "\u00e9\U0001f600 ok"),
        ("%s %1$I {0} '; drop table x; --", "%s %1$I {0} '; drop table x; --"),
    ],
)
def test_what_the_application_wrote_is_masked_and_harmless(
    one: Held, hostile: str, shown: str
) -> None:
    fail(one, hostile)
    [error] = queue_of(one).errors
    assert error.text == shown
    row = one.connection.execute(READ).fetchone()
    assert CREDENTIAL not in str(row)


def test_no_log_of_plans_has_the_credential(one: Held) -> None:
    fail(one, f"key {CREDENTIAL} rejected")
    assert plans(one.database, READ, "")
    assert CREDENTIAL not in one.database.log().replace(f"key {CREDENTIAL} rejected", "")


def test_timeouts_that_pg_net_has_timed_are_one_answer(one: Held) -> None:
    add_jobs(one.connection, 2)
    for ms in ("501.066704", "501.118350"):
        one.take(1).end(None, error=f"Timeout of 500 ms reached. Total time: {ms} ms")
    one.tick()
    [answer] = facts_of(one.database).calls.answers
    assert (answer.outcome, answer.detail, answer.calls) == (
        "timeout",
        "Timeout of 500 ms reached.",
        2,
    )


def test_slots_calls_and_ticks(one: Held) -> None:
    add_jobs(one.connection, 9)
    one.take(2).end(status=500, content="boom \x1b[31m")
    one.tick()
    found = facts_of(one.database)
    assert (found.slots.in_use, found.slots.limited_by) == (5, "NO_SLOT")
    assert [each.state for each in found.slots.holders] == ["unsent"] * 5
    assert {each.worker for each in found.slots.holders} == {None}
    assert found.slots.holders == tuple(sorted(found.slots.holders, key=lambda each: each.call))
    assert {(each.outcome, each.failed): each.calls for each in found.calls.by if each.failed} == {
        ("http_error", True): 2
    }
    [answer] = found.calls.answers
    assert (answer.outcome, answer.status_code, answer.detail, answer.calls) == (
        "http_error",
        500,
        "boom [31m",
        2,
    )
    assert found.ticks.last is not None
    assert found.ticks.next is None  # the cron job is off
    assert found.at - found.ticks.last < MINUTE


@pytest.mark.parametrize("generation", [1, 2])
def test_a_large_queue_is_never_read_whole(
    database: Database, connection: Connection, generation: Generation
) -> None:
    """Stale statistics, most rows finished: the counts stop, and say so."""
    waiting, active, done, _ = STATUS[generation]
    with held(database, connection, generation) as one:
        one.set(paused=True)
        connection.execute("alter table public.analysis_jobs set (autovacuum_enabled = off)")
        add_jobs(connection, 60_000, status=done, age=300 * MINUTE)
        add_jobs(connection, 11_000, status=waiting, age=MINUTE)
        add_jobs(connection, 2, status=active)
        queue = queue_of(one)
        statuses = {each.value: each.count for each in queue.statuses}
        assert queue.claimable == Count(10_000, False, True)
        assert not queue.oldest_wait_exact
        assert statuses[waiting] == Count(10_000, False, True)
        # the second generation has no index for active rows: those among the newest are seen
        assert queue.active == (Count(2, True) if generation == 1 else Count(2, False, True))
        if generation == 1:
            assert statuses[done] == Count(10_000, False, True)
        assert {each.kind for each in queue.statuses if each.value == active} == {"active"}
        connection.execute("analyze public.analysis_jobs")
        statuses = {each.value: each.count for each in queue_of(one).statuses}
        assert statuses[done].count == pytest.approx(60_000, rel=0.1)
        assert (statuses[done].exact, statuses[done].at_least) == (False, False)
        seen = plans(database, READ)
        assert len(seen) >= 6
        for plan in seen:
            assert reads_by_index(plan) or "Limit" in plan, plan
            assert "Bitmap" not in plan, plan
            read = [int(n) for n in re.findall(r"rows=(\d+) loops=1\)", plan)]
            assert max(read) <= 10_000, plan


def test_without_any_index_nothing_is_read(database: Database, connection: Connection) -> None:
    with held(database, connection) as one:
        one.set(paused=True)
        for index in ("status", "created_at"):
            connection.execute(f"drop index public.analysis_jobs_{index}_idx".encode())
        add_jobs(connection, 20_000, status="completed")
        seen = plans(database, "select status -> 'queue' from bunkd.read_status()")
        queue = queue_of(one)
    assert [plan for plan in seen if "actual rows=20000" in plan] == []
    assert (queue.claimable, queue.active, queue.last_hour) == (Count(), Count(), None)
    assert {each.count for each in queue.statuses} == {Count()}


def test_claimable_jobs_behind_many_that_never_are(
    database: Database, connection: Connection
) -> None:
    with held(database, connection, 2) as one:
        one.set(paused=True)
        add_jobs(connection, 10_001, attempts=3)
        add_jobs(connection, 2, age=7 * MINUTE)
        queue = queue_of(one)
        assert (queue.claimable, queue.never_claimable) == (
            Count(2, False, True),
            Count(10_000, False, True),
        )
        assert queue.oldest_wait_seconds == pytest.approx(420, abs=20)
        assert (one.status("waiting"), one.status("never_claimable")) == (2, 10_000)


SHAPES = {
    "enum": (
        "create type state as enum ('queued', 'running', 'done', 'failed', 'other');"
        ' create table jobs (id int, status state, "createdAt" timestamptz default now())',
        ("queued", "running", "done", "failed", "other"),
        {},
    ),
    "integer": (
        "create table jobs (id int, status int, created_at timestamptz default now())",
        ("0", "1", "2", "3", "9"),
        {"waiting": "0", "active": "1", "done": "2", "failed": "3"},
    ),
    "a domain": (
        "create domain word as text; create table jobs (id int, status word, created_at timestamptz default now())",
        ("queued", "running", "done", "failed", "other"),
        {},
    ),
    "quoted names": (
        'create table jobs (id int, "st\'%%tus" text, created_at timestamptz default now())',
        ("queued", "it's 100%", "done", "failed", "other"),
        {"column": "st'%tus", "active": "it's 100%"},
    ),
    "partitions": (
        "create table jobs (id int, status text, created_at timestamptz default now()) partition by list (id);"
        " create table part1 partition of jobs for values in (1);"
        " create index on jobs (status); create index on jobs (created_at)",
        ("queued", "running", "done", "failed", "other"),
        {},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_queues_of_other_shapes(database: Database, connection: Connection, name: str) -> None:
    make, values, names = SHAPES[name]
    for statement in make.split(";"):
        connection.execute(statement.replace("%%", "%").encode())
    env = {
        f"BUNKD_STATUS_{kind.upper()}": value for kind, value in names.items() if kind != "column"
    }
    column = names.get("column", "status")
    install(database, BUNKD_QUEUE_TABLE="jobs", BUNKD_STATUS_COLUMN=column, BUNKD_WAKE="off", **env)
    quoted = column.replace("%", "%%")
    for n, value in enumerate(values, start=1):
        cast = {"enum": "::state", "integer": "::int"}.get(name, "")
        connection.execute(
            f'insert into jobs (id, "{quoted}") select 1, %s{cast} from generate_series(1, %s)',  # noqa: S608
            [value, n],
        )
    queue = facts_of(database).queue
    assert queue.problem is None
    found = {(each.value, each.kind): each.count for each in queue.statuses if each.count}
    assert {each: count.count for each, count in found.items()} == {
        (values[0], "waiting"): 1,
        (values[1], "active"): 2,
        (values[2], "done"): 3,
        (values[3], "failed"): 4,
        (values[4], "unknown"): 5,
    }
    assert (queue.claimable.count, queue.created_last_hour) == (1, Count(15, True))


@pytest.mark.parametrize("role", ["forgetful", "postgres"])
def test_a_reader_sees_it_all_and_keeps_no_lock(one: Held, role: str) -> None:
    with one.database.admin() as admin:
        admin.execute("create role forgetful login password 'postgres'")
    upgrade(one.database, BUNKD_READER_ROLE="forgetful")
    add_jobs(one.connection, 2)
    kept = (
        "select l.relation::regclass::text from pg_locks l join pg_class c on c.oid = l.relation"
        " where l.pid = %s and c.relnamespace not in ('pg_catalog'::regnamespace, 'bunkd'::regnamespace)"
    )
    found = facts_of(one.database.url_as(role))
    assert (found.queue.claimable, found.slots.in_use) == (Count(2, True), 2)
    with one.database.connect(role) as reader:
        reader.execute("begin")
        assert len(reader.execute(READ).fetchall()) == 1
        assert one.connection.execute(kept, [reader.info.backend_pid]).fetchall() == []
        one.connection.execute("set lock_timeout = '5s'")
        one.connection.execute("alter table public.analysis_jobs add note text")
        reader.execute("rollback")


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("drop table public.analysis_jobs", "does not exist"),
        ("alter table public.analysis_jobs rename column status to state", "no column status"),
        ("update bunkd.schedule set queue_where = 'no_such > 1'", "no_such"),
        ("drop extension pg_net cascade", None),
        ("drop extension pg_cron cascade", None),
        ("alter table public.analysis_jobs drop created_at, drop started_at", None),
        ("alter table public.analysis_jobs alter created_at type timestamp", None),
        ("update public.analysis_jobs set created_at = 'infinity'", None),
        ("update public.analysis_jobs set created_at = '294276-01-01', started_at = '-infinity'", None),
        ("update public.analysis_jobs set created_at = '4713-01-01 BC'", None),
        ("alter table public.analysis_jobs rename error_message to \"select\"", None),
    ],
)  # fmt: skip
def test_it_answers_whatever_is_gone(one: Held, trouble: str, says: str | None) -> None:
    add_jobs(one.connection, 2)
    fail(one, "boom")
    with one.database.admin() as admin:
        admin.execute(trouble)
    problem = queue_of(one).problem
    assert problem is None if says is None else says in str(problem)


def test_it_does_not_wait_for_locks(one: Held) -> None:
    with one.database.admin() as admin, admin.transaction():
        admin.execute("lock table public.analysis_jobs, bunkd.last_tick in access exclusive mode")
        begun = monotonic()
        found = facts_of(one.database)
        assert monotonic() - begun < 5
    assert "is locked" in str(found.queue.problem)
    assert "is locked" in str(found.unknown)
    assert found.slots.in_use is None


def test_a_strangers_type_of_the_status_runs_nothing(one: Held) -> None:
    """A cast to text would be code of its owner's, run as our role."""
    with one.database.admin() as admin:
        admin.execute("create role mallory; create schema evil authorization mallory")
        admin.execute(
            "set role mallory; create type evil.state as enum ('queued', 'done');"
            " create function evil.spy(evil.state) returns text language plpgsql as"
            " $$ begin raise exception 'ran as %', current_user; end $$; reset role;"
            " create cast (evil.state as text) with function evil.spy(evil.state);"
            " alter table public.analysis_jobs drop constraint analysis_jobs_status_check,"
            " alter status drop default, alter status type evil.state using 'queued'"
        )
    problem = queue_of(one).problem
    assert problem is not None
    assert "mallory" in problem
    assert "ran as" not in problem


def test_several_schedules(one: Held) -> None:
    one.connection.execute("insert into bunkd.schedule (name) values ('another')")
    rows = one.connection.execute("select schedule from bunkd.read_status()").fetchall()
    assert rows == [("another",), (SCHEDULE,)]
    assert facts_of(one.database, "another").obstacles[0].code == "NOT_SCHEDULED"
