"""What can be claimed: Bunkd's own rule for its own table, and no other table's."""

import pytest

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
    waiting = check(database).facts.waiting
    assert waiting is not None
    assert (waiting.claimable, waiting.never_claimable) == (claimable, 1 - claimable)
    row = connection.execute("select waiting, never_claimable from bunkd.status").fetchone()
    assert row == (claimable, 1 - claimable)
    assert tick(connection).startswith(f"{claimable} sent")
