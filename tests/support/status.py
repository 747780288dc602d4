"""`status` in this process, and what it says."""

import json
import re

from bunkd_db.status.ask import read
from bunkd_db.status.facts import Schedule
from bunkd_db.status.report import Judged
from bunkd_db.status.verdict import Health, Line
from tests.support.command import here
from tests.support.database import Database
from tests.support.upgrade import SCHEDULE

LOCKED = "is locked; the next tick retries"  # autovacuum locks a catalog for an instant


def judged(database: Database | str, schedule: str = SCHEDULE) -> Judged:
    """The facts and the verdict of one schedule; a queue that stays locked is said to be."""
    url = database if isinstance(database, str) else database.url
    for _ in range(3):
        [found] = read(url, schedule).schedules
        if LOCKED not in str(found.facts.queue.problem):
            break
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


def named(database: Database | str, code: str, says: str) -> None:
    """`bunkd-db status` exits 1, and its first red line is this cause, with what to do."""
    url = database if isinstance(database, str) else database.url
    done = here("status", DATABASE_URL=url)
    assert done.code == 1, done.out
    assert done.err == ""
    shown = " ".join(done.out.split())
    assert shown.startswith(f"unhealthy: schedule {SCHEDULE}")
    first = re.search(r"^unhealthy  (.*?)\n\s+-> (.*)$", done.out, re.DOTALL | re.MULTILINE)
    assert first is not None, done.out
    assert f"({code})" in first[1]
    assert says in first[1]
    told = json.loads(here("status", "--json", DATABASE_URL=url).out)
    [schedule] = told["schedules"]
    assert (told["health"], schedule["health"]) == ("unhealthy", "unhealthy")
    assert schedule["lines"][0]["code"] == code
    for each in schedule["lines"]:
        assert each["remedy"].endswith(":" if each["commands"] else "."), each
