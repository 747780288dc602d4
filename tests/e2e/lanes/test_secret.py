"""Where the credential is while a lane sends it: nowhere but where it is stored."""

from tests.e2e.lanes.place import installed
from tests.e2e.test_canary import CANARY, clean, found_in
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.wait import wait_until

EXPLAIN = """
alter database postgres set session_preload_libraries = 'auto_explain';
alter database postgres set auto_explain.log_min_duration = 0;
alter database postgres set auto_explain.log_nested_statements = on;
alter database postgres set auto_explain.log_verbose = on;
"""


def test_no_table_no_statement_and_no_log_has_it(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    lanes = installed(database, connection, endpoint.url, BUNKD_CREDENTIAL=CANARY)
    with database.admin() as admin:
        admin.execute(EXPLAIN)
        endpoint.next_with("hang")
        lanes.start(1)
        add_jobs(connection, 3)
        wait_until(lambda: endpoint.received)
        assert endpoint.received[0].header("Authorization") == f"Bearer {CANARY}"
        assert found_in(admin) == {"bunkd.secret"}
        endpoint.next_with("echo", "reset", 500)
        endpoint.release()
        wait_until(lambda: len(lanes.outcomes()) >= 3 and None not in lanes.outcomes())
        assert found_in(admin) == {"bunkd.secret"}
    lanes.stop()
    assert "send_request" in database.log()  # the plans are there
    bad = [line for line in database.log().splitlines() if not clean(line)]
    assert not bad
