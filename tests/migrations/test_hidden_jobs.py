"""pg_cron's row security hides other roles' jobs from an owner that does not bypass it."""

from collections.abc import Iterator

import pytest

from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.server import Connection
from tests.support.upgrade import JOB, install

NOTE = "Other roles' cron jobs cannot be seen from here"


@pytest.fixture
def plain(database: Database) -> Iterator[Connection]:
    """The session of an owner that may use pg_cron and pg_net, and is nothing special."""
    with database.admin() as admin:
        admin.execute("""
            create extension pg_cron;
            create extension pg_net;
            create role plain login password 'postgres';
            create role other login password 'postgres';
            grant create on database postgres to plain;
            grant all on schema public to plain;
            grant usage on schema cron to plain, other;
            grant select on all tables in schema cron to plain, other;
            grant execute on all functions in schema cron to plain, other;
            grant all on schema net to plain;
            grant all on all tables in schema net to plain;
            grant all on all sequences in schema net to plain;
        """)
    with database.connect("other") as other:
        other.execute("select cron.schedule(%s, '0 0 1 1 *', 'select 1')", [JOB])
    with database.connect("plain") as session:
        create_queue(session)
        yield session


def test_an_upgrade_says_that_it_cannot_see_them(database: Database, plain: Connection) -> None:
    lines = install(database.url_as("plain"))
    assert lines[-1].startswith("native:"), lines
    assert plain.execute("select username from cron.job").fetchall() == [("plain",)]
    assert [line for line in lines if line.startswith(NOTE)] != []


def test_a_role_that_sees_them_all_is_not_told(database: Database) -> None:
    assert [line for line in install(database) if line.startswith(NOTE)] == []
