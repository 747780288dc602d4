"""Servers that cannot: settings, allow-lists, standbys, poolers, and the plan without anything."""

from collections.abc import Iterator

import pytest

from tests.support import cluster
from tests.support.checked import check, codes, named
from tests.support.database import Database
from tests.support.pooler import pooler
from tests.support.server import Server, Unavailable, connect
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
        lines = upgrade(server.url)
        assert report.reasons[0].detail in lines[-1]


def test_another_database_than_the_extensions_own(private: Server) -> None:
    url = other(private, "elsewhere")
    report = check(url)
    assert codes(report) == ["WRONG_DB", "WRONG_DB"]
    assert "postgres" in named(report, "pg_cron_database").remedy
    assert "would never send" in named(report, "pg_net_database").detail
    assert report.reasons[0].detail in upgrade(url)[-1]


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
        assert upgrade(server.url)[-1].startswith("external: external cron is needed")


def test_only_a_superuser_may_create_them() -> None:
    changes = {"extwlist.extensions": None, "local_preload_libraries": None}
    with cluster.start(changes) as server:
        report = check(server.url)
        assert codes(report) == ["NEED_PRIV", "NEED_PRIV"]
        assert check(server.admin_url).verdict == "native"  # it is the role, not the server
        assert report.reasons[0].detail in upgrade(server.url)[-1]


def test_a_standby(private: Server) -> None:
    install(private.url)
    with standby(private) as url:
        wait_until(lambda: check(url).facts.server.installed, message="the standby follows")
        report = check(url)
        assert codes(report) == ["STANDBY"]
        assert named(report, "standby").status == "fail"
        assert not report.active
        assert report.facts.unanswered == {}


def test_a_transaction_pooler(database: Database) -> None:
    with pooler(database) as url:
        report = check(url)
        assert report.verdict == "native"
        assert named(report, "pooler").reason == "TX_POOLER"


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
        report = check(server.url)
        assert named(report, "pg_cron_worker").reason == "CRON_DEAD"
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
            admin.execute(found.remedy.partition(": ")[2])
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
        assert "net.worker_restart()" in found.remedy


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
