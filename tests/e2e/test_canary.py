"""A credential through everything that can happen, and then looked for everywhere."""

import base64
import logging
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bunkd_db import database as access
from bunkd_db.credential import Credential
from tests.support.command import alembic, bunkd, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import stop_cron
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.ticks import answered, outcomes, settle, tick
from tests.support.upgrade import SCHEDULE, install, offline, settings
from tests.support.wait import wait_until

CANARY = "cAnArY-9f8e7d6c5b4a39281706f5e4d3c2b1a0"
ROTATED = CANARY + "-rotated"
# As it is, and as a log or a catalog could spell it. A salted digest is none of these.
SPELLINGS = (CANARY, CANARY.encode().hex(), base64.b64encode(CANARY.encode())[:40].decode())
RELATIONS = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_toast' and c.relpersistence <> 't'
    or c.oid::regclass::text in ('pg_stat_activity', 'pg_settings', 'pg_file_settings', 'pg_seclabels',
       'extensions.pg_stat_statements', 'bunkd.status', 'bunkd.obstacles',
       'bunkd.recent_calls', 'bunkd.call_history', 'bunkd.credential_inbox')
"""


def found_in(admin: Connection) -> set[str]:
    """Every table and view of the server's in which the canary stands, as itself or in disguise."""
    names = [str(name) for (name,) in admin.execute(RELATIONS).fetchall()]
    assert {"bunkd.call", "cron.job", "cron.job_run_details", "pg_stat_activity"} <= set(names)
    # this question has the canary in its parameters, which no view shows
    query = "select exists (select from {} as t where t::text like any (%s))"
    likes = [f"%{spelling}%" for spelling in SPELLINGS]
    return {
        name
        for name in names
        if admin.execute(sql.SQL(query).format(sql.SQL(name)), [likes]).fetchone() == (True,)
    }


def clean(text: str) -> bool:
    return not any(spelling in text for spelling in SPELLINGS)


@pytest.fixture
def loggers(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every Python logger at its most talkative."""
    for name in (None, "alembic", "sqlalchemy.engine", "sqlalchemy.pool", "psycopg", "dotenv"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


@pytest.fixture
def queue(connection: Connection) -> Connection:
    create_queue(connection)
    return connection


def test_it_is_only_where_it_is_stored(
    database: Database, queue: Connection, endpoint: Endpoint, loggers: pytest.LogCaptureFixture
) -> None:
    env = {"BUNKD_CALL_URL": endpoint.url, "BUNKD_CREDENTIAL": CANARY, "BUNKD_WAKE": "off"}
    printed = install(database, **env)
    add_jobs(queue, 4)
    endpoint.next_with(500, 401, None, "reset")
    tick(queue)
    wait_until(lambda: len(endpoint.received) == 4)
    assert {call.header("Authorization") for call in endpoint.received} == {f"Bearer {CANARY}"}
    answered(queue)
    queue.execute("update bunkd.schedule set paused = true")
    settle(queue)
    assert set(outcomes(queue)) == {"http_error", "rejected", "ok", "network_error"}
    printed += install(database, **env)  # again, with the same
    printed += install(database, **{**env, "BUNKD_CREDENTIAL": ROTATED})
    with database.admin() as admin:
        assert found_in(admin) == {"bunkd.secret"}
    assert clean("\n".join(printed))
    assert clean(database.log())
    assert "log_statement" in "".join(  # the log would show it: it shows every statement
        str(row) for row in queue.execute("select name from pg_settings where setting = 'all'")
    )
    assert "copy bunkd.credential_inbox" in database.log()
    assert clean(loggers.text)
    assert "alembic" in loggers.text or "sqlalchemy" in loggers.text


def test_a_role_of_the_server_sees_it_only_while_pg_net_sends_it(
    database: Database, queue: Connection, endpoint: Endpoint
) -> None:
    """What pg_net does to every credential; the README says so."""
    endpoint.fail_with = "hang"
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=CANARY, BUNKD_WAKE="off")
    stop_cron(queue)  # a tick of its own would send the next call
    add_jobs(queue)
    tick(queue)
    wait_until(lambda: endpoint.received)
    with database.admin() as admin:
        assert found_in(admin) == {"bunkd.secret", "net.http_request_queue"}
        endpoint.release()
        answered(queue)
        assert found_in(admin) == {"bunkd.secret"}


@pytest.mark.timeout(300)  # many processes
def test_the_commands_never_say_it(database: Database, tmp_path: Path) -> None:
    url = {"DATABASE_URL": database.url, "BUNKD_CALL_URL": "http://127.0.0.1:9/x"}
    env = {**url, "BUNKD_CREDENTIAL": CANARY}
    file = tmp_path / "settings"
    file.write_text(f"BUNKD_CREDENTIAL='{CANARY}'\nBUNKD_EVERY=30\n")
    unreachable = {**env, "DATABASE_URL": "postgresql://postgres@127.0.0.1:1/postgres"}
    done = [
        bunkd("-v", "upgrade", **env),
        bunkd("upgrade", "--sql", "-v", **env),
        alembic("upgrade", "head", "--sql", **env),
        alembic("upgrade", "head", **env),
        bunkd("-v", "--env-file", str(file), "upgrade", **url),
        bunkd("-v", "upgrade", **unreachable),
        bunkd("-v", "upgrade", **{**env, "BUNKD_CREDENTIAL": CANARY + " "}),
        bunkd("-v", "upgrade", **{**env, "BUNKD_CREDENTIAL": CANARY + "\n" + CANARY}),
        bunkd("-v", "upgrade", **{**env, "BUNKD_CREDENTIAL": CANARY * 999}),
        here("-v", "credential", "set", stdin=CANARY, **url),
        here("-v", "credential", "set", stdin=CANARY + "ü", **url),
        here("-v", "credential", "set", stdin=CANARY.encode() + b"\xff", **url),
        here("-v", "credential", "set", "--schedule", "none", stdin=CANARY, **url),
        here("-v", "credential", "set", "--from-env", **env),
        here("-v", "credential", "show", **env),
        here("-v", "credential", "show", "--json", **env),
        bunkd("-v", "upgrade", **{**env, "BUNKD_READER_ROLE": "nobody"}),
        bunkd("-v", "upgrade", "nonsense", **env),
        bunkd("-v", "downgrade", "base", **env),
        here("-v", "credential", "set", stdin=CANARY, **url),
    ]
    assert {each.code for each in done} == {0, 1, 2, 3}
    assert clean("\n".join(each.all for each in done))
    assert not any("internal error" in each.err for each in done)
    assert clean(database.log())
    with database.admin() as admin:
        names = admin.execute("select to_regnamespace('bunkd')").fetchone()
        assert names == (None,)


@pytest.mark.parametrize("value", [f"{CANARY}\n{CANARY}", f"{CANARY} ", CANARY * 999, f"ü{CANARY}"])
def test_the_door_itself_does_not_say_it(
    database: Database, connection: Connection, value: str
) -> None:
    """Nothing before the database has looked at this value."""
    install(database)
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        access.store_credential(connection, SCHEDULE, Credential(value), "operator")
    diagnosis = caught.value.diag
    said = (caught.value, diagnosis.message_detail, diagnosis.context, diagnosis.message_hint)
    assert clean("\n".join(map(str, said)))
    wait_until(lambda: "STATEMENT:" in database.log())  # a container's log comes a moment later
    assert clean(database.log())


@pytest.mark.parametrize("trouble", ["locked", "gone"])
def test_a_store_that_fails_does_not_say_it(
    database: Database, connection: Connection, trouble: str
) -> None:
    install(database)
    with database.connect() as other, other.transaction():
        if trouble == "locked":
            other.execute("lock table bunkd.secret in access exclusive mode")
        else:
            connection.execute("drop table bunkd.secret")
        connection.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.Error):
            access.store_credential(connection, SCHEDULE, Credential(CANARY), "operator")
    assert "ERROR:" in database.log()
    assert clean(database.log())


def test_it_is_in_vault_alone_where_there_is_one(
    database: Database, queue: Connection, endpoint: Endpoint
) -> None:
    queue.execute("create extension supabase_vault")
    lines = install(
        database, BUNKD_CALL_URL=endpoint.url, BUNKD_CREDENTIAL=CANARY, BUNKD_WAKE="off"
    )
    assert not any("in plain text" in line for line in lines)
    assert queue.execute("select count(*) from bunkd.secret").fetchone() == (0,)
    add_jobs(queue)
    tick(queue)
    [call] = wait_until(lambda: endpoint.received)
    assert call.header("Authorization") == f"Bearer {CANARY}"
    answered(queue)
    with database.admin() as admin:
        assert found_in(admin) == set()  # the double stores it reversed, the real one encrypted
    assert clean(database.log())


def test_it_is_in_no_repr_and_no_offline_script() -> None:
    env = {"BUNKD_CALL_URL": "https://x.example/", "BUNKD_CREDENTIAL": CANARY}
    given = settings("postgresql://postgres:" + CANARY + "@h/d", **env)
    assert clean(f"{given} {given!r} {given.as_json()} {given.credential}")
    printed = offline(**env)
    assert clean(printed.out + printed.err)
