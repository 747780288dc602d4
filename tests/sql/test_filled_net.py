"""A write does not pay for what others have put into pg_net's tables; the tick looks at it all."""

import pytest

from tests.support.endpoint import Jobs
from tests.support.held import Held
from tests.support.queue import add_jobs
from tests.support.upgrade import SCHEDULE

# some 70 MB each
QUEUE = """
insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
select 'GET', 'http://127.0.0.1:9/' || repeat('x', 1500), '{}', 1000 from generate_series(1, 45000)
"""
RESPONSES = """
insert into net._http_response (id, status_code, content, timed_out)
select -1, 200, repeat('x', 1700), false from generate_series(1, 40000)
"""
READ = """
select sum(pg_stat_get_xact_tuples_returned(o.oid)) from (
  select 'net._http_response'::regclass as oid
  union all
  select indexrelid from pg_index where indrelid = 'net._http_response'::regclass) as o
"""
RELEASED = """
insert into bunkd.call (schedule, reason, sent)
select %s, 'tick', clock_timestamp() from generate_series(1, 30)
"""


def test_a_write_leaves_a_filled_queue_of_pg_net_to_the_tick(one: Held) -> None:
    with one.database.admin() as admin:
        admin.execute(QUEUE)
        add_jobs(one.connection, 1)
        assert one.calls() == []
        assert one.tick() == "1 sent, 0 settled"
        assert "writes to the queue cause no call" in str(one.status("problem"))
        admin.execute("truncate net.http_request_queue")
        add_jobs(one.connection, 1)
    assert one.connection.execute("select failed_wakes from bunkd.status").fetchone() == (0,)
    assert one.calls() == ["tick", "wake", "wake"], "the first went with the queue"
    one.tick()
    assert one.status("problem") is None


@pytest.mark.parametrize("on_timeout", ["release", "detach"])
def test_a_write_looks_for_an_answer_among_the_next_thousand(
    one: Held, jobs: Jobs, on_timeout: str
) -> None:
    one.set(max_in_flight=2, on_timeout=on_timeout)
    add_jobs(one.connection, 6)
    with one.database.admin() as admin:
        admin.execute(RESPONSES)
    batch = one.take()
    first, second = jobs.claim_one(), jobs.claim_one()
    jobs.finish(first)
    batch.end()
    jobs.finish(second)
    assert [outcome for outcome in one.outcomes() if outcome] == [], "all is left to the tick"
    # under detach the answer decides whether the slot is free
    assert one.calls().count("refill") == (2 if on_timeout == "release" else 1)
    one.tick()
    assert one.outcomes()[:2] == ["ok", "ok"]
    moved = "select moved from bunkd.call order by id"
    assert [row[0] for row in one.connection.execute(moved)][1] is True


def test_answers_of_others_that_came_later_are_in_no_way(one: Held, jobs: Jobs) -> None:
    """pg_net gives an answer the time at which it took the request up."""
    one.set(max_in_flight=2)
    add_jobs(one.connection, 5)
    batch = one.take()
    first, second = jobs.claim_one(), jobs.claim_one()
    jobs.finish(first)
    with one.database.admin() as admin:
        admin.execute(RESPONSES)
    batch.end()
    jobs.finish(second)
    assert one.calls() == ["wake", "wake", "refill", "refill"]
    assert sorted(map(str, one.outcomes())) == ["None", "None", "ok", "ok"]


def test_a_write_reads_little_of_a_filled_table(one: Held, jobs: Jobs) -> None:
    one.set(max_in_flight=2)
    add_jobs(one.connection, 6)
    with one.database.admin() as admin:
        admin.execute(RESPONSES)
    batch = one.take()
    jobs.finish(jobs.claim_one())
    batch.end()
    one.connection.execute("begin")
    one.connection.execute("select bunkd.dispatch_for_write(%s, 1)", [SCHEDULE])
    [(rows,)] = one.connection.execute(READ).fetchall()
    one.connection.execute("rollback")
    assert 1_000 <= int(str(rows)) < 10_000


def test_a_write_settles_few_calls_that_were_released(one: Held) -> None:
    one.connection.execute(RELEASED, [SCHEDULE])
    for in_a_write, settled in ((True, 20), (False, 10)):
        row = one.connection.execute(
            "select bunkd.settle_released(%s, %s)", [SCHEDULE, in_a_write]
        ).fetchone()
        assert row == (settled,)
