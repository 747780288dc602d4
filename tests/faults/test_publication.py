"""A publication of all tables: a row that is published needs a replica identity to be updated."""

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import downgrade, install
from tests.support.wait import wait_until


def test_deploys_wakes_ticks_and_rescues_go_on(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    with database.admin() as admin:
        admin.execute("create publication everything for all tables")
    create_queue(connection)
    given = {"BUNKD_CALL_URL": endpoint.url, "BUNKD_RESCUE_AFTER": "10s"}
    assert install(database, **given)[-1].startswith("native: ")
    add_jobs(connection, 1)
    wait_until(lambda: count_by_status(connection) == {"done": 1})
    [stuck] = add_jobs(connection, 1, status="running")
    connection.execute(
        "update public.analysis_jobs set claimed_at = now() - interval '1 hour' where id = %s",
        [stuck],
    )
    tick(connection)
    wait_until(lambda: tick(connection) and count_by_status(connection) == {"done": 2})
    problem = "select problem, failed_wakes from bunkd.status"
    assert connection.execute(problem).fetchone() == (None, 0)
    assert install(database, BUNKD_EVERY="1m")[-1].startswith("native: ")
    downgrade(database)
    assert connection.execute("select to_regclass('bunkd.schedule')").fetchone() == (None,)
