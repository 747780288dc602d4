"""The main job: real pg_cron ticks, the calls are sent, and jobs are completed without anyone's help."""

import time

import pytest

from bunkd_db import provision
from bunkd_db.credential import Credential
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import Generation, add_jobs, count_by_status, create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, downgrade, install, upgrade
from tests.support.wait import wait_until

DONE = {1: "completed", 2: "done"}
NOT_FAILED = {"succeeded", "running", "starting", "connecting", "sending"}
RUNS = "select status, return_message from cron.job_run_details order by runid desc limit 3"


def completed(connection: Connection, generation: Generation, n: int) -> bool:
    return count_by_status(connection) == {DONE[generation]: n}


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("generation", [1, 2])
def test_a_queued_job_is_completed_by_ticks_alone(
    database: Database, connection: Connection, endpoint: Endpoint, generation: Generation
) -> None:
    if not database.server.seconds:
        pytest.skip("pg_cron here ticks every minute: see the slow test")
    create_queue(connection, generation)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="1s", BUNKD_WAKE="off")
    add_jobs(connection, 3)
    wait_until(lambda: completed(connection, generation, 3), 20, "three jobs by ticks")
    assert {call.reason for call in endpoint.received} == {"tick"}
    wait_until(lambda: connection.execute(RUNS).fetchone() is not None)
    assert {row[0] for row in connection.execute(RUNS)} <= NOT_FAILED


@pytest.mark.slow
@pytest.mark.timeout(450)
@pytest.mark.usefixtures("scheduler")
def test_queued_jobs_of_both_generations_are_completed_within_the_minute(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """One minute of pg_cron 1.4 for two schedules: a further one is a row and an upgrade."""
    if database.server.seconds:
        pytest.skip("pg_cron here ticks every second: see the quick test")
    create_queue(connection, 2)
    first_table = "public.first_jobs"
    create_queue(connection, 1, first_table)
    env = {"BUNKD_CALL_URL": endpoint.url, "BUNKD_WAKE": "off"}
    install(database, **env)
    with Endpoint(database.url, table=first_table) as first:
        connection.execute(
            "insert into bunkd.schedule (name, url, queue_table, wake)"
            " values ('first', %s, 'public.first_jobs', false)",
            [first.url],
        )
        install(database, **env)
        provision.set_credential(database.url, "first", Credential("another"))
        add_jobs(connection, 3)
        add_jobs(connection, 2, table=first_table)
        # by the wall clock, as pg_cron: where that is set back, its minute jobs rest until it catches up
        began = time.time()

        def both() -> bool:
            mine, other = count_by_status(connection), count_by_status(connection, first_table)
            return (mine, other) == ({"done": 3}, {"completed": 2})

        wait_until(lambda: both() or time.time() - began > 66, 400, "five jobs by two ticks")
        assert both()
        assert {call.header("Authorization") for call in first.received} == {"Bearer another"}
    assert {call.reason for call in endpoint.received} == {"tick"}
    assert {row[0] for row in connection.execute(RUNS)} <= NOT_FAILED


@pytest.mark.parametrize("generation", [1, 2])
def test_a_queued_job_is_called_for_at_once(
    database: Database, connection: Connection, endpoint: Endpoint, generation: Generation
) -> None:
    create_queue(connection, generation)
    install(database, BUNKD_CALL_URL=endpoint.url)
    add_jobs(connection, 3)
    wait_until(lambda: completed(connection, generation, 3), 10, "three jobs by the wake")
    assert {call.reason for call in endpoint.received} <= {"wake", "refill"}


def test_a_backlog_of_before_the_installation_is_worked_off(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    """Nothing wakes for these: the first tick does, and each job that ends calls for the next."""
    create_queue(connection)
    add_jobs(connection, 12)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="1s")
    if not database.server.seconds:
        connection.execute("select bunkd.tick(%s)", [SCHEDULE])
    wait_until(lambda: completed(connection, 2, 12), 90, "the backlog")
    assert endpoint.peak <= 5


@pytest.mark.usefixtures("scheduler")
def test_a_tick_without_a_credential_says_so_and_a_credential_heals_it(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    if not database.server.seconds:
        pytest.skip("pg_cron here ticks every minute")
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="1s", BUNKD_WAKE="off")
    connection.execute("delete from bunkd.secret")
    add_jobs(connection)
    said = "select problem ~ 'no credential is stored' from bunkd.status"
    wait_until(lambda: connection.execute(said).fetchone() == (True,), 15)
    assert endpoint.received == []
    upgrade(database, BUNKD_CREDENTIAL="a-new-one")
    wait_until(lambda: completed(connection, 2, 1), 15)


def test_after_base_nothing_is_called(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    create_queue(connection)
    install(database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="1s")
    downgrade(database)
    add_jobs(connection, 2)
    if database.server.seconds:
        with pytest.raises(AssertionError, match="not within"):
            wait_until(lambda: endpoint.received, 2.5)
    assert count_by_status(connection) == {"queued": 2}
    assert connection.execute("select count(*) from cron.job").fetchone() == (0,)
