"""The time zone of a schedule of five cron fields."""

from __future__ import annotations

import re

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, unanswered
from bunkd_db.capabilities.registry import check


@check("job_zone", order=560)
def job_zone(context: Context) -> Finding:
    facts = context.facts
    if not re.search(r"\s", facts.wanted):
        return skip(f"{facts.wanted} is the same in every time zone")
    if "cron.timezone" in facts.unreadable:
        detail = f"pg_cron reads {facts.wanted} in cron.timezone, by default GMT"
        return unanswered(detail, "To see it, as a superuser:", "show cron.timezone;")
    # before 1.5 there is no such setting
    zone = facts.setting("cron.timezone") or "Greenwich (GMT)"
    return ok(f"pg_cron reads {facts.wanted} in time zone {zone}")
