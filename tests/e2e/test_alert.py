"""The URLs that messages go to, through everything that can happen, and then looked for everywhere."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.test_canary import CANARY, clean, found_in
from tests.support.command import bunkd, here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, SCHEDULE, install, offline, settings
from tests.support.wait import wait_until
from tests.support.watched import Watched, receiver, watched


@contextmanager
def secretly(database: Database, connection: Connection, endpoint: Endpoint) -> Iterator[Watched]:
    """As `watched`, but the key of both URLs is the canary."""
    with watched(database, connection, endpoint.url) as one:
        env = {
            "BUNKD_ALERT_WEBHOOK": f"{one.webhook.url}?key={CANARY}",
            "BUNKD_HEARTBEAT_URL": f"{one.heartbeat.url}?key={CANARY}",
        }
        lines = install(database, BUNKD_CALL_URL=endpoint.url, **env)
        assert clean("\n".join(lines))
        yield one


@pytest.mark.parametrize("vault", [False, True])
def test_a_url_is_only_where_it_is_stored(
    database: Database,
    connection: Connection,
    endpoint: Endpoint,
    caplog: pytest.LogCaptureFixture,
    vault: bool,
) -> None:
    for name in (None, "alembic", "sqlalchemy.engine", "psycopg"):
        caplog.set_level(logging.DEBUG, name)
    if vault:
        connection.execute("create extension supabase_vault")
    with secretly(database, connection, endpoint) as one:
        one.webhook.next_with(500, "hang", "reset")
        one.calls("http_error", 500)
        for _ in range(20):
            one.look(61)
        assert one.told() == [("BACKING_OFF", "started")] * 4
        assert {each.path.endswith(f"?key={CANARY}") for each in one.webhook.received} == {True}
        one.calls("ok", 200)
        for _ in range(4):
            one.look(61)
        assert one.told()[4:] == [("BACKING_OFF", "over")]
        assert one.beats() > 1
        assert all(clean(each.body.decode()) for each in one.webhook.received)
        connection.execute("update bunkd.schedule set paused = true")
        with database.admin() as admin:
            # the double of Vault stores it reversed, the real one encrypted
            assert found_in(admin) == (set() if vault else {"bunkd.secret"})
            said = admin.execute("select status::text from bunkd.read_status()").fetchone()
    assert said is not None
    assert clean(str(said[0]))
    assert clean(database.log())
    assert "copy bunkd.credential_inbox" in database.log()
    assert clean(caplog.text)


@pytest.mark.timeout(300)  # many processes
def test_the_commands_never_say_it(database: Database) -> None:
    with receiver(database) as webhook:
        url = f"{webhook.url}?key={CANARY}"
        env = {"DATABASE_URL": database.url, "BUNKD_ALERT_WEBHOOK": url}
        install(database)
        done = [
            bunkd("-v", "upgrade", **NATIVE, **env),
            bunkd("-v", "upgrade", "--sql", **NATIVE, **env),
            here("-v", "alert", "set", stdin=url, **env),
            here("-v", "alert", "set", "--from-env", **env),
            here("-v", "alert", "set", "--schedule", "none", stdin=url, **env),
            here("-v", "alert", "set", stdin=f"{url} x", **env),
            here("-v", "alert", "set", stdin=f"{url}#x", **env),
            here("-v", "alert", "set", stdin=f"ftp://{url}", **env),
            here("-v", "alert", "set", stdin=f"http://u:{CANARY}@h/", **env),
            here("-v", "alert", "set", "--heartbeat", stdin=url + "x" * 3000, **env),
            bunkd("-v", "upgrade", **{**NATIVE, **env, "BUNKD_ALERT_WEBHOOK": f"x{url}"}),
            here("-v", "alert", "test", "--json", **env),
            here("-v", "alert", "show", "--json", **env),
            here("-v", "alert", "show", **env),
            here("-v", "status", "--json", **env),
            here("-v", "status", **env),
            here("-v", "check", **env),
        ]
        webhook.fail_with = 500
        done.append(here("-v", "alert", "test", **env))
        done.append(here("-v", "alert", "remove", **env))
    assert [each.code for each in done[:14]] == [0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0]
    assert clean("\n".join(each.all for each in done))
    assert not any("internal error" in each.err for each in done)
    assert clean(database.log())


def test_no_url_in_a_repr_or_a_script() -> None:
    url = f"https://hooks.example.com/{CANARY}"
    env = {"BUNKD_ALERT_WEBHOOK": url, "BUNKD_HEARTBEAT_URL": url, **NATIVE}
    given = settings("postgresql://h/d", **env)
    assert clean(f"{given} {given!r} {given.as_json()}")
    printed = offline(**env)
    assert clean(printed.out + printed.err)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("scheduler")
def test_ticks_of_pg_cron_send_them(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """Nobody ticks by hand; pg_cron before 1.5 has one tick a minute."""
    with watched(database, connection, endpoint.url) as one:
        one.calls("rejected", 401)
        one.look()
        one.later(119)
        every = "1s" if database.server.seconds else "1m"
        connection.execute("update bunkd.schedule set every = %s", [every])
        install(database, BUNKD_CALL_URL=endpoint.url)
        connection.execute("update bunkd.schedule set endpoint_since = now() - interval '1 hour'")
        wait_until(one.told, 75, "an alert arrives")
        assert one.told() == [("REJECTED", "started")]


def test_the_reader_sees_hosts_alone(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    with secretly(database, connection, endpoint) as one:
        install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_READER_ROLE="oncall")
        one.calls("http_error", 500)
        for _ in range(3):
            one.look(61)
        with database.connect("oncall") as reader:
            [(name, status)] = reader.execute("select * from bunkd.read_status()").fetchall()
            tables = reader.execute(
                "select c.oid::regclass::text from pg_class c where relnamespace ="
                " 'bunkd'::regnamespace and has_table_privilege(c.oid, 'select')"
            ).fetchall()
            everything = [
                reader.execute(f"table {table}".encode()).fetchall() for (table,) in tables
            ]
            called = reader.execute(
                "select p.proname from pg_proc p where pronamespace = 'bunkd'::regnamespace"
                " and has_function_privilege(p.oid, 'execute')"
            ).fetchall()
    assert name == SCHEDULE
    assert isinstance(status, dict)
    alerts = status["alerts"]
    assert (alerts["webhook"], alerts["heartbeat"]) == (database.server.callback_host,) * 2
    assert [each["code"] for each in alerts["active"]] == ["BACKING_OFF"]
    assert clean(json.dumps(status, default=str) + str(everything))
    assert not {name for (name,) in called} & {
        "read_credential",
        "find_credential",
        "find_url_host",
        "read_alert_status",
        "offer_messages",
        "post_message",
        "begin_test",
    }
