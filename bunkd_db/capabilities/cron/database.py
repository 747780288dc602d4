"""What is to be said of all cron jobs together, and of what could not be seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.cron.command import Read, Sender, parse_url
from bunkd_db.capabilities.cron.judge import switch_off
from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.capabilities.cron.report import History, JobReport
from bunkd_db.capabilities.cron.rows import CronJob, LastCall
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.finding import Finding, unanswered, warn
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.wording import ago, some_of

_PRUNE = (
    "select cron.schedule('prune-cron-history', '30 3 * * *', $$delete from cron.job_run_details"
    " where coalesce(end_time, start_time) < now() - interval '7 days'$$);"
)
Target = tuple[str, str]


def same_url(
    jobs: Sequence[JobReport],
    reads: Mapping[int, Read],
    rows: Sequence[CronJob],
    ledger: Mapping[str, LastCall],
    mask: Mask,
) -> Iterable[Finding]:
    """Give the active jobs that call the same URL, those beside a job of ours by their own name."""
    by_id = {job.id: job for job in jobs if job.active}
    callers: dict[Target, dict[int, None]] = defaultdict(dict)
    ticking: dict[int, None] = {}
    for id in by_id:
        for call in reads[id].calls:
            host, path = call.host, call.path
            if call.sender is Sender.TICK:
                ticking[id] = None
                schedule = ledger.get(call.schedule or "")
                host, path = parse_url(schedule.url if schedule else None, complete=True)
            if host is not None and path is not None:
                callers[host, path][id] = None
    hand_made = {row.id for row in rows if row.legacy and row.id in by_id} if ticking else set()
    for (host, _), ids in sorted(callers.items()):
        others = [id for id in ids if id not in ticking]
        if len(ids) > 1 and len(others) < len(ids):
            hand_made |= set(others)
        if len(ids) > 1 and (not others or len(others) == len(ids)):
            yield warn(
                Code.SAME_URL,
                f"{len(ids)} jobs call the same URL at {mask.line(host)}:"
                f" {some_of([by_id[id].title for id in ids])}",
                "Keep one, and switch the others off as their owner:",
                *(switch_off(id) for id in list(ids)[1:]),
            )
    if hand_made:
        names = some_of([by_id[id].title for id in sorted(hand_made)])
        ours = some_of([by_id[id].title for id in ticking])
        yield warn(
            Code.LEGACY_JOB,
            f"{'a legacy job calls' if len(hand_made) == 1 else f'{len(hand_made)} legacy jobs call'}"
            f" the same function as {ours}: {names}",
            "Switch it off, as the job's owner or a superuser:"
            if len(hand_made) == 1
            else "Switch them off, as each job's owner or a superuser:",
            *(switch_off(id) for id in sorted(hand_made)),
        )


def several_hosts(jobs: Iterable[JobReport]) -> Iterable[Finding]:
    """Give the hosts where there are several and nobody knows which is meant."""
    callers: dict[str, list[int]] = defaultdict(list)
    for job in jobs:
        for host in job.hosts if job.active else ():
            callers[host].append(job.id)
    if len(callers) > 1:
        each = [
            f"{host} (job {', '.join(map(str, ids[:4]))})" for host, ids in sorted(callers.items())
        ]
        yield warn(
            Code.SEVERAL_HOSTS,
            f"the jobs call {len(callers)} hosts: {some_of(each)}",
            "If one of them belongs to another project, for example because this database is a copy,"
            " switch its job off.",
        )


def retention(history: History, others: bool, sees_all: bool) -> Iterable[Finding]:
    """Give that nothing removes old runs; `others`: there are active jobs that are not ours."""
    if history.pruned_by or not others:
        return
    seen = "no job prunes it" if sees_all else "no job that this role sees prunes it"
    yield warn(
        Code.NO_RETENTION,
        f"pg_cron's run history grows without limit: {size_of(history)}; {seen}",
        "Schedule a job that removes runs older than a week. Run this as a superuser: a job of another"
        " role can remove only its own runs.",
        _PRUNE,
    )


def size_of(history: History) -> str:
    """Return how much there is, for people."""
    parts = []
    if history.rows is not None:
        parts.append(
            f"{'about ' if history.estimated else ''}{history.rows:,} row{'' if history.rows == 1 else 's'}"
        )
    parts.append(_bytes(history.bytes))
    if history.oldest_seconds is not None:
        parts.append(f"the oldest {ago(history.oldest_seconds)} old")
    return ", ".join(parts)


def _bytes(size: int) -> str:
    for unit, scale in (("GB", 1024**3), ("MB", 1024**2)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size // 1024} kB"


def unseen(facts: Facts, kinds: Iterable[type[Row]], sees_all: bool) -> Iterable[Finding]:
    """Give what this role cannot see, and what the database declined to say."""
    role = facts.server.role
    if not sees_all:
        yield unanswered(
            f"role {role} sees only its own cron jobs and their runs (row-level security on cron.job)",
            "Ask again as a superuser, to see the jobs of every role.",
        )
    for kind in kinds:
        if kind in facts.unanswered:
            yield unanswered(f"{kind.what} could not be read: {facts.unanswered[kind]}")
