"""A clock that was ahead or behind: told by what it wrote, for the server's own cannot be moved here."""

import pytest

from tests.support.held import Held
from tests.support.queue import add_jobs, count_by_status

STAMPS = {
    "call": ["sent", "settled"],
    "slot": ["taken", "expires", "born"],
    "last_tick": ["at", "stuck_searched_at"],
}


def shift(one: Held, interval: str) -> None:
    """As if everything so far had been written by a clock that went wrong by this much."""
    for table, columns in STAMPS.items():
        moved = ", ".join(f"{column} = {column} + %(by)s::interval" for column in columns)
        one.connection.execute(f"update bunkd.{table} set {moved}", {"by": interval})  # noqa: S608


@pytest.mark.parametrize("by", ["1 day", "-1 day", "-6 days"])
def test_open_calls_keep_their_slots_and_the_bound(one: Held, by: str) -> None:
    add_jobs(one.connection, 20)
    shift(one, by)
    for _ in range(3):
        one.tick()
    add_jobs(one.connection, 1)
    assert (len(one.requests()), one.slots(), one.outcomes()) == (5, 5, [None] * 5)


@pytest.mark.parametrize(("by", "outcome"), [("1 day", "lost"), ("-1 day", "ok")])
def test_calls_that_end_after_the_jump_are_settled_and_their_slots_free(
    one: Held, by: str, outcome: str
) -> None:
    """After a clock that was ahead the answers look too old to be theirs: lost, never false ok."""
    add_jobs(one.connection, 5)
    batch = one.take()
    shift(one, by)
    batch.end()
    assert one.tick() == "5 sent, 5 settled"
    assert one.outcomes()[:5] == [outcome] * 5


def test_failures_of_a_clock_that_was_ahead_hold_nothing_back(one: Held) -> None:
    add_jobs(one.connection, 9)
    one.take().end(503, "{}")
    assert one.tick() == "0 sent, 5 settled; " + str(one.status("back_off"))
    shift(one, "1 day")
    assert one.tick() == "5 sent, 0 settled"


def test_failures_of_a_clock_that_was_behind_are_probed_at_once(one: Held) -> None:
    one.connection.execute("update bunkd.schedule set endpoint_since = now() - interval '2 days'")
    add_jobs(one.connection, 9)
    one.take().end(503, "{}")
    one.tick()
    shift(one, "-1 day")
    assert one.tick().startswith("1 sent")
    assert one.calls()[-1] == "probe"


def test_a_detached_slot_of_a_clock_that_was_ahead_is_freed(one: Held) -> None:
    one.set(on_timeout="detach")
    add_jobs(one.connection, 5)
    one.take().time_out()
    one.tick()
    assert one.slots() == 5
    shift(one, "1 day")
    assert one.tick().startswith("5 sent")


def test_the_search_for_stuck_jobs_does_not_wait_for_that_clock(one: Held) -> None:
    one.connection.execute("drop index public.analysis_jobs_status_idx")
    add_jobs(one.connection, 10_000, status="completed")
    one.tick()
    add_jobs(one.connection, 1, status="processing")
    one.connection.execute(
        "update public.analysis_jobs set started_at = now() - interval '1 hour' where status = 'processing'"
    )
    one.tick()
    assert count_by_status(one.connection)["processing"] == 1
    shift(one, "1 day")
    one.tick()
    assert "processing" not in count_by_status(one.connection)


def test_a_tick_of_the_future_keeps_no_later_one_away(one: Held) -> None:
    one.tick()
    shift(one, "1 day")
    add_jobs(one.connection, 1)
    one.tick()
    row = one.connection.execute(
        "select last_tick <= now() + interval '1 minute' from bunkd.status"
    )
    assert row.fetchone() == (True,)


def test_released_calls_are_not_lost_after_a_clock_that_was_ahead(one: Held) -> None:
    one.tick()
    shift(one, "1 hour")  # the slots are of then
    add_jobs(one.connection, 10)
    batch = one.take()
    for status in ("processing", "completed"):
        one.connection.execute(
            "update public.analysis_jobs set status = %s where id in"
            " (select id from public.analysis_jobs order by id limit 5)",
            [status],
        )
    one.tick()
    assert one.outcomes() == [None] * 10
    batch.end()
    one.tick()
    assert one.outcomes() == ["ok"] * 5 + [None] * 5
