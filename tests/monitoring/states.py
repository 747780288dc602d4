"""A schedule that makes its calls, and real states that it gets into."""

from dataclasses import dataclass
from datetime import timedelta

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.ticks import settle, tick
from tests.support.upgrade import JOB, install
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


def switched_off(place: Place) -> None:
    tick(place.owner)
    place.owner.execute(
        "select cron.alter_job(jobid, active := false) from cron.job where jobname = %s", [JOB]
    )


def worker_gone(place: Place) -> None:
    install(
        place.database,
        BUNKD_CALL_URL=place.endpoint.url,
        BUNKD_EVERY="2h",
        BUNKD_MODE="external",
    )
    add_jobs(place.owner, 2, age=FIVE_HOURS)


def called_by_another(place: Place) -> None:
    place.owner.execute(
        "select cron.schedule('poll', '0 0 1 1 *', format($$select net.http_post(url := %L,"
        " body := '{}', timeout_milliseconds := 30000)$$, (select url from bunkd.schedule)))"
    )
