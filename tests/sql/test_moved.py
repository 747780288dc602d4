"""Guarantee 7: a call is judged by what happened in the queue, not by the wording of its answer."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.held import Batch, Held, held
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE

SAYS_OK = '{"message": "nothing for me"}'
CLAIM = (
    "update public.analysis_jobs set status = 'processing', started_at = now()"
    " where id = (select id from public.analysis_jobs where status = 'queued' limit 1)"
)


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    """One slot; six jobs wait, nothing was called for yet."""
    with held(database, connection, BUNKD_MAX_IN_FLIGHT="1") as schedule:
        schedule.set(cron_schedule="30 seconds")
        connection.execute("update bunkd.schedule set endpoint_since = now() - interval '1 day'")
        schedule.set(paused=True)
        add_jobs(connection, 6)
        schedule.set(paused=False)
        yield schedule


def rounds(one: Held, n: int, claims: bool = False, lost: bool = False) -> None:
    """So many calls, a tick apart, that end in an answer which names no job."""
    for _ in range(n):
        one.tick()
        batch = one.take()
        if claims:
            one.connection.execute(CLAIM)
        end(batch, lost)
        one.connection.execute(
            "update bunkd.call set sent = sent - interval '30 s', settled = settled - interval '30 s'"
        )
        one.connection.execute("update bunkd.slot set taken = taken - interval '30 s'")


def end(batch: Batch, lost: bool) -> None:
    if lost:
        batch.session.execute("commit")
    else:
        batch.end(content=SAYS_OK)


def moved(one: Held) -> list[object]:
    rows = one.connection.execute(
        "select moved from bunkd.call where settled is not null order by id"
    )
    return [row[0] for row in rows]


def test_a_2xx_that_takes_no_job_is_an_empty_answer_and_is_braked(one: Held) -> None:
    rounds(one, 3)
    assert one.tick().startswith("0 sent, 1 settled; the function finds no job")
    assert one.outcomes() == ["empty"] * 3
    assert moved(one) == [False] * 3


def test_a_2xx_that_names_a_job_is_believed(one: Held) -> None:
    one.tick()
    one.take().end(content='{"job_id": "7"}')
    one.tick()
    assert one.outcomes()[0] == "ok"


def test_a_2xx_in_whose_time_a_job_was_claimed_is_ok(one: Held) -> None:
    one.tick()
    batch = one.take()
    one.connection.execute(CLAIM)
    batch.end(content=SAYS_OK)
    one.tick()
    assert (one.outcomes()[0], moved(one)) == ("ok", [True])


def test_inserts_and_other_columns_are_no_progress(one: Held) -> None:
    one.tick()
    batch = one.take()
    add_jobs(one.connection, 3)
    one.connection.execute("update public.analysis_jobs set updated_at = now()")
    batch.end(content=SAYS_OK)
    one.tick()
    assert moved(one) == [False]


def test_another_schedules_progress_is_not_this_ones(one: Held) -> None:
    one.tick()
    batch = one.take()
    one.connection.execute(
        'select bunkd.ensure_slots(s) from (select (jsonb_populate_record(x, \'{"name": "another"}\')).* from bunkd.schedule x) as s'
    )
    one.connection.execute("select nextval(bunkd.find_progress_counter('another'))")
    batch.end(content=SAYS_OK)
    one.tick()
    assert moved(one) == [False]


@pytest.mark.parametrize(
    "change",
    [
        "alter table public.analysis_jobs disable trigger user",
        "drop trigger bunkd_update_%s on public.analysis_jobs",
        "create table public.child () inherits (public.analysis_jobs)",
    ],
)
def test_where_nothing_would_tell_it_is_not_known(one: Held, change: str) -> None:
    one.tick()
    batch = one.take()
    name = f'"bunkd_update_{SCHEDULE}"'
    one.connection.execute(change.replace("bunkd_update_%s", name).encode())
    batch.end(content=SAYS_OK)
    one.connection.execute("select bunkd.settle_calls(s) from bunkd.schedule s")
    assert (moved(one), one.outcomes()) == ([None], ["ok"])


def test_answers_that_are_lost_again_and_again_are_braked(one: Held) -> None:
    rounds(one, 3, lost=True)
    assert "the answers are lost and no job changes its status" in one.tick()
    assert one.outcomes()[:3] == ["lost"] * 3
    assert one.calls()[3:] == ["probe"]


def test_answers_that_are_lost_while_jobs_move_are_not(one: Held) -> None:
    rounds(one, 4, claims=True, lost=True)
    assert one.tick().startswith("1 sent")
    assert one.outcomes()[:4] == ["lost"] * 4
    assert one.status("back_off") is None


def test_an_emptied_queue_of_pg_net_is_no_reason_to_hold_back(one: Held) -> None:
    one.set(max_in_flight=5)
    add_jobs(one.connection, 20)
    one.tick()
    with one.database.admin() as admin:
        admin.execute("truncate net.http_request_queue")
    assert one.tick() == "5 sent, 5 settled"
