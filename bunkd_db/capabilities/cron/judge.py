"""What is to be said of one cron job, and of its command."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.cron.command import Read, Sender
from bunkd_db.capabilities.cron.due import longest_gap
from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.capabilities.cron.outcome import Known
from bunkd_db.capabilities.cron.report import Ending, Outcome
from bunkd_db.capabilities.cron.rows import CronJob
from bunkd_db.capabilities.finding import Finding, fail, warn
from bunkd_db.capabilities.wording import ago, some_of
from bunkd_db.sql.statements import recent_calls

_PROJECT = re.compile(r"[a-z0-9]{20}\.supabase\.(?:co|in|red)")

_NEW = 600  # seconds that a new job is given
_RUNS = "select * from cron.job_run_details where jobid = {} order by runid desc limit 5;"
_COMMAND = "select command from cron.job where jobid = {};"
_BODY = "select pg_get_functiondef({});"


@dataclass(frozen=True)
class Meant:
    """Where this database's calls are meant to go: `hosts`, and `why` that is known."""

    hosts: frozenset[str]
    why: str


def findings_of(
    job: CronJob,
    read: Read,
    outcome: Outcome,
    known: Known,
    meant: Meant,
    net_waits: int,
    mask: Mask,
) -> Iterable[Finding]:
    """Give what is not well with a job, but for its keys; nothing of one that is switched off."""
    if not job.active:
        return
    yield from _ending(job, outcome, next(filter(None, _ticked(read)), ""))
    yield from _never_ran(job, outcome, known)
    yield from _foreign_host(job, read, meant, mask)
    yield from _no_timeout(job, read, net_waits, mask)


def _ticked(read: Read) -> Iterable[str | None]:
    """The schedules that a job's command ticks for."""
    return (call.schedule for call in read.calls if call.sender is Sender.TICK)


def _ending(job: CronJob, outcome: Outcome, schedule: str) -> Iterable[Finding]:
    if outcome.ending is Ending.RUN_FAILED:
        yield fail(
            Code.RUN_FAILED,
            "pg_cron's last run ended with an error",
            "Fix what the error message names. The last runs:",
            _RUNS.format(job.id),
        )
    elif outcome.ending is Ending.CALL_FAILED:
        yield fail(
            Code.CALL_FAILED,
            "the last call failed",
            "Read what the function answered, and what bunkd-db says of it:",
            recent_calls(schedule),
            f"bunkd-db check --schedule {schedule}",
        )


def _never_ran(job: CronJob, outcome: Outcome, known: Known) -> Iterable[Finding]:
    gap, seen_for = longest_gap(job.cron), known.seen_for
    if outcome.ending is not Ending.NO_RUN or gap is None or seen_for is None:
        return
    if seen_for > 2 * gap + _NEW:
        yield warn(
            Code.NEVER_RAN,
            f"it is active, but pg_cron's history of the last {ago(seen_for)} has no run of it",
            "If the job is new, wait for its next time. Else find out what keeps pg_cron from running it:",
            "bunkd-db check -v",
        )


def _foreign_host(job: CronJob, read: Read, meant: Meant, mask: Mask) -> Iterable[Finding]:
    foreign = [host for host in hosts_of(read) if host not in meant.hosts]
    shown_ones = [mask.line(host) for host in foreign]
    if not foreign or not meant.hosts:
        return
    projects = any(map(_PROJECT.fullmatch, foreign)) and any(map(_PROJECT.fullmatch, meant.hosts))
    make = fail if projects else warn
    other = " (another Supabase project)" if projects else ""
    yield make(
        Code.FOREIGN_HOST,
        f"it calls {some_of(shown_ones)}{other}, while {meant.why} {some_of(sorted(meant.hosts))}",
        "If that is not intended, for example because this database is a copy, switch the job off as its"
        " owner:",
        switch_off(job.id),
    )


def _no_timeout(job: CronJob, read: Read, net_waits: int, mask: Mask) -> Iterable[Finding]:
    without = [call for call in read.calls if not call.has_timeout]
    if not without:
        return
    source = without[0].source
    text = _BODY.format(source.id) if source else _COMMAND.format(job.id)
    where = f" in function {mask.line(source.signature)}" if source else ""
    yield warn(
        Code.NO_TIMEOUT,
        f"the call{where} names no timeout_milliseconds: pg_net waits for {net_waits} s, and cuts off an"
        " answer that takes longer",
        "Name a timeout in the call that is longer than the function takes. The text to correct:",
        text,
    )


def hosts_of(read: Read) -> list[str]:
    """Return the hosts that a command names, each once."""
    return list(dict.fromkeys(c.host for c in read.calls if c.host and c.sender is not Sender.TICK))


def switch_off(job: int) -> str:
    """Return the statement that switches a job off, and keeps it."""
    return f"select cron.alter_job({job}, active := false);"
