"""Guarantee 1: what an empty queue costs, seen in the plans of a large table."""

import re
from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.held import Held, held
from tests.support.queue import Generation, add_jobs
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE

FINISHED = 100_000
EXPLAIN = """
load 'auto_explain';
set auto_explain.log_min_duration = 0;
set auto_explain.log_nested_statements = on;
set auto_explain.log_analyze = on;
set auto_explain.log_timing = off;
set auto_explain.log_level = notice;
set client_min_messages = notice;
"""


@pytest.fixture(params=[1, 2], ids=["first", "second"])
def large(
    request: pytest.FixtureRequest, database: Database, connection: Connection
) -> Iterator[Held]:
    """Nothing waits and nothing is active among many finished jobs that nobody has analysed."""
    generation: Generation = 1 if request.param == 1 else 2
    with held(database, connection, generation) as schedule:
        connection.execute("alter table public.analysis_jobs set (autovacuum_enabled = off)")
        for index in ("fingerprint", "user_id", "created_at", "job_token"):
            connection.execute(f"drop index if exists public.analysis_jobs_{index}_idx")
        add_jobs(connection, FINISHED, status="completed" if generation == 1 else "done")
        yield schedule


def plans(database: Database, statement: str, about: str = " on analysis_jobs") -> list[str]:
    """The plans of everything that a statement ran on a table, with what they really read."""
    seen: list[str] = []
    with database.admin() as admin:
        admin.execute(EXPLAIN)
        admin.execute("set role postgres")  # a superuser does not read another role's table
        admin.add_notice_handler(lambda notice: seen.append(notice.message_primary or ""))
        admin.execute(statement)
    return [plan for plan in seen if about in plan and "Query Text" in plan]


def reads_by_index(plan: str) -> bool:
    return "Index" in plan and "Seq Scan on analysis_jobs" not in plan


def test_an_empty_queue_costs_no_call_no_row_and_no_look_at_finished_jobs(large: Held) -> None:
    large.tick()  # the search for stuck jobs reads the second generation's table now and then
    assert large.tick() == "0 sent, 0 settled"
    assert (large.calls(), large.requests()) == ([], [])
    seen = plans(large.database, f"select bunkd.tick('{SCHEDULE}')")
    counts = [plan for plan in seen if "count(*)" in plan]
    assert len(counts) >= 1
    for plan in seen:
        assert reads_by_index(plan), plan


def test_a_wake_and_the_view_count_by_the_index_too(large: Held) -> None:
    columns = (
        "(fingerprint, input_data) values ('x', '{}')"
        if "fingerprint" in columns_of(large)
        else "(input_type, input_value, normalized_input, cache_key) values ('text', '', '', '')"
    )
    seen = plans(large.database, f"insert into public.analysis_jobs {columns}")
    counts = [plan for plan in seen if "count(*)" in plan]
    assert len(counts) >= 1
    for plan in counts:
        assert reads_by_index(plan), plan
    assert large.calls() == ["wake"]
    view = plans(large.database, "select waiting from bunkd.status")
    counts = [plan for plan in view if "count(*)" in plan]
    assert counts
    for plan in view:
        assert reads_by_index(plan) or "Limit" in plan, plan
    # the second generation has no index for its active rows, and nobody reads the table for them
    served = "started_at" in columns_of(large)
    assert large.status("active") == (0 if served else None)
    assert large.status("waiting") == 1


def columns_of(large: Held) -> list[str]:
    rows = large.connection.execute(
        "select attname from pg_attribute where attrelid = 'public.analysis_jobs'::regclass"
    ).fetchall()
    return [str(row[0]) for row in rows]


def test_without_an_index_a_wake_sends_one_call_and_counts_nothing(
    database: Database, connection: Connection
) -> None:
    with held(database, connection) as schedule:
        connection.execute("drop index public.analysis_jobs_status_idx")
        add_jobs(connection, 20_000, status="completed")
        seen = plans(
            database,
            "insert into public.analysis_jobs (fingerprint, input_data)"
            " select 'x', '{}' from generate_series(1, 3)",
        )
        assert [plan for plan in seen if "count(*)" in plan] == []
        assert schedule.calls() == ["wake"]
        for column in ("waiting", "active", "never_claimable", "oldest_wait"):
            assert schedule.status(column) is None
        add_jobs(connection, 1)
        assert schedule.calls() == ["wake"], "an unsent call serves it too"
        assert schedule.tick() == "3 sent, 0 settled"


def test_the_ledger_is_read_by_its_indexes(database: Database, connection: Connection) -> None:
    with held(database, connection):
        connection.execute(
            "insert into bunkd.call (schedule, reason, sent, settled, outcome)"
            " select %s, 'tick', t, t, 'ok' from (select now() - make_interval(mins => n) as t"
            " from generate_series(1, 5000) as n) as x",
            [SCHEDULE],
        )
        connection.execute("update bunkd.call set sent = sent - interval '7 days' where id < 9")
        connection.execute("analyze bunkd.call")
        add_jobs(connection, 1)
        tick = f"select bunkd.tick('{SCHEDULE}')"
        ledger = plans(database, tick, " on call ")
        ledger += plans(database, "select calls_last_hour from bunkd.status", " on call ")
        assert len(ledger) >= 3
        for plan in ledger:
            assert "Seq Scan on call " not in plan, plan
            assert all(int(n) < 500 for n in re.findall("Removed by Filter: ([0-9]+)", plan)), plan
        row = connection.execute("select count(*) from bunkd.call").fetchone()
        assert row == (5000 - 8 + 1,)


def test_a_session_that_met_an_empty_ledger_finds_calls_by_their_key_later(
    database: Database, connection: Connection
) -> None:
    with held(database, connection):
        settles = (
            "select bunkd.write_outcomes(array[4000, 4001],"
            " array(select bunkd.classify_answer(200, false, null, '{}', null, null)"
            " from generate_series(1, 2)), '{true,true}');"
        )
        fills = (
            "insert into bunkd.call (schedule, reason, sent)"
            " select name, 'tick', now() from bunkd.schedule, generate_series(1, 5000);"
        )
        *_, last = plans(database, settles * 7 + fills + settles, "update bunkd.call")
        assert "on call_pkey" in last, last
        assert "Seq Scan on call " not in last, last
        found = connection.execute("select id from bunkd.call where settled is not null").fetchall()
        assert found == [(4000,), (4001,)]
