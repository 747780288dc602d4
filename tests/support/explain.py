"""`explain` in this process, and a schedule in whose way nothing stands until the test says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from bunkd_db import explain
from bunkd_db.explain.facts import Job
from tests.support.checked import let_workers_restart
from tests.support.database import Database
from tests.support.held import Held, held
from tests.support.queue import Generation
from tests.support.server import Connection


def explained(database: Database | str, job: str, schedule: str | None = None) -> Job:
    """What is said of one job; its remedy and its commands fit together."""
    url = database if isinstance(database, str) else database.url
    [found] = explain.read(url, job, schedule).jobs
    rule = found.rule
    assert rule.detail
    assert rule.remedy.endswith(":" if rule.commands else ".") or rule.code == "DONE"
    return found


def rule_of(database: Database | str, job: str) -> str:
    return explained(database, job).rule.code


@contextmanager
def live(
    database: Database, connection: Connection, generation: Generation = 1, **env: str
) -> Iterator[Held]:
    """As `held`, with a cron job that is active but not due, so that no obstacle is in the way."""
    with held(database, connection, generation, BUNKD_EVERY="2h", **env) as one:
        connection.execute("select cron.alter_job(jobid, active := true) from cron.job")
        let_workers_restart(connection)
        yield one
