"""Databases and sessions in SQL_ASCII, where the driver would hand out bytes for text."""

from collections.abc import Iterator

import pytest
from psycopg import sql

from tests.support import cluster
from tests.support.checked import check, named
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Server, connect
from tests.support.status import facts_of
from tests.support.upgrade import NATIVE, SCHEDULE, install, upgrade
from tests.support.wait import wait_until
from tests.support.worker import worker

NAME = "ascii"
CREATE = sql.SQL(
    "create database {} owner postgres encoding 'SQL_ASCII' template template0"
    " lc_collate 'C' lc_ctype 'C'"
).format(sql.Identifier(NAME))


@pytest.fixture
def ascii_url(embedded: Server) -> Iterator[str]:
    """The owner's URL of such a database, on the plan that can't."""
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(NAME))
    with embedded.admin() as admin:
        admin.execute(drop)
        admin.execute(CREATE)
    yield embedded.url.rpartition("/")[0] + f"/{NAME}"
    with embedded.admin() as admin:
        admin.execute(drop)


def test_a_worker_a_deploy_and_a_check(ascii_url: str) -> None:
    with connect(f"{ascii_url}?client_encoding=UTF8") as connection:
        create_queue(connection)
        with Endpoint(
            f"{ascii_url}?client_encoding=UTF8", host="127.0.0.1", public_host="127.0.0.1"
        ) as function:
            assert upgrade(ascii_url, BUNKD_CALL_URL=function.url)[-1].startswith("external: ")
            report = check(ascii_url)
            assert report.facts.unanswered == {}
            with worker(DATABASE_URL=ascii_url) as one:
                one.works()
                add_jobs(connection, 3)
                wait_until(lambda: count_by_status(connection).get("done") == 3)
    assert here("credential", "show", DATABASE_URL=ascii_url).code == 1


def test_a_word_that_is_no_utf8(ascii_url: str) -> None:
    with connect(f"{ascii_url}?client_encoding=UTF8") as connection:
        connection.execute("create table analysis_jobs (id int primary key, status text)")
        upgrade(ascii_url, BUNKD_CALL_URL=NATIVE["BUNKD_CALL_URL"])
        connection.execute(rb"insert into analysis_jobs values (1, E'\xe9'), (2, 'queued')")
        found = named(check(ascii_url), "queue_status_values")
        assert (found.status, found.reason) == ("skip", "UNANSWERED")
        assert "UTF8" in found.detail


def test_a_status_in_bytes_of_any_encoding(ascii_url: str) -> None:
    with connect(f"{ascii_url}?client_encoding=UTF8") as connection:
        create_queue(connection)
        upgrade(ascii_url, BUNKD_CALL_URL=NATIVE["BUNKD_CALL_URL"])
        connection.execute(
            rb"insert into analysis_jobs (input_type, input_value, normalized_input, cache_key, status, last_error_message)"
            rb" values ('text', 'a', 'a', 'a', 'failed', E'caf\xe9 \xe2\x82\xac not found')"
        )
        found = facts_of(ascii_url).queue
        assert [each.text for each in found.errors] == ["caf? ? not found"]
        assert here("status", DATABASE_URL=ascii_url).code == 0


def test_natively() -> None:
    settings = {"cron.database_name": NAME, "pg_net.database_name": NAME}
    with cluster.start(settings, workers=False) as server:
        with server.admin() as admin:
            admin.execute(CREATE)
        url = server.url.rpartition("/")[0] + f"/{NAME}"
        assert install(url)[-1].startswith("native: ")
        assert check(url).verdict == "native"
        assert here("credential", "show", DATABASE_URL=url).code == 0
        with connect(f"{url}?client_encoding=UTF8") as connection:
            create_queue(connection)
            add_jobs(connection, 1)
            connection.execute("select bunkd.tick(%s)", [SCHEDULE])
            sent = "select count(*) from bunkd.call where reason in ('wake', 'tick')"
            assert connection.execute(sent).fetchone() == (1,)


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_whatever_the_client_is_told(database: Database, encoding: str) -> None:
    given = {"DATABASE_URL": database.url, "PGCLIENTENCODING": encoding, **NATIVE}
    done = here("upgrade", **given)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("native: ")
    done = here("check", **given)
    assert done.code == 0, done.err
