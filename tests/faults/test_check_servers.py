"""Servers that cannot: settings, allow-lists, standbys, poolers, and the plan without anything."""

import socket
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from bunkd_db.errors import DatabaseUnavailable
from tests.support import cluster
from tests.support.checked import check, codes, named
from tests.support.command import bunkd
from tests.support.database import Database
from tests.support.pooler import pooler
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, Server, Unavailable, connect
from tests.support.standby import standby
from tests.support.upgrade import install, upgrade
from tests.support.wait import wait_until

NOT_PRELOADED = {
    "shared_preload_libraries": "pg_stat_statements",
    "cron.database_name": None,
    "cron.host": None,
    "pg_net.database_name": None,
    "pg_net.batch_size": None,
    "pg_net.ttl": None,
}


def mode_code(url: str) -> str:
    """Why the last upgrade found the database external."""
    with connect(url) as connection:
        [(code,)] = connection.execute("select mode_code from bunkd.schedule").fetchall()
    return str(code)


@pytest.fixture
def private() -> Iterator[Server]:
    try:
        with cluster.start() as running:
            yield running
    except Unavailable as why:
        pytest.skip(str(why))


def other(server: Server, name: str) -> str:
    """A second database of the server, owned by its owner."""
    with server.admin() as admin:
        admin.execute(f"create database {name} owner postgres")
    return server.url.rpartition("/")[0] + f"/{name}"


def test_the_plan_that_cannot(embedded: Server) -> None:
    report = check(embedded.url)
    assert (report.verdict, codes(report)) == ("external", ["NO_FILES", "NO_FILES"])
    assert not report.active
    assert named(report, "pg_net_available").remedy
    assert not any(c.name == "pg_net_preloaded" for c in report.checks)


def test_nothing_is_preloaded() -> None:
    with cluster.start(NOT_PRELOADED, workers=False) as server:
        report = check(server.url)
        assert codes(report) == ["NOT_PRELOADED", "NOT_PRELOADED"]
        for extension in ("pg_cron", "pg_net"):
            found = named(report, f"{extension}_preloaded")
            assert found.status == "fail"
            assert "shared_preload_libraries" in found.remedy
        assert upgrade(server.url)[-1].startswith("external: ")
        assert mode_code(server.url) == codes(report)[0]


def test_another_database_than_the_extensions_own(private: Server) -> None:
    url = other(private, "elsewhere")
    report = check(url)
    assert codes(report) == ["WRONG_DB", "WRONG_DB"]
    assert "postgres" in named(report, "pg_cron_database").remedy
    assert "would never send" in named(report, "pg_net_database").detail
    assert upgrade(url)[-1].startswith("external: ")
    assert mode_code(url) == codes(report)[0]


def test_the_database_is_known_without_the_privilege_to_read_the_setting(private: Server) -> None:
    url = other(private, "elsewhere")
    with private.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
    plain = url.replace("postgres:postgres@", "plain:postgres@")
    report = check(plain)
    assert "cron.database_name" in report.facts.unreadable
    assert named(report, "pg_cron_database").reason == "WRONG_DB"


def test_an_extension_that_is_not_on_the_allow_list() -> None:
    with cluster.start({"extwlist.extensions": "pg_cron,pgcrypto"}) as server:
        report = check(server.url)
        assert codes(report) == ["NOT_ALLOWED"]
        assert named(report, "pg_net_create").reason == "NOT_ALLOWED"
        assert "extwlist.extensions" in named(report, "pg_net_create").remedy
        assert upgrade(server.url)[-1].startswith(
            "external: calls must come from outside the database"
        )


def test_only_a_superuser_may_create_them() -> None:
    changes = {"extwlist.extensions": None, "local_preload_libraries": None}
    with cluster.start(changes) as server:
        report = check(server.url)
        assert codes(report) == ["NEED_PRIV", "NEED_PRIV"]
        assert check(server.admin_url).verdict == "native"  # it is the role, not the server
        assert upgrade(server.url)[-1].startswith("external: ")
        assert mode_code(server.url) == codes(report)[0]


def test_a_standby(private: Server) -> None:
    install(private.url)
    with standby(private) as copy:
        url = copy.url
        wait_until(lambda: check(url).facts.server.installed, message="the standby follows")
        report = check(url)
        assert codes(report) == ["STANDBY"]
        assert named(report, "standby").status == "fail"
        assert not report.active
        assert report.facts.unanswered == {}


def test_the_views_on_a_standby(private: Server) -> None:
    with private.connect() as owner, private.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        create_queue(owner)
        install(private.url, BUNKD_READER_ROLE="oncall")
        add_jobs(owner, 2)
        owner.execute("select bunkd.tick('process-analysis-jobs')")
    with standby(private) as copy:
        url = copy.url
        wait_until(lambda: check(url).facts.server.installed, message="the standby follows")
        for asking in (url, url.replace("postgres:postgres@", "oncall:postgres@")):
            with connect(asking) as reader:
                row = reader.execute(
                    "select mode, waiting, slots, calls_made, obstacles, problem, last_tick,"
                    " slots_in_use, workers from bunkd.status"
                ).fetchone()
                assert row is not None
                assert row[:4] == ("native", 2, 5, False)
                assert "this is a standby" in str(row[4])
                assert "this is a standby" in str(row[5])
                assert row[6:] == (None, None, None)
                for calls in ("bunkd.recent_calls", "bunkd.call_history"):
                    assert reader.execute(f"select from {calls}".encode()).fetchall()
                found = reader.execute("select rank, code, detail, commands from bunkd.obstacles")
                assert found.fetchall() == [
                    (1, "STANDBY", "this is a standby: the calls are made from its primary", [])
                ]
            report = check(asking)
            assert not report.active
            assert named(report, "calls_made").reason == "STANDBY"
            gate = ("check", "--expect", "external", "--require-active")
            done = bunkd(*gate, DATABASE_URL=asking)
            assert (done.code, "Not active: this is a standby" in done.out) == (1, True)


def test_a_transaction_pooler(database: Database) -> None:
    with pooler(database) as url:
        report = check(url)
        assert report.verdict == "native"
        assert named(report, "pooler").reason == "TX_POOLER"


def test_a_statement_pooler_is_named(database: Database) -> None:
    with (
        pooler(database, "statement") as url,
        pytest.raises(DatabaseUnavailable, match="the pooler refused") as refused,
    ):
        check(url)
    assert "session or transaction mode" in refused.value.remedy


def test_a_session_pooler_is_no_reason_to_worry(database: Database) -> None:
    with pooler(database, "session") as url:
        found = named(check(url), "pooler")
        assert (found.status, found.reason) == ("pass", "")
        assert "pooler" in found.detail


def test_straight_to_the_server(database: Database) -> None:
    assert "straight" in named(check(database), "pooler").detail


def test_the_scheduler_does_not_run() -> None:
    # the one place for a worker is taken by PostgreSQL's own
    with cluster.start({"max_worker_processes": "1"}, workers=False) as server:
        install(server.url)
        with server.admin() as admin:
            admin.execute("create role meddler login password 'postgres'")
        # whose name it is, anybody may say
        meddler = server.url.replace("postgres:postgres@", "meddler:postgres@")
        with connect(meddler) as cron, connect(meddler) as net:
            cron.execute("set application_name = 'pg_cron scheduler'")
            net.execute("set application_name = 'pg_net 0.20.4'")
            report = check(server.url)
        assert named(report, "pg_cron_worker").reason == "CRON_DEAD"
        assert named(report, "pg_net_worker").reason == "NET_DEAD"
        assert report.facts.obstacles is not None
        assert {"CRON_DEAD", "NET_DEAD"} <= {o.code for o in report.facts.obstacles}
        assert report.verdict == "native"
        assert not report.active


def test_nobody_tells_in_which_database_pg_cron_works() -> None:
    with cluster.start({"max_worker_processes": "1"}, workers=False) as server:
        with server.admin() as admin:
            admin.execute("create role plain login password 'postgres'")
        report = check(server.url.replace("postgres:postgres@", "plain:postgres@"))
        found = named(report, "pg_cron_database")
        assert (found.status, found.reason) == ("skip", "PRELOAD_UNREADABLE")
        with server.admin() as admin:
            admin.execute(found.commands[0].encode())
        report = check(server.url.replace("postgres:postgres@", "plain:postgres@"))
        assert named(report, "pg_cron_database").status == "pass"


def test_an_old_pg_net(database: Database) -> None:
    install(database)
    assert named(check(database), "pg_net_version").status == "pass"
    with database.admin() as admin:
        admin.execute("update pg_extension set extversion = '0.7.1' where extname = 'pg_net'")
    found = named(check(database), "pg_net_version")
    assert (found.status, found.reason) == ("warn", "OLD_NET")


def test_an_old_pg_cron(database: Database) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("update pg_extension set extversion = '1.4-1' where extname = 'pg_cron'")
    found = named(check(database), "pg_cron_version")
    assert (found.status, found.reason) == ("warn", "OLD_CRON")
    assert named(check(database, BUNKD_EVERY="5m"), "pg_cron_version").status == "pass"


def test_pg_cron_is_told_to_run_nothing() -> None:
    with cluster.start({"cron.launch_active_jobs": "off"}) as server:
        assert named(check(server.url), "pg_cron_runs").reason == "JOBS_OFF"


def test_the_worker_of_pg_net_does_not_run() -> None:
    with cluster.start({"max_worker_processes": "1"}, workers=False) as server:
        install(server.url)
        found = named(check(server.url), "pg_net_worker")
        assert found.reason == "NET_DEAD"
        assert found.commands == ("select net.worker_restart();",)


def test_jobs_that_cannot_log_in() -> None:
    with cluster.start({"cron.host": "127.0.0.1"}) as server:
        with connect(server.url) as owner:
            owner.execute("create extension pg_cron")
            owner.execute("select cron.schedule('probe', '* * * * *', 'select 1')")
        found = wait_until(
            lambda: [c for c in check(server.url).checks if c.reason == "HBA"],
            timeout=70,
            message="pg_cron has tried",
        )
        assert found[0].name == "pg_cron_runs"
        assert "cron.use_background_workers" in found[0].remedy


def test_a_url_that_is_the_databases_own_machine() -> None:
    """As for a container whose port is published: the server's address is not a loopback one."""
    with cluster.start({"listen_addresses": "*"}, workers=False) as server:
        here = urlsplit(server.url).netloc.rpartition("@")[2].partition(":")[0]
        other = server.url.replace(here, _own_address())
        url = "http://localhost:54321/functions/v1/run_job"
        assert named(check(other, BUNKD_CALL_URL=url), "call_url").reason == "LOOPBACK"
        *notes, last = install(other, BUNKD_CALL_URL=url)
        assert last.startswith("native: ")
        assert any("host.docker.internal:PORT" in note for note in notes)
        found = named(check(other), "call_url")
        assert (found.status, found.reason) == ("warn", "LOOPBACK")
        assert "http://kong:8000" in found.remedy
        assert named(check(server.url), "call_url").status == "pass"
        assert not any("container" in line for line in install(server.url, BUNKD_CALL_URL=url))


def _own_address() -> str:
    """An address of this machine that is not its loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unconnected:
        try:
            unconnected.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but its loopback")
        return str(unconnected.getsockname()[0])


def test_a_server_that_gives_no_time_to_answer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """statement_timeout = 1ms for the role: nothing was answered, so the answer is not no."""

    def pg_backend_pid(connection: Connection) -> object:
        return connection.execute("set statement_timeout = 1; select pg_sleep(1)").fetchall()

    # the package has a function of the module's name
    module = sys.modules["bunkd_db.capabilities.gather"]
    monkeypatch.setattr(module, "_backend", pg_backend_pid)
    with pytest.raises(DatabaseUnavailable, match="statement timeout") as caught:
        check(database)
    assert caught.value.exit_code == 3


def test_names_that_sql_wants_in_quotes(private: Server) -> None:
    """What a remedy says can be run as it is."""
    with private.admin() as admin:
        admin.execute("create role \"a@b.iam\" login password 'postgres'")
        admin.execute('create database "my-db" owner postgres')
        admin.execute('revoke create on database postgres from public, "a@b.iam"')
    plain = private.url.replace("postgres:postgres@", "a%40b.iam:postgres@")
    elsewhere = plain.rpartition("/")[0] + "/my-db"
    found = named(check(elsewhere), "install")
    assert found.reason == "CREATE"
    with private.admin() as admin:
        admin.execute(found.commands[0].encode())
    assert named(check(elsewhere), "install").status == "pass"
    with private.admin() as admin:
        admin.execute("create extension pg_cron")
        admin.execute('grant create on database postgres to "a@b.iam"')
    report = check(plain)
    assert "NO_SCHEMA_USAGE" in codes(report)
    with private.admin() as admin:
        for grant in named(report, "pg_cron_usage").commands:
            assert grant.endswith('to "a@b.iam";')
            admin.execute(grant.encode())
    assert named(check(plain), "pg_cron_usage").status == "pass"


def test_a_key_in_a_setting_of_odd_names(private: Server) -> None:
    """The last one is that of every role in every database."""
    key = "sb_secret_abcdefgh"
    with private.admin() as admin:
        admin.execute('create role "a@b.iam" login')
        for whose in ('role "a@b.iam"', 'role "a@b.iam" in database postgres', "role all"):
            admin.execute(f"alter {whose} set app.settings.some_key = '{key}'")
        found = named(check(private.url), "leaked_key")
        assert found.reason == "LEAKED_KEY"
        assert len(found.commands) == 3
        for statement in found.commands:
            admin.execute(statement.encode())
    assert named(check(private.url), "leaked_key").status == "pass"
