"""`check` and `bunkd.enable_extensions` must say the same of the same server."""

import pytest

from tests.support.checked import check, codes
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import install

STATES = {
    "nothing is there yet": ("", None),
    "both are installed": (
        "create extension pg_cron; create extension pg_net with schema extensions",
        None,
    ),
    "a foreign schema net": ("create schema net", "FOREIGN_SCHEMA"),
    "a foreign schema cron": ("create schema cron", "FOREIGN_SCHEMA"),
    "pg_cron may not be used": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke usage on schema cron from postgres cascade; revoke pg_read_all_data from postgres",
        "NO_SCHEMA_USAGE",
    ),
    "pg_net may not be used": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke usage on schema net from postgres, public cascade;"
        "revoke all on all tables in schema net from postgres, public",
        "NO_SCHEMA_USAGE",
    ),
    "the function of pg_net may not be called": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke execute on all functions in schema net"
        " from postgres, public, anon, authenticated, service_role cascade",
        "NO_SCHEMA_USAGE",
    ),
    "the requests of pg_net may not be numbered": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke all on sequence net.http_request_queue_id_seq from postgres, public cascade",
        "NO_SCHEMA_USAGE",
    ),
    "pg_net in another schema": (
        "create extension pg_cron; create extension pg_net with schema public",
        None,
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_they_agree(database: Database, connection: Connection, state: str) -> None:
    change, code = STATES[state]
    if change:
        with database.admin() as admin:
            for statement in change.split(";"):
                # extensions as their user makes them, so that the grants are the real ones
                runner = connection if statement.strip().startswith("create ext") else admin
                runner.execute(statement)
    report = check(database)
    assert report.verdict == ("external" if code else "native")
    assert codes(report) == ([code] if code else [])
    install(database)
    row = connection.execute("select mode, mode_code from bunkd.schedule").fetchone()
    assert row == (report.verdict, code)
    # and once installed, it says what it said before
    assert check(database).blocking == report.blocking


def test_external_by_choice_is_no_obstacle(database: Database, connection: Connection) -> None:
    install(database, BUNKD_MODE="external")
    row = connection.execute("select mode, mode_code, mode_reason from bunkd.schedule").fetchone()
    assert row == ("external", "MODE_EXTERNAL", "BUNKD_MODE is external")
    assert check(database).blocking == []
    install(database, BUNKD_MODE="auto")
    row = connection.execute("select mode, mode_code, mode_reason from bunkd.schedule").fetchone()
    assert row == ("native", None, None)
