"""What the versions of pg_cron and pg_net can do."""

from __future__ import annotations

import re

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip
from bunkd_db.capabilities.registry import check
from bunkd_db.interval import seconds_between


@check("pg_cron_version", order=330)
def pg_cron_version(context: Context) -> Finding:
    found, wanted = context.facts.extensions["pg_cron"], context.facts.wanted
    version = found.installed or found.available
    if version is None:
        return skip("there is no pg_cron")
    seconds = seconds_between(wanted)
    if version_of(version) < (1, 5) and seconds is not None and seconds < 60:
        detail = (
            f"pg_cron {version} cannot schedule in seconds (1.5 and newer can), so ticks run every"
            f" minute instead of every {wanted}"
        )
        return context.bad("warn", Code.OLD_CRON, detail, "pg_cron")
    return ok(f"pg_cron {version} can tick every {wanted}")


@check("pg_net_version", order=340, of_sender=True)
def pg_net_version(context: Context) -> Finding:
    found = context.facts.extensions["pg_net"]
    version = found.installed or found.available
    if version is None:
        return skip("there is no pg_net")
    if version_of(version) < (0, 8):
        detail = f"pg_net {version} sends nothing for 32 s after an error (0.8 and newer: 1 s)"
        return context.bad("warn", Code.OLD_NET, detail, "pg_net")
    if version_of(version) < (0, 19):
        return ok(f"pg_net {version} looks for calls once a second (0.19 and newer: at commit)")
    return ok(f"pg_net {version} sends a call at commit")


def version_of(text: str) -> tuple[int, ...]:
    """Return a version's numbers.

    >>> version_of("1.4-1"), version_of("0.20.4")
    ((1, 4, 1), (0, 20, 4))
    """
    return tuple(int(number) for number in re.findall(r"\d+", text))
