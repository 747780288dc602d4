"""The background workers and the versions: whether what is installed also works."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.interval import seconds_between
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield whether the workers run, and what their versions can do."""
    yield from _worker(context, "pg_cron", "scheduler", "CRON_DEAD")
    yield from _worker(context, "pg_net", "worker", "NET_DEAD")
    yield _seconds(context)
    yield _net_version(context)
    yield _runs(context)


def _worker(context: Context, name: str, what: str, code: str) -> Iterator[Check]:
    # by application_name: net.check_worker_is_up() says no to a role without pg_read_all_stats
    facts, check = context.facts, f"{name}_worker"
    if not facts.preloaded(name):
        yield Check(check, "skip", f"{name} is not preloaded, so it has no {what}")
    elif facts.server.in_recovery:
        yield Check(check, "skip", f"{name} has no {what} on a standby")
    elif declined := context.declined("workers", check, f"whether {name}'s {what} runs"):
        yield declined
    elif worker := facts.worker(name):
        yield Check(check, "pass", f"{name}'s {what} runs ({worker.name})")
    elif facts.extensions[name].installed is None:
        yield Check(check, "skip", f"{name} is not installed, and its {what} does not run yet")
    else:
        yield context.bad(check, "fail", f"{name}'s {what} does not run", code, name)


def version_of(text: str) -> tuple[int, ...]:
    """Return a version's numbers.

    >>> version_of("1.4-1"), version_of("0.20.4")
    ((1, 4, 1), (0, 20, 4))
    """
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _seconds(context: Context) -> Check:
    found = context.facts.extensions["pg_cron"]
    version = found.installed or found.available
    if version is None:
        return Check("pg_cron_version", "skip", "there is no pg_cron")
    wanted = seconds_between(context.facts.wanted)
    if version_of(version) < (1, 5) and wanted is not None and wanted < 60:
        detail = (
            f"pg_cron {version} knows no seconds (1.5 does): it ticks every minute,"
            f" not every {context.facts.wanted}"
        )
        return context.bad("pg_cron_version", "warn", detail, "OLD_CRON", "pg_cron")
    return Check(
        "pg_cron_version", "pass", f"pg_cron {version} can tick every {context.facts.wanted}"
    )


def _net_version(context: Context) -> Check:
    found = context.facts.extensions["pg_net"]
    version = found.installed or found.available
    if version is None:
        return Check("pg_net_version", "skip", "there is no pg_net")
    if version_of(version) < (0, 8):
        detail = f"pg_net {version} stays away for 32 s after an error (0.8 and newer: 1 s)"
        return context.bad("pg_net_version", "warn", detail, "OLD_NET", "pg_net")
    if version_of(version) < (0, 19):
        detail = f"pg_net {version} looks for calls once a second (0.19 and newer: at commit)"
        return Check("pg_net_version", "pass", detail)
    return Check("pg_net_version", "pass", f"pg_net {version} sends a call at commit")


def _runs(context: Context) -> Check:
    facts = context.facts
    if facts.setting("cron.launch_active_jobs") == "off":
        detail = "pg_cron is told to run no job (cron.launch_active_jobs is off)"
        return context.bad("pg_cron_runs", "fail", detail, "JOBS_OFF", "pg_cron")
    if facts.cron_grants is None or not facts.cron_grants.may_read_runs:
        return Check("pg_cron_runs", "skip", "there are no runs of pg_cron to read")
    if declined := context.declined("runs", "pg_cron_runs", "pg_cron's runs"):
        return declined
    ours = [run for run in facts.runs if run.ours]
    last = next(iter(ours or facts.runs), None)
    if last is None:
        return Check("pg_cron_runs", "pass", "no job has run yet")
    if last.message == "connection failed":
        detail = "pg_cron's last run failed: connection failed"
        return context.bad("pg_cron_runs", "fail", detail, "HBA", "pg_cron")
    if ours and last.status == "failed":
        return Check(
            "pg_cron_runs",
            "fail",
            f"the last tick failed: {(last.message or 'no message').strip()}",
            "Remove what the message names; the next tick tries again.",
            "TICK_FAILED",
        )
    return Check("pg_cron_runs", "pass", "the last run did not fail")
