"""Grafana's macros and variables in a query for its PostgreSQL data source, expanded as documented.

https://grafana.com/docs/grafana/latest/datasources/postgres/query-editor/#macros
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bunkd_db.sql.literal import literal

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def expanded(
    sql: str, schedules: Sequence[str], *, hours: int = 6, interval: str = "1m", at: datetime
) -> str:
    """What PostgreSQL gets of a query, for a range of so many hours that ends now."""
    begin, end = (_stamp(each) for each in (at - timedelta(hours=hours), at))
    named = ",".join(literal(each) for each in schedules)
    sql = sql.replace("${schedule:sqlstring}", named).replace("$__interval", interval)
    sql = re.sub(r"\$__timeFilter\(([^)]+)\)", rf"\1 BETWEEN '{begin}' AND '{end}'", sql)
    sql = re.sub(
        r"\$__timeGroupAlias\(([^,]+),\s*([^)]+)\)",
        lambda found: f'{_group(found[1], found[2])} AS "time"',
        sql,
    )
    left = re.findall(r"\$\S+", sql)
    assert left == [], f"not expanded: {left}"
    return sql


def _group(column: str, interval: str) -> str:
    seconds = int(interval.strip("'")[:-1]) * _UNITS[interval.strip("'")[-1]]
    return f"floor(extract(epoch from {column})/{seconds})*{seconds}"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
