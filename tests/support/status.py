"""`status` in this process, and what it says."""

from bunkd_db import status
from bunkd_db.status.facts import Schedule
from bunkd_db.status.report import Judged
from bunkd_db.status.verdict import Health, Line
from tests.support.database import Database
from tests.support.upgrade import SCHEDULE


def judged(database: Database | str, schedule: str = SCHEDULE) -> Judged:
    """The facts and the verdict of one schedule."""
    url = database if isinstance(database, str) else database.url
    [found] = status.read(url, schedule).schedules
    return found


def facts_of(database: Database | str, schedule: str = SCHEDULE) -> Schedule:
    return judged(database, schedule).facts


def line(found: Judged, code: str) -> Line:
    """The line of this code; there is exactly one."""
    [one] = [each for each in found.verdict.lines if each.code == code]
    return one


def codes(found: Judged, *levels: Health) -> list[str]:
    """The codes of all lines, or of those of these levels, the worst first."""
    return [each.code for each in found.verdict.lines if not levels or each.level in levels]
