"""The view bunkd.status: everything about a schedule in one row, whatever is wrong."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.held import EMPTY, Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, upgrade


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with held(database, connection, 2) as schedule:
        yield schedule


def status(one: Held, *columns: str) -> dict[str, object]:
    row = one.connection.execute("select to_jsonb(s) from bunkd.status s").fetchone()
    assert row is not None
    assert isinstance(row[0], dict)
    return {column: row[0][column] for column in columns}


def test_a_new_schedule(one: Held) -> None:
    assert status(one, "schedule", "mode", "paused", "fenced", "problem", "back_off") == {
        "schedule": SCHEDULE,
        "mode": "native",
        "paused": False,
        "fenced": False,
        "problem": None,
        "back_off": None,
    }
    assert status(one, "waiting", "active", "never_claimable", "slots_in_use", "failed_wakes") == {
        "waiting": 0,
        "active": 0,
        "never_claimable": 0,
        "slots_in_use": 0,
        "failed_wakes": 0,
    }
    assert status(one, "last_tick", "last_call", "oldest_wait", "calls_last_hour") == {
        "last_tick": None,
        "last_call": None,
        "oldest_wait": None,
        "calls_last_hour": None,
    }


def test_the_queue_by_state(one: Held) -> None:
    one.set(paused=True)
    add_jobs(one.connection, 3)
    add_jobs(one.connection, 2, status="running", attempts=1)
    add_jobs(one.connection, 1, attempts=3)
    add_jobs(one.connection, 4, status="done")
    assert status(one, "paused", "waiting", "active", "never_claimable") == {
        "paused": True,
        "waiting": 3,
        "active": 2,
        "never_claimable": 1,
    }
    one.connection.execute(
        "update public.analysis_jobs set created_at = now() - interval '3 minutes' where attempts = 0"
    )
    row = one.connection.execute(
        "select oldest_wait between '3 minutes' and '4 minutes' from bunkd.status"
    ).fetchone()
    assert row == (True,)


def test_slots_calls_and_ticks(one: Held) -> None:
    add_jobs(one.connection, 9)
    assert status(one, "slots", "slots_in_use", "calls_last_hour") == {
        "slots": 5,
        "slots_in_use": 5,
        "calls_last_hour": {"open": 5},
    }
    one.take(3).end(content=EMPTY)
    one.take().end(status=500, content="oops")
    one.tick()
    assert status(one, "slots_in_use", "calls_last_hour") == {
        "slots_in_use": 5,
        "calls_last_hour": {"empty": 3, "http_error": 2, "open": 5},
    }
    row = one.connection.execute(
        "select last_tick > now() - interval '1 minute' and last_call <= clock_timestamp() from bunkd.status"
    ).fetchone()
    assert row == (True,)
    rows = one.connection.execute("select outcome, status_code, detail from bunkd.recent_calls")
    assert rows.fetchall()[-1] in {("empty", 200, "No jobs available"), ("http_error", 500, "oops")}


def test_calls_of_more_than_an_hour_ago_are_history(one: Held) -> None:
    one.connection.execute(
        "insert into bunkd.call (schedule, reason, sent, settled, outcome) select %s, 'tick', t, t, 'ok'"
        " from (values (now() - interval '61 minutes'), (now() - interval '59 minutes')) as v (t)",
        [SCHEDULE],
    )
    assert status(one, "calls_last_hour") == {"calls_last_hour": {"ok": 1}}


def test_the_fence_shows(one: Held) -> None:
    one.connection.execute("update bunkd.schedule set system_identifier = 1")
    add_jobs(one.connection, 1)
    assert one.calls() == []
    assert "this database is a copy" in one.tick()
    assert status(one, "fenced", "waiting") == {"fenced": True, "waiting": 1}


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("drop table public.analysis_jobs", "does not exist"),
        ("alter table public.analysis_jobs rename column status to state", "has no column status"),
        ("drop schema public cascade", "does not exist"),
        ("drop extension pg_net cascade", "the extension pg_net is gone"),
        ("drop extension pg_cron cascade", "the extension pg_cron is gone"),
    ],
)
def test_it_answers_whatever_is_gone(one: Held, trouble: str, says: str) -> None:
    with one.database.admin() as admin:
        admin.execute(trouble)
    assert says in str(status(one, "problem", "obstacles"))


def test_it_does_not_wait_for_a_locked_queue(one: Held) -> None:
    with one.database.admin() as admin, admin.transaction():
        admin.execute("lock table public.analysis_jobs in access exclusive mode")
        assert "is locked" in str(status(one, "problem")["problem"])


def test_a_reader_that_forgets_to_commit_keeps_no_lock_of_the_application(one: Held) -> None:
    with one.database.admin() as admin:
        admin.execute("create role forgetful login password 'postgres'")
    upgrade(one.database, BUNKD_READER_ROLE="forgetful")
    add_jobs(one.connection, 2)
    kept = (
        "select l.relation::regclass::text from pg_locks l join pg_class c on c.oid = l.relation"
        " where l.pid = %s and c.relnamespace not in ('pg_catalog'::regnamespace, 'bunkd'::regnamespace)"
    )
    with one.database.connect("forgetful") as reader:
        reader.execute("begin")
        row = reader.execute("select waiting, problem from bunkd.status").fetchone()
        assert row == (2, None)
        reader.execute("select * from bunkd.recent_calls")
        reader.execute("select * from bunkd.find_obstacles(%s)", [SCHEDULE])
        assert one.connection.execute(kept, [reader.info.backend_pid]).fetchall() == []
        one.connection.execute("set lock_timeout = '5s'")
        one.connection.execute("alter table public.analysis_jobs add note text")
        reader.execute("rollback")


def test_a_reader_sees_it_and_nothing_else(one: Held) -> None:
    one.connection.execute("create role oncall login password 'postgres'")
    upgrade(one.database, BUNKD_READER_ROLE="oncall")
    add_jobs(one.connection, 1)
    with one.database.connect("oncall") as reader:
        row = reader.execute("select waiting, slots_in_use from bunkd.status").fetchone()
        assert row == (1, 1)
        assert len(reader.execute("select * from bunkd.recent_calls").fetchall()) == 1


def test_every_is_how_often_ticks_come(one: Held) -> None:
    one.set(every="30s", cron_schedule="30 seconds")
    assert status(one, "every") == {"every": "30s"}
    one.set(cron_schedule="* * * * *")  # before pg_cron 1.5
    assert status(one, "every") == {"every": "1m"}
    one.set(every="0 9 * * 1-5", cron_schedule="0 9 * * 1-5")
    assert status(one, "every") == {"every": "0 9 * * 1-5"}


def test_a_value_that_the_condition_does_not_fit_is_shown_to_no_reader(one: Held) -> None:
    one.set(queue_where="input_value::integer > 3")
    [job] = add_jobs(one.connection)  # the text of its input is no number
    one.tick()
    for query, values in (
        ("select problem from bunkd.status", []),
        ("select detail from bunkd.obstacles", []),
        ("select bunkd.read_status(null)::text", []),
        ("select answer::text from bunkd.explain_job(%s)", [job]),
    ):
        found = str(one.connection.execute(query.encode(), values).fetchall())
        assert "cannot be read: invalid input syntax for type integer: ..." in found, query
        assert "a product" not in found, query
