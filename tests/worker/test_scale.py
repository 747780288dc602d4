"""How many jobs wait, as a scaler asks the database: on the embedded server."""

from collections.abc import Mapping
from typing import LiteralString

import pytest

from bunkd_db.external.queue import Queue
from bunkd_db.settings import Settings
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.worker.place import Place

TABLE: LiteralString = """
create schema "Ö'x";
create type "Ö'x".state as enum ('it''s\\', 'neu ü😀', 'old');
create table "Ö'x"."my $(Queue).1" ("st""ate\\" "Ö'x".state, attempts int);
insert into "Ö'x"."my $(Queue).1" values ('it''s\\', 0), ('neu ü😀', 0), ('neu ü😀', 3), ('old', 0)
"""
ODD = {
    "BUNKD_QUEUE_TABLE": '"Ö\'x"."my $(Queue).1"',
    "BUNKD_STATUS_COLUMN": 'st"ate\\',
    "BUNKD_STATUS_WAITING": "it's\\,neu ü😀",
}


def count(connection: Connection, env: Mapping[str, str], limit: int = 500) -> object:
    query = Queue.of(Settings.load(env)).waiting(limit)
    assert query.isascii()
    assert query.isprintable()
    return scalar(connection, object, query.encode())


def test_it_counts_what_waits(place: Place) -> None:
    """With nothing set, as after an installation with nothing set."""
    place.add(3)
    assert count(place.connection, {}) == 3
    assert count(place.connection, {}, limit=2) == 2
    place.connection.execute("update analysis_jobs set status = 'done'")
    assert count(place.connection, {}) == 0


@pytest.mark.parametrize(("where", "expected"), [(None, 3), ("attempts < 3\nor false", 2)])
def test_hostile_names_arrive_as_they_are(place: Place, where: str | None, expected: int) -> None:
    env = {**ODD, **({"BUNKD_QUEUE_WHERE": where} if where else {})}
    try:
        place.connection.execute(TABLE)
        assert count(place.connection, env) == expected
    finally:
        place.connection.execute('drop schema if exists "Ö\'x" cascade')


def test_a_name_without_quotes_is_folded_as_the_server_does(place: Place) -> None:
    place.add(1)
    assert count(place.connection, {"BUNKD_QUEUE_TABLE": "Public.Analysis_JOBS"}) == 1
