"""What can be claimed: Bunkd's own rule for its own table, and no other table's."""

import pytest

from bunkd_db.capabilities.checks.queue_index import QueueIndex
from bunkd_db.capabilities.rows.queue import Waiting
from tests.support.checked import check
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import install

OFF = {"BUNKD_WAKE": "off"}
SECOND = "id int primary key, status text, attempts int, claim_id uuid, claimed_at timestamptz"
ANY = "id int primary key, status text, attempts int"


@pytest.mark.parametrize(
    ("columns", "attempts", "claimable"),
    [
        (SECOND, None, 1),
        (SECOND, 2, 1),
        (SECOND, 3, 0),
        (ANY, None, 1),
        (ANY, 3, 1),
    ],
)
def test_three_attempts_are_a_rule_of_the_second_generation_only(
    database: Database, connection: Connection, columns: str, attempts: int | None, claimable: int
) -> None:
    connection.execute(f"create table public.analysis_jobs ({columns})".encode())
    install(database, **OFF)
    connection.execute(
        "insert into public.analysis_jobs (id, status, attempts) values (1, 'queued', %s)",
        [attempts],
    )
    waiting = check(database).facts.one(Waiting)
    assert waiting is not None
    assert (waiting.claimable, waiting.never_claimable) == (claimable, 1 - claimable)
    row = connection.execute("select waiting, never_claimable from bunkd.status").fetchone()
    assert row == (claimable, 1 - claimable)
    assert tick(connection).startswith(f"{claimable} sent")


@pytest.mark.parametrize(
    "domain",
    [
        "create type st as enum ('queued', 'running', 'done'); create domain std as st",
        "create domain word as text; create domain std as word check (value <> '')",
    ],
    ids=["enum", "text"],
)
def test_a_domain_is_read_like_its_base_type(
    database: Database, connection: Connection, domain: str
) -> None:
    connection.execute(domain.encode())
    connection.execute(
        "create table public.analysis_jobs (id int primary key, status std, started_at timestamptz);"
        "create index on public.analysis_jobs (status)"
    )
    install(database)
    connection.execute(
        "insert into public.analysis_jobs (id, status) select n, 'done' from generate_series(1, 40000) n;"
        "insert into public.analysis_jobs (id, status, started_at) values (-1, 'queued', null), (-2, 'queued', null), (-3, 'running', now() - interval '1 hour')"
    )
    assert connection.execute("select waiting, active, problem from bunkd.status").fetchone() == (
        2,
        1,
        None,
    )
    assert tick(connection).endswith("settled")
    report = check(database)
    [waiting], [index] = report.facts.all(Waiting), report.facts.all(QueueIndex)
    assert waiting.rows == 3, "the stuck one is back"
    assert index.waiting
