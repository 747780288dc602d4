"""`check` and `bunkd.enable_extensions` must say the same of the same server."""

import pytest

from tests.support.checked import check
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import install

STATES = {
    "nothing is there yet": ("", "native", ""),
    "both are installed": (
        "create extension pg_cron; create extension pg_net with schema extensions",
        "native",
        "",
    ),
    "a foreign schema net": (
        "create schema net",
        "external",
        "a schema called net is there that is not pg_net's",
    ),
    "a foreign schema cron": (
        "create schema cron",
        "external",
        "a schema called cron is there that is not pg_cron's",
    ),
    "pg_cron may not be used": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke usage on schema cron from postgres cascade; revoke pg_read_all_data from postgres",
        "external",
        "role postgres may not use pg_cron: grant usage on schema cron to postgres",
    ),
    "pg_net may not be used": (
        "create extension pg_cron; create extension pg_net with schema extensions;"
        "revoke usage on schema net from postgres, public cascade;"
        "revoke all on all tables in schema net from postgres, public",
        "external",
        "role postgres may not use pg_net: grant usage on schema net,"
        " and select and insert on its tables, to postgres",
    ),
    "pg_net in another schema": (
        "create extension pg_cron; create extension pg_net with schema public",
        "native",
        "",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_they_agree(database: Database, connection: Connection, state: str) -> None:
    change, verdict, reason = STATES[state]
    if change:
        with database.admin() as admin:
            for statement in change.split(";"):
                # extensions as their user makes them, so that the grants are the real ones
                runner = connection if statement.strip().startswith("create ext") else admin
                runner.execute(statement)
    report = check(database)
    assert report.verdict == verdict
    assert [r.detail for r in report.reasons] == ([reason] if reason else [])
    install(database)
    row = connection.execute("select mode, mode_reason from bunkd.schedule").fetchone()
    assert row == (verdict, reason or None)
    # and once installed, it says what it said before
    assert check(database).reasons == report.reasons
