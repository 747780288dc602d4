"""`check` in this process, with exactly the settings that a test names."""

from bunkd_db.capabilities import examine
from bunkd_db.capabilities.report import Report
from bunkd_db.models import Check
from tests.support.database import Database
from tests.support.upgrade import install, settings
from tests.support.wait import wait_until


def check(database: Database | str, *, probe: bool = False, **env: str) -> Report:
    """The report on a database."""
    url = database if isinstance(database, str) else database.url
    return examine(settings(url, **env), probe=probe)


def install_and_wait(database: Database | str, **env: str) -> None:
    """Install, and wait until the calls are made: pg_net's worker restarts with its extension."""
    install(database, **env)
    wait_until(lambda: check(database).active, message="the database makes the calls")


def named(report: Report, name: str) -> Check:
    """The check of this name; there is exactly one."""
    [found] = [check for check in report.checks if check.name == name]
    return found


def codes(report: Report) -> list[str]:
    """The codes of the verdict's reasons, in their order."""
    return [reason.code for reason in report.reasons]


def not_well(report: Report) -> set[str]:
    """The codes of all checks that are not well."""
    return {check.reason for check in report.checks if check.status in ("fail", "warn")}
