"""Every query of Grafana's files, asked as the reader, and which alerts fire: the same for Prometheus.

Each state is a real one, on a real server, with calls that were really made.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.monitoring import states
from tests.monitoring.files import grafana_alerts, targets
from tests.monitoring.macros import expanded
from tests.monitoring.promtool import exported, fired
from tests.monitoring.states import READER, Place
from tests.support.checked import let_workers_restart
from tests.support.command import here
from tests.support.held import Held, stop_cron
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Server, connect
from tests.support.upgrade import SCHEDULE, install


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


STATES: dict[str, tuple[Callable[[Place], None], set[str]]] = {
    "all is well": (states.well, set()),
    "paused while jobs wait": (
        states.paused,
        {"BunkdJobsWaitTooLong", "BunkdNoCallSettled", "BunkdPaused"},
    ),
    "all jobs fail": (states.jobs_fail, {"BunkdJobsFail"}),
    "the function answers 500": (states.calls_fail, {"BunkdCallsFail"}),
    "a wrong key": (states.wrong_key, {"BunkdCredentialRejected"}),
    "the function is not there": (states.not_deployed, {"BunkdCallsFail"}),
    "a copy": (states.copied, {"BunkdHeld"}),
    "somebody altered the cron job": (states.drifted, {"BunkdCronJobChanged"}),
    "somebody removed the cron job": (states.unscheduled, {"BunkdCronJobChanged"}),
    "the queue is gone": (states.no_queue, {"BunkdCallsBlocked"}),
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
    states.well(place)
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
