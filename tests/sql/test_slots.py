"""Guarantee 2: min(ceil(claimable / jobs_per_call), free slots) calls, never more."""

import threading
from typing import LiteralString

import pytest
from psycopg import sql

from tests.support.database import Database
from tests.support.held import EMPTY, HOLD, Held
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, upgrade
from tests.support.wait import wait_until


def is_waiting(connection: Connection, other: Connection) -> bool:
    row = connection.execute(
        "select wait_event_type from pg_stat_activity where pid = %s", [other.info.backend_pid]
    ).fetchone()
    return row == ("Lock",)


@pytest.mark.parametrize(
    ("waiting", "jobs_per_call", "calls"), [(1, 1, 1), (3, 1, 3), (9, 1, 5), (7, 3, 3), (100, 3, 5)]
)
def test_as_many_calls_as_jobs_need_and_slots_allow(
    one: Held, waiting: int, jobs_per_call: int, calls: int
) -> None:
    one.set(jobs_per_call=jobs_per_call)
    add_jobs(one.connection, waiting)
    assert len(one.calls()) == calls
    assert one.tick() == "0 sent, 0 settled"


def test_unsent_calls_count_for_the_jobs_that_they_will_claim(one: Held) -> None:
    add_jobs(one.connection, 1)
    for _ in range(3):
        one.tick()
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake", "wake"]


def test_calls_under_way_without_a_job_yet_count_too(one: Held) -> None:
    add_jobs(one.connection, 2)
    one.take()
    one.tick()
    assert one.calls() == ["wake", "wake"]
    add_jobs(one.connection, 1)
    assert len(one.calls()) == 3


def test_a_job_that_no_call_will_claim_is_called_for_again(one: Held) -> None:
    """The function answered that there was nothing: somebody held the row just then."""
    add_jobs(one.connection, 1)
    one.take().end(content=EMPTY)
    assert one.tick() == "1 sent, 1 settled"
    assert one.outcomes() == ["empty", None]


def test_no_call_for_a_schedule_that_is_paused(one: Held) -> None:
    one.set(paused=True)
    add_jobs(one.connection, 1)
    one.tick()
    assert one.calls() == []
    one.set(paused=False)
    one.tick()
    assert one.calls() == ["tick"]


def test_more_slots_serve_at_the_next_tick(one: Held) -> None:
    add_jobs(one.connection, 20)
    one.set(max_in_flight=8)
    assert one.tick() == "3 sent, 0 settled"
    assert one.slots() == 8


def test_fewer_slots_serve_at_once(one: Held) -> None:
    add_jobs(one.connection, 20)
    one.set(max_in_flight=2)
    one.tick()
    assert one.slots() == 5
    one.take().end()
    assert one.tick() == "2 sent, 5 settled"
    assert one.slots() == 2
    one.set(max_in_flight=1)
    add_jobs(one.connection, 1)
    assert one.tick() == "0 sent, 0 settled"


def is_unsent(one: Held) -> list[bool]:
    rows = one.connection.execute("select unsent from bunkd.read_slots(%s) order by n", [SCHEDULE])
    return [bool(row[0]) for row in rows]


@pytest.mark.parametrize("end", ["rollback", "commit"])
def test_a_row_lock_that_is_gone_leaves_the_request_unsent(one: Held, end: str) -> None:
    """Its mark stays on the row, as one of a delete that is not committed yet does."""
    one.set(max_in_flight=1)
    add_jobs(one.connection, 2)
    lock = "select from net.http_request_queue for "
    with one.database.admin() as admin, one.database.admin() as other:
        admin.execute("begin")
        admin.execute((lock + "update").encode())
        admin.execute(end.encode())
        assert is_unsent(one) == [True]
        for session in (admin, other):  # several at once leave no transaction's id there
            session.execute("begin")
            session.execute((lock + "share").encode())
        assert is_unsent(one) == [True]
        for session in (admin, other):
            session.execute(end.encode())
    ended = "update public.analysis_jobs set status = %s where id in (select id from public.analysis_jobs limit 1)"
    for status in ("processing", "completed"):
        one.connection.execute(ended.encode(), [status])
    assert (one.slots(), one.calls()) == (1, ["wake"])
    one.take()
    assert is_unsent(one) == [False]


def test_a_deploy_changes_the_slots_live(one: Held, database: Database) -> None:
    add_jobs(one.connection, 20)
    upgrade(database, BUNKD_MAX_IN_FLIGHT="7")
    one.tick()
    assert one.slots() == 7


def test_a_settled_slot_that_was_taken_anew_is_not_freed_again(
    one: Held, database: Database
) -> None:
    """Two sessions see the same ended request; the slower one must look again under the lock."""
    one.set(max_in_flight=2)
    add_jobs(one.connection, 9)
    one.take().end()
    with database.connect() as slow, database.connect() as first, database.connect() as second:
        for call, blocker in enumerate((first, second), 1):
            blocker.execute("begin")
            blocker.execute("select from bunkd.call where id = %s for update", [call])
        # It has seen that both requests ended, and is held up while it settles one of them.
        settle = threading.Thread(
            target=slow.execute, args=("select bunkd.settle_calls(s) from bunkd.schedule s",)
        )
        settle.start()
        wait_until(lambda: is_waiting(one.connection, slow), message="the slow one waits")
        row = one.connection.execute(
            "select call from bunkd.slot where call is not null for update skip locked"
        ).fetchone()
        begun, other = (first, second) if row == (2,) else (second, first)
        other.execute("commit")
        one.tick()
        assert sorted(map(str, one.outcomes())) == ["None", "None", "ok"]
        begun.execute("commit")
        settle.join()
    assert one.outcomes() == ["ok", "ok", None]
    assert (one.slots(), len(one.requests())) == (1, 1)


def test_many_sessions_that_settle_at_once_never_exceed_the_slots(
    one: Held, database: Database
) -> None:
    one.set(max_in_flight=2)
    add_jobs(one.connection, 200)
    open_calls = []
    for _ in range(5):
        one.take().end()
        sessions = [database.connect() for _ in range(6)]
        barrier = threading.Barrier(len(sessions))

        def dispatch(session: Connection, barrier: threading.Barrier = barrier) -> None:
            with session:
                barrier.wait()
                session.execute("select bunkd.dispatch_for_write(%s, 0)", [SCHEDULE])

        threads = [threading.Thread(target=dispatch, args=(each,)) for each in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        open_calls.append(len(one.requests()))
    assert open_calls == [2] * 5
    assert one.outcomes()[:-2] == ["ok"] * 10


def test_a_session_that_holds_a_slot_makes_nobody_wait(one: Held, database: Database) -> None:
    add_jobs(one.connection, 1)
    with database.connect() as other, other.transaction():
        other.execute("select from bunkd.slot where n <= 3 for update")
        add_jobs(one.connection, 10)
        assert one.slots() == 3
    wait_until(lambda: one.tick() and one.slots() == 5, message="all slots taken")


def test_an_emptied_slot_table_is_refilled_by_the_tick(one: Held) -> None:
    """What a crash does to unlogged tables, pg_net's with ours."""
    add_jobs(one.connection, 20)
    with one.database.admin() as admin:
        admin.execute("truncate bunkd.slot, bunkd.wake, bunkd.last_tick, net._http_response")
        admin.execute("truncate net.http_request_queue restart identity")
    add_jobs(one.connection, 1)
    assert one.tick() == "5 sent, 5 settled"
    assert one.outcomes() == ["lost"] * 5 + [None] * 5


def test_request_ids_that_start_anew_are_never_taken_for_the_old_ones(one: Held) -> None:
    """After a crash pg_net counts from 1 again; its new answers are not those of the old calls."""
    add_jobs(one.connection, 5)
    assert one.requests() == [1, 2, 3, 4, 5]
    with one.database.admin() as admin:
        admin.execute("truncate bunkd.slot, bunkd.wake, bunkd.last_tick")
        admin.execute("truncate net.http_request_queue restart identity")
        for _ in range(3):
            admin.execute("select net.http_post('http://127.0.0.1:9/somebody-else')")
    assert one.requests() == [1, 2, 3]
    one.take().end()
    one.tick()
    assert one.outcomes() == ["lost"] * 5 + [None] * 5


def test_a_recreated_pg_net_takes_its_calls_along(one: Held) -> None:
    """Its queue has another oid, and its ids start anew."""
    add_jobs(one.connection, 3)
    with one.database.admin() as admin:
        admin.execute("drop extension pg_net cascade")
        assert "pg_net" in one.tick()
        assert "pg_net" in str(one.status("problem"))
        admin.execute("create extension pg_net with schema extensions")
        admin.execute("drop table public.nothing")
        admin.execute(HOLD)
        for _ in range(3):
            admin.execute("select net.http_post('http://127.0.0.1:9/somebody-else')")
    one.take().end()
    assert one.tick() == "3 sent, 3 settled"
    assert one.outcomes() == ["lost"] * 3 + [None] * 3
    assert one.status("problem") is None


@pytest.mark.parametrize(
    ("change", "ended"),
    [
        ("", False),
        ("request = -1", True),
        ("net_queue = 1", True),
        ("n = 9", True),
        ("expires = clock_timestamp() + interval '1 s'", False),
        ("expires = clock_timestamp() - interval '1 s'", True),
        ("net_queue = null, expires = clock_timestamp() + interval '1 s'", False),
        ("net_queue = null, expires = clock_timestamp() - interval '1 s'", True),
        ("net_queue = null, request = null", True),
        (
            "taken = clock_timestamp() + interval '1 hour', expires = clock_timestamp() + interval '2 hours'",
            True,
        ),
        ("call = null", False),
    ],
)
def test_the_short_question_answers_as_the_list_of_slots(
    one: Held, change: LiteralString, *, ended: bool
) -> None:
    """A write asks bunkd.has_ended_slot, everybody else bunkd.read_slots."""
    one.set(max_in_flight=2)
    add_jobs(one.connection, 1)
    if change:
        update = sql.SQL("update bunkd.slot set {} where call is not null")
        one.connection.execute(update.format(sql.SQL(change)))
    row = one.connection.execute(
        "select bunkd.has_ended_slot(s.name, s.max_in_flight), exists (select from bunkd.read_slots(s.name) as o"
        " where o.ended or o.n > s.max_in_flight) from bunkd.schedule s"
    ).fetchone()
    assert row == (ended, ended)
