"""What must be true whatever the application does to its own table."""

import time
from datetime import timedelta

import psycopg
import pytest

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, running
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.wait import wait_until


def loosen(one: Held) -> None:
    one.connection.execute(
        "alter table public.analysis_jobs drop constraint analysis_jobs_status_check;"
        "alter table public.analysis_jobs alter column status drop not null"
    )


@pytest.mark.parametrize("word", ["paused", "QUEUED", " queued", "", None])
def test_a_status_that_nobody_knows_is_not_work_and_harms_nothing(
    one: Held, word: str | None
) -> None:
    loosen(one)
    one.connection.execute(
        "insert into public.analysis_jobs (fingerprint, input_data, status) values ('x', '{}', %s)",
        [word],
    )
    assert one.tick() == "0 sent, 0 settled"
    assert (one.status("waiting"), one.status("active"), one.status("problem")) == (0, 0, None)
    one.connection.execute("update public.analysis_jobs set status = 'queued'")
    assert one.calls() == ["wake"]
    one.take()
    one.connection.execute("update public.analysis_jobs set status = 'processing'")
    one.connection.execute("update public.analysis_jobs set status = %s", [word])
    assert one.slots() == 0
    assert one.status("failed_wakes") == 0


def test_a_dropped_table_is_said_and_comes_back(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    endpoint.work = 0.3
    add_jobs(connection, 3)
    wait_until(lambda: endpoint.open == 3, message="three calls under way")
    connection.execute("drop table public.analysis_jobs")
    schedule.tick()
    assert "does not exist" in str(schedule.status("problem"))
    wait_until(lambda: schedule.tick() and schedule.slots() == 0, message="all slots free")
    assert schedule.outcomes() == ["http_error"] * 3, "the functions lost their table too"
    schedule.move(timedelta(minutes=5))
    create_queue(connection, 2)
    schedule.tick()
    add_jobs(connection, 2)
    endpoint.work = 0
    wait_until(
        lambda: schedule.tick() and count_by_status(connection) == {"done": 2},
        message="both jobs done",
    )
    assert schedule.status("problem") is None


def test_a_hundred_thousand_rows_in_one_insert(one: Held) -> None:
    started = time.monotonic()
    add_jobs(one.connection, 100_000)
    assert time.monotonic() - started < 20
    assert one.calls() == ["wake"] * 5
    assert one.status("failed_wakes") == 0
    started = time.monotonic()
    one.tick()
    assert time.monotonic() - started < 4
    assert one.slots() == 5
    assert one.status("waiting") == 10_000, "counts stop there"


def test_truncate_under_the_calls(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    endpoint.work = 0.3
    add_jobs(connection, 20)
    wait_until(lambda: endpoint.open == 5, message="five calls under way")
    connection.execute("truncate public.analysis_jobs")
    wait_until(lambda: schedule.tick() and schedule.slots() == 0, message="all slots free")
    sent = len(schedule.calls())
    schedule.tick()
    assert len(schedule.calls()) == sent
    assert schedule.status("problem") is None
    add_jobs(connection, 1)
    wait_until(lambda: count_by_status(connection) == {"completed": 1}, message="a completed job")


def test_a_trigger_that_raises_takes_our_calls_back_with_its_row(one: Held) -> None:
    one.connection.execute(
        """
        create function public.no() returns trigger language plpgsql
          as 'begin raise exception ''not this one''; end';
        create trigger zzz_no after insert on public.analysis_jobs
          for each row when (new.fingerprint = 'no') execute function public.no();
        create constraint trigger no_later after insert on public.analysis_jobs
          deferrable initially deferred
          for each row when (new.fingerprint = 'later') execute function public.no();
        """
    )
    for word in ("no", "later"):
        with pytest.raises(psycopg.errors.RaiseException):
            one.connection.execute(
                "insert into public.analysis_jobs (fingerprint, input_data) values (%s, '{}')",
                [word],
            )
    assert (one.calls(), one.requests(), one.slots()) == ([], [], 0)
    add_jobs(one.connection, 1)
    assert one.calls() == ["wake"]
    assert one.status("failed_wakes") == 0


def test_a_trigger_that_raises_at_every_claim_is_seen_and_backed_off_from(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    schedule = running(database, connection, endpoint.url)
    connection.execute(
        """
        create function public.no() returns trigger language plpgsql
          as 'begin raise exception ''nobody claims''; end';
        create trigger no before update on public.analysis_jobs
          for each row execute function public.no();
        """
    )
    add_jobs(connection, 5)
    wait_until(lambda: schedule.tick() and schedule.slots() == 0, message="all slots free")
    assert schedule.outcomes() == ["http_error"] * 5
    assert "nobody claims" in scalar(
        connection, str, "select detail from bunkd.recent_calls limit 1"
    )
    assert "the endpoint fails (500)" in str(schedule.status("back_off"))
    connection.execute("drop trigger no on public.analysis_jobs")
    schedule.move(timedelta(minutes=5))
    wait_until(
        lambda: schedule.tick() and count_by_status(connection) == {"completed": 5},
        message="all jobs completed",
    )


@pytest.mark.parametrize("kind", ["varchar(20)", "job_status"])
def test_the_application_may_change_the_type_of_its_status_column(one: Held, kind: str) -> None:
    """A trigger of ours with a condition on the column would make this fail, and the deploy with it."""
    add_jobs(one.connection, 1)
    one.connection.execute(
        f"""
        create type public.job_status as enum ('queued', 'processing', 'completed', 'failed');
        alter table public.analysis_jobs drop constraint analysis_jobs_status_check,
          alter column status drop default,
          alter column status type {kind} using status::{kind},
          alter column status set default 'queued';
        """.encode()
    )
    one.take().end()
    assert one.tick() == "1 sent, 1 settled"
    one.connection.execute(
        "insert into public.analysis_jobs (fingerprint, input_data) values ('x', '{}')"
    )
    assert one.calls() == ["wake", "tick", "wake"]
    assert (one.status("waiting"), one.status("problem"), one.status("failed_wakes")) == (
        2,
        None,
        0,
    )


def test_a_renamed_status_column_is_said(one: Held) -> None:
    one.connection.execute("alter table public.analysis_jobs rename column status to state")
    assert "has no column status" in one.tick()
    one.set(status_column="state")
    one.tick()
    one.connection.execute(
        "insert into public.analysis_jobs (fingerprint, input_data) values ('x', '{}')"
    )
    assert one.calls() == ["wake"]


def test_a_condition_that_is_no_sql_is_said_and_never_fails_a_write(one: Held) -> None:
    one.set(queue_where="no_such_column > 3")
    add_jobs(one.connection, 1)
    one.tick()
    assert one.calls() == []
    assert "no_such_column" in str(one.status("problem"))
    one.set(queue_where="fingerprint is not null")
    one.tick()
    assert one.calls() == ["tick"]
    assert one.status("problem") is None
