"""Every query of Grafana's files, asked as the reader, and which alerts fire: the same for Prometheus.

Each state is a real one, on a real server, with calls that were really made.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.monitoring.files import grafana_alerts, targets
from tests.monitoring.macros import expanded
from tests.monitoring.promtool import exported, fired
from tests.support.checked import install_and_wait, let_workers_restart
from tests.support.command import here
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import Held, stop_cron
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection, Server, connect
from tests.support.ticks import settle, tick
from tests.support.upgrade import JOB, SCHEDULE, install
from tests.support.wait import wait_until

READER = "oncall"
FIVE_HOURS = timedelta(hours=5)  # more than two ticks


@dataclass(frozen=True)
class Place:
    """A schedule that makes its calls, and the function that it calls."""

    database: Database
    owner: Connection
    endpoint: Endpoint

    def drained(self, n: int = 3) -> None:
        """So many jobs come and are worked off, well or not."""
        add_jobs(self.owner, n)
        waiting = "select from analysis_jobs where status in ('queued', 'processing')"
        wait_until(lambda: self.owner.execute(waiting).fetchone() is None, message="all jobs end")
        settle(self.owner)

    def called(self, n: int) -> None:
        """So many jobs come and are called for, in vain."""
        add_jobs(self.owner, n)
        tick(self.owner)
        settle(self.owner)


@pytest.fixture
def place(database: Database, connection: Connection, endpoint: Endpoint) -> Place:
    with database.admin() as admin:
        admin.execute(f"create role {READER} login password 'postgres'")
    create_queue(connection, 1)
    install_and_wait(
        database, BUNKD_CALL_URL=endpoint.url, BUNKD_EVERY="2h", BUNKD_READER_ROLE=READER
    )
    return Place(database, connection, endpoint)


def grafana(url: str) -> set[str]:
    """The alerts whose query returns a number above its limit."""
    firing = set()
    with connect(url) as reader:
        for alert in grafana_alerts():
            found = reader.execute(expanded(alert.sql, [], at=datetime.now(UTC)).encode())
            assert found.description is not None
            assert [column.name for column in found.description] == ["schedule", "value"]
            if any(float(str(value)) > alert.limit for _, value in found):
                firing.add(alert.name)
    return firing


def prometheus(url: str) -> set[str]:
    done = here("status", "--format", "prometheus", DATABASE_URL=url)
    assert (done.code, done.err) == (0, "")
    return fired(exported(done.out, time.time()))


def well(place: Place) -> None:
    place.drained()


def paused(place: Place) -> None:
    place.owner.execute("update bunkd.schedule set paused = true")
    add_jobs(place.owner, 2, age=FIVE_HOURS)


def jobs_fail(place: Place) -> None:
    place.endpoint.fail_with = "job_failed"
    place.drained(4)


def calls_fail(place: Place) -> None:
    place.endpoint.fail_with = 500
    place.called(3)


def wrong_key(place: Place) -> None:
    place.endpoint.fail_with = 401
    place.called(1)


def not_deployed(place: Place) -> None:
    place.endpoint.fail_with = 404
    place.called(3)


def copied(place: Place) -> None:
    place.owner.execute("update bunkd.schedule set system_identifier = 1")


def drifted(place: Place) -> None:
    place.owner.execute(
        "select cron.alter_job(jobid, schedule := '0 0 1 1 *') from cron.job where jobname = %s",
        [JOB],
    )


def unscheduled(place: Place) -> None:
    place.owner.execute("select cron.unschedule(%s)", [JOB])


def no_queue(place: Place) -> None:
    place.owner.execute("drop table analysis_jobs")


STATES: dict[str, tuple[Callable[[Place], None], set[str]]] = {
    "all is well": (well, set()),
    "paused while jobs wait": (
        paused,
        {"BunkdJobsWaitTooLong", "BunkdNoCallSettled", "BunkdPaused"},
    ),
    "all jobs fail": (jobs_fail, {"BunkdJobsFail"}),
    "the function answers 500": (calls_fail, {"BunkdCallsFail"}),
    "a wrong key": (wrong_key, {"BunkdCredentialRejected"}),
    "the function is not there": (not_deployed, {"BunkdCallsFail"}),
    "a copy": (copied, {"BunkdHeld"}),
    "somebody altered the cron job": (drifted, {"BunkdCronJobChanged"}),
    "somebody removed the cron job": (unscheduled, {"BunkdCronJobChanged"}),
    "the queue is gone": (no_queue, {"BunkdCallsBlocked"}),
}


@pytest.mark.parametrize("state", STATES)
def test_what_fires(place: Place, state: str) -> None:
    bring, alerts = STATES[state]
    bring(place)
    let_workers_restart(place.owner)
    url = place.database.url_as(READER)
    assert grafana(url) == alerts
    assert prometheus(url) == alerts


def test_calls_that_do_not_end(one: Held) -> None:
    with one.database.admin() as admin:
        admin.execute(f"create role {READER} login password 'postgres'")
    install(one.database, BUNKD_READER_ROLE=READER)
    stop_cron(one.connection)
    add_jobs(one.connection, 7)
    one.take(5)
    one.move(timedelta(minutes=20))
    url = one.database.url_as(READER)
    alerts = {"BunkdNoCallSettled", "BunkdCronJobChanged"}  # its cron job is off
    assert grafana(url) == alerts
    assert prometheus(url) == alerts


def test_a_plan_that_cannot_make_the_calls(embedded: Server) -> None:
    with connect(embedded.admin_url) as admin, connect(embedded.url) as owner:
        admin.execute(f"create role {READER} login password 'postgres'")
        create_queue(owner)
        try:
            install(embedded.url, BUNKD_READER_ROLE=READER)
            url = embedded.url.replace("postgres:postgres@", f"{READER}:postgres@")
            assert grafana(url) == prometheus(url) == {"BunkdNotNative"}
            install(embedded.url, BUNKD_MODE="external")
            assert grafana(url) == prometheus(url) == set()
        finally:
            owner.execute("drop table analysis_jobs; drop schema bunkd cascade")
            admin.execute(f"drop role {READER}")


@pytest.mark.parametrize("state", ["all is well", "paused while jobs wait", "a copy"])
def test_every_query_of_the_dashboard(place: Place, state: str) -> None:
    well(place)
    STATES[state][0](place)
    let_workers_restart(place.owner)
    with connect(place.database.url_as(READER)) as reader:
        listed = reader.execute("select schedule from bunkd.status order by schedule").fetchall()
        assert listed == [(SCHEDULE,)]
        rows = {}
        for name, sql in targets("postgresql", "rawSql").items():
            found = reader.execute(expanded(sql, [SCHEDULE], at=datetime.now(UTC)).encode())
            rows[_panel(name)] = found.fetchall()
            assert found.description is not None
            columns = [column.name for column in found.description]
            if "time" in columns:
                moments = [float(str(row[columns.index("time")])) for row in rows[_panel(name)]]
                assert moments, name
                assert moments == sorted(moments), name
    made = state == "all is well"
    assert rows["Are calls being made?"] == [(SCHEDULE, int(made))]
    assert rows["Waiting jobs"] == [(SCHEDULE, 2 if "paused" in state else 0)]
    [(_, waited)] = rows["Oldest wait"]
    assert (float(str(waited)) > 500) is ("paused" in state)
    codes = [row[1] for row in rows["What keeps calls from being made"]]
    assert codes == {"a copy": ["COPY"], "all is well": []}.get(state, ["PAUSED"])
    assert len(rows["Last calls"]) >= 3


def _panel(name: str) -> str:
    """The title, without its panel's number."""
    return name.rpartition(" ")[0]
