"""`check` in this process, with exactly the settings that a test names."""

from contextlib import suppress

from bunkd_db.capabilities import examine
from bunkd_db.capabilities.report import Report
from bunkd_db.models import Check
from tests.support.database import Database
from tests.support.queue import TABLE, create_queue
from tests.support.server import Connection, connect
from tests.support.upgrade import SCHEDULE, install, settings
from tests.support.wait import wait_until


def check(database: Database | str, *, probe: bool = False, **env: str) -> Report:
    """The report on a database."""
    url = database if isinstance(database, str) else database.url
    return examine(settings(url, **env), probe=probe)


def install_and_wait(database: Database | str, **env: str) -> None:
    """Install, and wait until the calls are made: pg_net's worker restarts with its extension.

    A queue is made where there is none: without one no call could be made.
    """
    with connect(database if isinstance(database, str) else database.url) as owner:
        if owner.execute("select to_regclass(%s)", [TABLE]).fetchone() == (None,):
            create_queue(owner)
        install(database, **env)
        made = "select calls_made from bunkd.status"
        wait_until(
            lambda: owner.execute(made).fetchone() == (True,),
            message="the database makes the calls",
        )


def let_workers_restart(connection: Connection) -> None:
    """pg_cron's scheduler and pg_net's worker end with an extension and are back within seconds."""
    gone = "select from bunkd.find_obstacles(%s) where code in ('CRON_DEAD', 'NET_DEAD')"
    with suppress(AssertionError):  # or they are dead, and the test is about that
        wait_until(lambda: connection.execute(gone, [SCHEDULE]).fetchone() is None, 10)


def named(report: Report, name: str) -> Check:
    """The check of this name; there is exactly one."""
    [found] = [check for check in report.checks if check.name == name]
    return found


def codes(report: Report) -> list[str]:
    """The codes of the verdict's reasons, in their order."""
    return [check.reason for check in report.blocking]


def not_well(report: Report) -> set[str]:
    """The codes of all checks that are not well."""
    return {check.reason for check in report.checks if check.status in ("fail", "warn")}
