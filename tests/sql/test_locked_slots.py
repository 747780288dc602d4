"""Guarantee 3: a transaction that stays open keeps no slot from others for longer than a tick."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.database import Database
from tests.support.endpoint import Jobs
from tests.support.held import Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection

NOW_PLEASE = """
create function public.now_please() returns void language plpgsql as $$
begin
  set constraints all immediate;
end $$
"""


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with held(database, connection) as schedule:
        connection.execute(NOW_PLEASE)
        yield schedule


@contextmanager
def holder(one: Held, n: int = 10) -> Iterator[Connection]:
    """A transaction that has dispatched although it is open: nothing tells it from a commit."""
    with one.database.connect() as session:
        session.execute("begin")
        add_jobs(session, n)
        dispatch(session)
        yield session
        session.execute("rollback")


def dispatch(session: Connection) -> None:
    for _ in range(2):
        session.execute("select public.now_please()")


def problem(one: Held) -> str:
    return str(one.status("problem"))


def test_the_second_tick_calls_all_the_same_and_names_who_holds_the_slots(one: Held) -> None:
    with holder(one) as session:
        add_jobs(one.connection, 7)
        assert one.tick() == "0 sent, 0 settled"
        assert one.status("problem") is None, "it may be about to commit"
        assert one.tick() == "5 sent, 0 settled"
        said = f"5 slots are held by an open transaction: pid {session.info.backend_pid} of role postgres, since 2"
        assert said in problem(one)
        assert one.tick() == "0 sent, 0 settled"
        add_jobs(one.connection, 1)
        assert one.calls() == ["tick"] * 5
    add_jobs(one.connection, 1)
    assert (one.calls(), one.slots()) == (["tick"] * 5, 5), "the bound"
    one.tick()
    assert one.status("problem") is None
    one.take().end()
    assert one.tick() == "5 sent, 5 settled"
    assert one.slots() == 5


def test_a_transaction_older_than_a_tick_need_not_be_met_twice(one: Held) -> None:
    one.set(every="1s", cron_schedule="1 seconds")
    with holder(one):
        add_jobs(one.connection, 1)
        one.connection.execute("select pg_sleep(1.1)")
        assert one.tick() == "1 sent, 0 settled"


def test_only_as_many_as_are_locked(one: Held) -> None:
    with holder(one, 2):
        add_jobs(one.connection, 9)
        assert one.calls() == ["wake"] * 3
        one.tick()
        one.tick()
        assert one.calls() == ["wake"] * 3 + ["tick"] * 2


def test_another_transaction_at_each_tick_is_not_one_that_stays(one: Held) -> None:
    for _ in range(3):
        with holder(one):
            assert one.tick() == "0 sent, 0 settled"
    assert one.status("problem") is None


def test_a_slot_whose_call_has_ended_may_be_locked_too(one: Held) -> None:
    one.set(max_in_flight=1)
    jobs = Jobs(one.database.url)
    add_jobs(one.connection, 3)
    batch = one.take()
    job = jobs.claim()
    with one.database.connect() as session:
        session.execute("begin")
        session.execute("update public.analysis_jobs set status = 'completed' where id = %s", [job])
        dispatch(session)
        batch.end()
        assert one.tick() == "0 sent, 0 settled"
        assert one.tick() == "1 sent, 0 settled"
        assert "1 slot is held" in problem(one)
        session.execute("rollback")
    jobs.close()


def test_wakes_in_the_meantime_keep_the_bound(one: Held) -> None:
    one.set(max_in_flight=2)
    with holder(one, 2):
        add_jobs(one.connection, 1)
        one.tick()
        assert one.tick() == "1 sent, 0 settled"
    with one.database.connect() as first, one.database.connect() as second:
        for session in (first, second):
            session.execute("begin")
            add_jobs(session, 2)
        first.execute("commit")
        second.execute("commit")
    assert (one.calls(), one.slots()) == (["tick", "wake"], 2)


def test_a_prepared_transaction_is_named_and_holds_up_nobody(one: Held) -> None:
    if not one.database.server.real_net:
        pytest.skip("the double wakes by NOTIFY, which cannot be prepared")
    if one.connection.execute("show max_prepared_transactions").fetchone() == ("0",):
        pytest.skip("max_prepared_transactions is 0")
    one.connection.execute("begin")
    add_jobs(one.connection, 5)
    one.connection.execute("prepare transaction 'left behind'")
    add_jobs(one.connection, 1)
    assert one.tick() == "0 sent, 0 settled"
    assert one.tick() == "1 sent, 0 settled"
    assert (
        "5 slots are held by an open transaction: the prepared transaction 'left behind' of role postgres"
        in problem(one)
    )
    one.connection.execute("rollback prepared 'left behind'")
    one.tick()
    assert one.status("problem") is None
