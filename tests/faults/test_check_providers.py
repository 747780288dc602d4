"""Servers shaped like a provider's: settings, roles and allow-lists as a client sees them there."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import cluster
from tests.support.checked import check, codes, named
from tests.support.server import Server, connect

PLAIN: dict[str, str | None] = {"extwlist.extensions": None, "local_preload_libraries": None}
UNLOADED: dict[str, str | None] = {
    **PLAIN,
    "shared_preload_libraries": "pg_stat_statements",
    "cron.database_name": None,
    "cron.host": None,
    "pg_net.database_name": None,
    "pg_net.batch_size": None,
    "pg_net.ttl": None,
}


@contextmanager
def shaped(changes: dict[str, str | None], *statements: str) -> Iterator[Server]:
    """A server without Supabase's roles, with these settings and statements instead."""
    with cluster.start(changes, workers=False, net=False) as server:
        with server.admin() as admin:
            admin.execute("create role provider_admin superuser login password 'postgres'")
        url = server.admin_url.replace("supabase_admin:", "provider_admin:")
        with connect(url) as admin:
            for statement in ("alter role supabase_admin rename to somebody", *statements):
                admin.execute(statement)
        yield server


def test_rds() -> None:
    with shaped(
        {**UNLOADED, "rds.extensions": "pg_cron, pgcrypto, aws_lambda"},
        "create role rdsadmin; create role rds_superuser; grant rds_superuser to postgres",
    ) as server:
        report = check(server.url)
        assert report.provider.name == "rds"
        assert codes(report) == ["NO_FILES", "NOT_PRELOADED"]
        assert "parameter group" in named(report, "pg_cron_preloaded").remedy
        assert "reboot" in named(report, "pg_cron_preloaded").remedy
        # rds_superuser stands in for a superuser there
        assert named(report, "pg_cron_create").status == "pass"
        assert next(o.name for o in report.options if o.interval_seconds == 60) == "aws-eventbridge"


def test_rds_with_an_allow_list_and_a_plain_role() -> None:
    with shaped(
        {**PLAIN, "rds.extensions": "pg_cron", "rds.allowed_extensions": "pgcrypto"},
        "create role rds_superuser; create role rdsadmin",
    ) as server:
        found = named(check(server.url), "pg_cron_create")
        assert found.reason == "NOT_ALLOWED"
        assert found.remedy.startswith("Add pg_cron to rds.allowed_extensions in the DB parameter")
    with shaped({**PLAIN, "rds.extensions": "pg_cron"}, "create role rds_superuser") as server:
        found = named(check(server.url), "pg_cron_create")
        assert found.reason == "NEED_PRIV"
        assert "rds_superuser" in found.remedy


def test_neon() -> None:
    with shaped(
        {**UNLOADED, "neon.project_id": "quiet-dew-1", "neon.endpoint_id": "ep-quiet-dew-1"},
        "create role neon_superuser; grant neon_superuser to postgres",
    ) as server:
        report = check(server.url)
        assert report.provider.name == "neon"
        assert report.verdict == "external"
        remedy = named(report, "pg_cron_preloaded").remedy
        assert '{"cron.database_name":"postgres"}' in remedy
        assert named(report, "sleep").reason == "SLEEPS"
        assert "suspends" in named(report, "sleep").detail


def test_azure() -> None:
    with shaped(
        {**PLAIN, "azure.extensions": "PGCRYPTO,HSTORE"},
        "create role azure_pg_admin; grant azure_pg_admin to postgres",
    ) as server:
        report = check(server.url)
        assert report.provider.name == "azure"
        found = named(report, "pg_cron_create")
        assert found.reason == "NOT_ALLOWED"
        assert "azure.extensions" in found.remedy
    with shaped(
        {**PLAIN, "azure.extensions": "PG_CRON"},
        "create role azure_pg_admin; grant azure_pg_admin to postgres",
    ) as server:
        assert named(check(server.url), "pg_cron_create").status == "pass"


def test_cloud_sql() -> None:
    with shaped(
        {**UNLOADED, "cloudsql.enable_pg_cron": "off"},
        "create role cloudsqlsuperuser; grant cloudsqlsuperuser to postgres",
    ) as server:
        report = check(server.url)
        assert report.provider.name == "cloud-sql"
        assert "cloudsql.enable_pg_cron" in named(report, "pg_cron_preloaded").remedy


def test_aiven() -> None:
    with shaped(
        {"extwlist.extensions": "pg_cron,pgcrypto"},
        "create role avnadmin; grant avnadmin to postgres",
    ) as server:
        report = check(server.url)
        assert report.provider.name == "aiven"
        assert codes(report) == ["NO_FILES"]
        assert named(report, "pg_cron_create").status == "pass"


def test_a_server_of_ones_own() -> None:
    with shaped(PLAIN) as server:
        report = check(server.url)
        assert report.provider.name == "self-hosted"
        assert "libcurl" in named(report, "pg_net_available").remedy
        assert "superuser" in named(report, "pg_cron_create").remedy


def test_supabase() -> None:
    with cluster.start() as server:
        report = check(server.url)
        assert report.provider.name == "supabase-self-hosted"
        assert report.verdict == "native"
