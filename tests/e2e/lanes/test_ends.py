"""A lane that ends in the middle, whoever ends it: nothing is lost, and the bound holds."""

from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.e2e.lanes.place import Lane, Lanes, installed
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE, downgrade, upgrade
from tests.support.wait import wait_until


def in_a_call(lanes: Lanes, endpoint: Endpoint, jobs: int = 1) -> Lane:
    """A lane whose call, for the first of so many jobs, is not answered."""
    endpoint.next_with("hang")
    [lane] = lanes.start(1)
    add_jobs(lanes.connection, jobs)
    wait_until(lambda: endpoint.received)
    return lane


@pytest.mark.parametrize("how", ["cancel", "terminate"])
def test_a_lane_that_is_ended_in_a_call_keeps_its_slot_until_it_expires(
    lanes: Lanes, endpoint: Endpoint, how: str
) -> None:
    first = in_a_call(lanes, endpoint)
    lanes.connection.execute(f"select pg_{how}_backend(%s)", [first.pid])
    wait_until(lambda: first.over, 5)
    assert isinstance(first.error, (psycopg.errors.QueryCanceled, psycopg.OperationalError))
    assert (lanes.slots(), lanes.outcomes()) == (1, [None])
    lanes.start(2)  # another one goes on meanwhile
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 1}, 15)
    wait_until(lambda: lanes.outcomes() == [None, "ok"])
    assert lanes.slots() == 1
    lanes.move(timedelta(seconds=41))
    lanes.tick()
    assert (lanes.slots(), lanes.outcomes()) == (0, ["lost", "ok"])


def test_the_statement_timeout_of_the_role_cuts_off_no_call(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    lanes.connection.execute("alter role postgres set statement_timeout = '3s'")
    endpoint.fail_with = "hang"
    add_jobs(lanes.connection)
    [lane] = lanes.start(1)
    wait_until(lambda: lane.over)
    assert lane.error is None
    assert set(lanes.outcomes()) == {"timeout"}
    assert lanes.slots() == 0


def test_a_lane_holds_nothing_while_it_waits(lanes: Lanes, endpoint: Endpoint) -> None:
    endpoint.fail_with = "hang"
    [lane] = lanes.start(1)
    add_jobs(lanes.connection)
    wait_until(lambda: endpoint.received)
    query = """
        select count(*) from pg_locks l join pg_class c on c.oid = l.relation
         where l.pid = %s and c.relnamespace in ('bunkd'::regnamespace, 'public'::regnamespace)"""
    wait_until(lambda: lanes.connection.execute(query, [lane.pid]).fetchone() == (0,))
    xid = "select backend_xid is null from pg_stat_activity where pid = %s"
    assert lanes.connection.execute(xid, [lane.pid]).fetchone() == (True,)
    lanes.connection.execute("truncate public.analysis_jobs")  # nobody waits for a call


def test_an_extension_that_is_dropped_is_said_and_an_upgrade_brings_it_back(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    with lanes.database.admin() as admin:
        admin.execute("drop extension http cascade")
    lanes.start(1)
    add_jobs(lanes.connection)
    gone = "select count(*) from bunkd.find_obstacles(%s) where code = 'EXTENSION_GONE'"
    assert lanes.connection.execute(gone, [SCHEDULE]).fetchone() == (1,)
    wait_until(lambda: lanes.tick() != "")
    assert endpoint.received == []
    upgrade(lanes.database)
    assert lanes.connection.execute(gone, [SCHEDULE]).fetchone() == (0,)
    lanes.start(1)
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 1})


def test_an_extension_that_an_admin_drops_in_a_call_and_creates_anew_goes_on(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    lane = in_a_call(lanes, endpoint, 2)
    with lanes.database.admin() as admin:
        admin.execute("drop extension http")
        assert "http is gone" in lanes.tick()
        admin.execute("create extension http with schema extensions")
    endpoint.release()
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 2})
    wait_until(lambda: lanes.outcomes() == ["network_error", "ok", "ok"])
    assert lanes.slots() == 0
    assert not lane.over


def test_a_crash_in_a_batch(database: Database, connection: Connection, endpoint: Endpoint) -> None:
    lanes = installed(database, connection, endpoint.url)
    endpoint.fail_with = "hang"
    add_jobs(connection, 6)
    lanes.start(1, 2, 3)
    wait_until(lambda: endpoint.open == 3)
    database.server.restart("immediate")
    wait_until(lambda: all(lane.over for lane in lanes.started))
    endpoint.fail_with = None
    with database.connect() as after:
        again = Lanes(database, after)
        wait_until(lambda: again.tick() != "")
        again.start(1, 2)
        wait_until(lambda: count_by_status(after) == {"done": 6}, 20)
        wait_until(lambda: again.slots() == 0 and None not in again.outcomes())
        assert again.outcomes().count("lost") == 3
        again.stop()


def test_a_lane_of_before_an_upgrade_ends(lanes: Lanes) -> None:
    [lane] = lanes.start(1)
    upgrade(lanes.database)
    wait_until(lambda: lane.over)
    assert lane.error is None


def test_a_lane_of_before_an_upgrade_records_its_answer_and_takes_no_other_call(
    lanes: Lanes, endpoint: Endpoint
) -> None:
    lane = in_a_call(lanes, endpoint, 2)
    upgrade(lanes.database)
    endpoint.release()
    wait_until(lambda: lane.over)
    assert lane.error is None
    assert lanes.outcomes() == ["network_error"]
    lanes.start(1)
    wait_until(lambda: lanes.outcomes() == ["network_error", "ok", "ok"])


def test_a_downgrade_waits_for_no_call_and_leaves_no_job(lanes: Lanes, endpoint: Endpoint) -> None:
    endpoint.fail_with = "hang"
    [lane] = lanes.start(1)
    add_jobs(lanes.connection)
    wait_until(lambda: endpoint.received)
    downgrade(lanes.database)
    assert lanes.connection.execute("select count(*) from cron.job").fetchone() == (0,)
    endpoint.release()
    wait_until(lambda: lane.over)


@pytest.mark.parametrize("way", ["set", "deploy"])
def test_another_transport_settles_what_is_open(lanes: Lanes, endpoint: Endpoint, way: str) -> None:
    if not lanes.database.server.net:
        pytest.skip("this server has no pg_net to change to: the cluster has")
    endpoint.work = 1.0
    [lane] = lanes.start(1)
    add_jobs(lanes.connection)
    wait_until(lambda: endpoint.received)
    if way == "set":
        lanes.connection.execute(
            'select bunkd.change_schedule(%s, \'{"transport": "pg_net"}\')', [SCHEDULE]
        )
    else:
        upgrade(lanes.database, BUNKD_TRANSPORT="pg_net")
    used = "select transport_used, lanes from bunkd.schedule"
    assert lanes.connection.execute(used).fetchone() == ("pg_net", 0)
    wait_until(lambda: lane.over and lanes.outcomes() == ["ok"])
    lanes.tick()
    jobs = "select jobname from cron.job"
    assert lanes.connection.execute(jobs).fetchall() == [(f"bunkd:{SCHEDULE}",)]
    add_jobs(lanes.connection)  # the wake is back
    wait_until(lambda: count_by_status(lanes.connection) == {"done": 2})
    assert lanes.calls()[1:] == ["wake"]


def test_no_worker_ends_a_call_that_was_handed_to_the_lanes(lanes: Lanes) -> None:
    add_jobs(lanes.connection)
    lanes.tick()
    state = {"protocol": 1, "room": 0, "able": True, "listens": False, "leaving": False}
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="the worker's name"):
        lanes.connection.execute(
            "select bunkd.worker_exchange_v1(%s, 'lanes', %s)",
            [SCHEDULE, Jsonb({**state, "known": [], "answers": []})],
        )
    assert (lanes.calls(), lanes.slots()) == (["tick"], 1)
