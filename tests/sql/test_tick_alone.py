"""One tick at a time, by a lock that nobody else can take."""

import threading

from tests.support.database import Database
from tests.support.held import held
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.ticks import BUSY, tick, try_tick
from tests.support.upgrade import install


def test_no_other_login_role_can_keep_ticks_out(database: Database, connection: Connection) -> None:
    with held(database, connection, BUNKD_WAKE="off"):
        add_jobs(connection, 1)
        with database.admin() as admin:
            admin.execute("create role nobody1 login password 'postgres'")
        with database.connect("nobody1") as stranger:
            stranger.execute("""
                select pg_advisory_lock(c.oid::integer, hashtext('process-analysis-jobs'))
                  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'bunkd'
            """)
            assert tick(connection) == "1 sent, 0 settled"


def test_an_upgrade_waits_for_a_tick_before_it_locks_the_queue(
    database: Database, connection: Connection
) -> None:
    with held(database, connection, BUNKD_WAKE="off"):
        with database.connect() as ticking:
            ticking.execute("begin")
            tick(ticking)
            lines: list[str] = []
            deploy = threading.Thread(
                target=lambda: lines.extend(install(database, BUNKD_WAKE="on"))
            )
            deploy.start()
            deploy.join(3)
            assert deploy.is_alive(), "longer than its other locks would be waited for"
            connection.execute("set lock_timeout = '50ms'")
            add_jobs(connection, 1)
            ticking.execute("commit")
            deploy.join(20)
        assert lines[-1].startswith(("native:", "NOT SCHEDULED: cron job"))
        add_jobs(connection, 1)
        assert tick(connection).endswith("settled")


def test_the_row_is_made_anew_after_a_crash(database: Database, connection: Connection) -> None:
    with held(database, connection, BUNKD_WAKE="off"):
        connection.execute("truncate bunkd.last_tick")
        with database.connect() as first, first.transaction():
            assert tick(first) == "0 sent, 0 settled"
        with database.connect() as first, first.transaction():
            assert tick(first) == "0 sent, 0 settled"
            assert try_tick(connection) == BUSY
