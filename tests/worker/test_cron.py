"""A worker's ticks come when the schedule's cron expression says, as pg_cron's do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from bunkd_db.interval import _is_named, cron_values
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.worker.place import Place

EXPRESSIONS = [
    "* * * * *",
    "*/7 * * * *",
    "0 9 * * 1-5",
    "30 8-18/5 * * *",
    "15,45 0 1,15 * *",
    "0 0 31 * *",
    "0 12 13 * fri",
    "5 4 29 feb *",
    "0 0 * jan-mar sun",
    "0 6 * * 7",
]
MOMENTS = [
    datetime(2026, 11, 26, 8, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 27, 9, 0, 0, tzinfo=UTC),
    datetime(2027, 2, 28, 23, 59, 0, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 59, 30, tzinfo=UTC),
]


def next_time(expression: str, after: datetime) -> datetime:
    """Day by day and minute by minute, by what BUNKD_EVERY accepts."""
    minutes, hours, days, months, weekdays = cron_values(expression)
    for number in range(5 * 366):
        day: date = after.date() + timedelta(days=number)
        if day.month not in months or not _is_named(day, days, weekdays):
            continue
        for hour in hours:
            for minute in minutes:
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                if at > after:
                    return at
    raise AssertionError(expression)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_next_time_is_what_the_expression_says(place: Place, expression: str) -> None:
    for zone in ("UTC", "Asia/Kolkata"):
        place.connection.execute(f"set time zone '{zone}'".encode())
        for after in MOMENTS:
            found = place.connection.execute(
                "select bunkd.find_next_cron_time(%s, %s)", [expression, after]
            ).fetchone()
            assert found == (next_time(expression, after),), (zone, after)


def reason(connection: Connection) -> tuple[object, float | None]:
    """Why a worker that asks now is given a call, if it is, and when it should ask for a tick."""
    state = {"room": 9, "able": True, "listens": True, "woken": False, "leaving": False}
    row = connection.execute(
        "select bunkd.worker_exchange_v1(%s, 'one', %s)",
        [SCHEDULE, Jsonb({"protocol": 1, **state, "known": [], "answers": []})],
    ).fetchone()
    assert row is not None
    assert isinstance(row[0], dict)
    calls = row[0]["calls"]
    return (calls[0]["reason"] if calls else None), row[0]["next_tick"]


def test_a_tick_is_due_when_the_expression_says_and_not_every_minute(place: Place) -> None:
    now = datetime.now(UTC)
    month = (now + timedelta(days=45)).strftime("%b").lower()
    place.upgrade(BUNKD_EVERY=f"0 9 1 {month} *", BUNKD_WAKE="off")
    place.add()
    first, seconds = reason(place.connection)
    assert first is None, "a worker that starts does not tick at once"
    assert seconds is not None
    expected = next_time(f"0 9 1 {month} *", now) - now
    assert abs(seconds - expected.total_seconds()) < 60
    ticked = "insert into bunkd.last_tick as t (schedule, at) values (%s, now() - %s) on conflict (schedule) do update set at = excluded.at"
    place.connection.execute(ticked, [SCHEDULE, timedelta(minutes=5)])
    assert reason(place.connection)[0] is None, "not every minute"
    place.connection.execute(ticked, [SCHEDULE, timedelta(days=400)])
    assert reason(place.connection)[0] == "tick"
