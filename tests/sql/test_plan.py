"""Why no call is made now, or no more: the plan, which the dispatcher acts on, and which changes nothing."""

import re
from collections.abc import Callable

import pytest

from tests.support.command import ROOT
from tests.support.held import Held
from tests.support.queue import add_jobs

PAGE = (ROOT / "docs/dispatcher.md").read_text()
[QUERY] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


def plan(one: Held) -> dict[str, object]:
    """By the very query of the page, in a transaction that must not write."""
    with one.database.connect() as session, session.transaction():
        session.execute("set transaction read only")
        cursor = session.execute(QUERY.encode())
        row = cursor.fetchone()
        assert row is not None
        assert cursor.description is not None
        return {column.name: value for column, value in zip(cursor.description, row, strict=True)}


def pause(one: Held) -> None:
    one.set(paused=True)


def wait_unheard(one: Held) -> None:
    one.set(wake=False)
    add_jobs(one.connection, 3)


def failed(one: Held) -> None:
    add_jobs(one.connection, 9)
    for _ in range(3):
        one.take().end(500)
        one.tick()


SITUATIONS: dict[str, tuple[Callable[[Held], object], str, int]] = {
    "nothing waits": (lambda _: None, "DEMAND", 0),
    "paused": (pause, "PAUSED", 0),
    "all slots are taken": (lambda one: add_jobs(one.connection, 9), "NO_SLOT", 0),
    "the endpoint fails": (failed, "BACK_OFF", 0),
    "no queue": (
        lambda one: one.connection.execute("alter table public.analysis_jobs rename to gone"),
        "QUEUE_PROBLEM",
        0,
    ),
    "three wait": (wait_unheard, "DEMAND", 3),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_the_plan_says_how_many_calls_and_why_not_more(one: Held, name: str) -> None:
    brings, limited_by, calls = SITUATIONS[name]
    one.set(max_in_flight=5)
    brings(one)
    found = plan(one)
    assert (found["limited_by"], found["calls"]) == (limited_by, calls)
    assert plan(one) == found
    assert (found["problem"] is not None) == (limited_by == "QUEUE_PROBLEM")
    assert (found["back_off"] is not None) == (limited_by == "BACK_OFF")
    assert f"`{limited_by}`" in PAGE


def test_the_dispatcher_does_what_the_plan_says(one: Held) -> None:
    one.set(wake=False)
    add_jobs(one.connection, 3)
    assert plan(one)["calls"] == 3
    assert one.tick() == "3 sent, 0 settled"
    assert plan(one)["calls"] == 0


def test_the_page_names_what_there_is() -> None:
    functions = {path.stem for path in (ROOT / "bunkd_db/sql/functions").rglob("*.sql")}
    named = set(re.findall(r"`([a-z]+_[a-z_0-9]+)`", PAGE)) - {"limited_by"}
    columns = set(re.findall(r"\| `(\w+)`", PAGE)) | {"max_in_flight", "last_tick"}
    revisions = "".join(path.read_text() for path in (ROOT / "migrations/versions").glob("*.py"))
    unknown = {name for name in named - functions if f'"{name}"' not in revisions}
    assert unknown - columns == set()
