"""What a database or a role sets for all its sessions changes nothing for ticks, wakes, checks and workers."""

import pytest

from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.ticks import settle, tick
from tests.support.upgrade import install, upgrade
from tests.support.wait import wait_until
from tests.support.worker import worker

DEFAULTS = (
    "standard_conforming_strings = off",
    "escape_string_warning = on",
    "TimeZone = 'Asia/Kolkata'",
    "DateStyle = 'SQL, DMY'",
    "IntervalStyle = 'sql_standard'",
    "bytea_output = 'escape'",
    "quote_all_identifiers = on",
)


def set_all(database: Database, *settings: str) -> None:
    with database.admin() as admin:
        for setting in settings:
            admin.execute(f"alter database postgres set {setting}".encode())
            admin.execute(f"alter role postgres set {setting}".encode())


@pytest.mark.parametrize("before", [True, False], ids=["before the upgrade", "after it"])
def test_odd_defaults(database: Database, endpoint: Endpoint, before: bool) -> None:
    with database.connect() as connection:
        create_queue(connection)
    if before:
        set_all(database, *DEFAULTS)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="1m")
    if not before:
        set_all(database, *DEFAULTS)
    with database.connect() as connection:
        told: list[str] = []
        connection.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        add_jobs(connection, 2, table="public.analysis_jobs")
        tick(connection)
        connection.execute(
            "insert into public.analysis_jobs (input_type, input_value, normalized_input, cache_key,"
            " status, claimed_at) values ('text', 'x', 'x', 'stuck', 'running', now() - interval '1 day')"
        )
        wait_until(
            lambda: settle(connection) and count_by_status(connection) == {"done": 3},
            message="all jobs are done, the stuck one too",
        )
        assert told == []
    report = check(database)
    assert not [c.name for c in report.checks if c.name == "job_drift" and c.status != "pass"]
    assert named(report, "calls_made").reason in ("", "TICK_LATE")


def test_a_read_only_database_ticks_quietly(database: Database) -> None:
    with database.connect() as connection:
        create_queue(connection)
        install(database)
        set_all(database, "default_transaction_read_only = on")
        connection.execute("set default_transaction_read_only = on")
        assert "read-only" in tick(connection)
    assert not check(database).active


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_worker_under_another_isolation(
    database: Database, endpoint: Endpoint, level: str
) -> None:
    with database.connect() as connection:
        create_queue(connection)
        # the worker is on this machine, wherever the server is
        url = endpoint.url.replace(database.server.callback_host, "127.0.0.1")
        upgrade(database, BUNKD_MODE="external", BUNKD_CALL_URL=url)
        set_all(database, f"default_transaction_isolation = '{level}'")
        with worker(DATABASE_URL=database.url):
            add_jobs(connection)
            wait_until(
                lambda: count_by_status(connection) == {"done": 1}, message="the job is done"
            )


def test_a_reader_s_open_transaction_stops_no_upgrade(database: Database) -> None:
    install(database)
    with database.connect() as reader, reader.transaction():
        reader.execute("select * from bunkd.status")
        assert install(database)[-1].startswith("native:")


def test_a_view_that_was_changed_by_hand_is_restored(database: Database) -> None:
    install(database)
    with database.connect() as connection:
        query = "select pg_get_viewdef('bunkd.recent_calls'::regclass)"
        stated = connection.execute(query).fetchone()
        connection.execute(
            "create or replace view bunkd.recent_calls as select c.id as call, c.schedule, c.reason,"
            " c.sent, c.settled, c.outcome, c.status_code, c.job_id, c.detail, c.worker, null::boolean as failed"
            " from bunkd.call c limit 1"
        )
        install(database)
        assert connection.execute(query).fetchone() == stated
