"""Ask for the cron jobs, and say what is true of those that make HTTP calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bunkd_db import providers
from bunkd_db.capabilities.checks.versions import version_of
from bunkd_db.capabilities.cron.command import Read, Sender, parse_url, read_command
from bunkd_db.capabilities.cron.database import retention, same_url, several_hosts, unseen
from bunkd_db.capabilities.cron.judge import Meant, findings_of, hosts_of
from bunkd_db.capabilities.cron.keys import Mask
from bunkd_db.capabilities.cron.keys_out import keys_of
from bunkd_db.capabilities.cron.outcome import Known, outcome_of
from bunkd_db.capabilities.cron.report import Answers, CronReport, History, JobReport
from bunkd_db.capabilities.cron.rows import (
    CronFunction,
    CronJob,
    CronRun,
    LastCall,
    NetAnswers,
    RunHistory,
    Vault,
)
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.gather import gather
from bunkd_db.capabilities.rows.background_worker import BackgroundWorker
from bunkd_db.capabilities.rows.cron_grants import CronGrants
from bunkd_db.capabilities.rows.extension import Extension
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import Server
from bunkd_db.errors import DatabaseUnavailable
from bunkd_db.settings import Settings

_ASKED = (CronJob, CronFunction, CronRun, RunHistory, LastCall, NetAnswers, Vault)
_PROJECT = re.compile(r"db\.([a-z0-9]{20})\.supabase\.co")
_COUNTED_TO = 10_000


def examine_cron(settings: Settings) -> CronReport:
    """Ask the database, read-only, about every cron job.

    Raises:
        ConfigurationError, DatabaseUnavailable: it could not be asked.
    """
    first = (Server, Extension, BackgroundWorker, Schedule, CronGrants)
    return judge_cron(gather(settings, providers.evidence(), (*first, *_ASKED)))


def judge_cron(facts: Facts) -> CronReport:
    """Turn the facts into the report.

    Raises:
        DatabaseUnavailable: the jobs are in another database, or this role cannot read them.
    """
    server = facts.server
    if facts.extensions["pg_cron"].installed is None:
        elsewhere = facts.database_of("pg_cron")
        if elsewhere and elsewhere != server.database:
            raise DatabaseUnavailable(
                f"pg_cron keeps the cron jobs of this server in database {elsewhere}",
                "Ask again with that database in DATABASE_URL.",
            )
        return CronReport(server.version, server.database, server.role, 0, None)
    grants = facts.seen_one(CronGrants)
    if grants is None or CronJob not in facts.found:
        why = (
            facts.unanswered.get(CronJob) or "it needs usage on schema cron and select on cron.job"
        )
        raise DatabaseUnavailable(
            f"role {server.role} cannot read cron.job: {why}",
            "As a superuser:",
            f"grant usage on schema cron to {server.role_sql};",
        )
    rows, functions = facts.seen(CronJob), [each.source for each in facts.seen(CronFunction)]
    reads = {row.id: read_command(row.command, functions if row.here else []) for row in rows}
    mask = Mask(key for read in reads.values() for key in read.every_key)
    ledger = _ledger(facts)
    seen = facts.seen_one(RunHistory)
    known = Known(
        runs={run.job: run for run in facts.seen(CronRun)} if CronRun in facts.found else None,
        ledger=ledger if LastCall in facts.found else None,
        seen_for=seen.seen_for if seen else None,
        whole=seen is None or seen.counted <= _COUNTED_TO,
    )
    calling = [row for row in rows if reads[row.id].calls]
    meant = _meant(facts, ledger)
    vault = facts.seen_one(Vault)
    has_vault = vault is not None and vault.usable
    waits = _net_waits(facts)
    jobs = [_job(row, reads[row.id], known, meant, waits, mask, has_vault) for row in calling]
    history = _history(seen, _pruners(rows, reads)) if seen else None
    findings = list(same_url(jobs, reads, rows, ledger, mask))
    if not meant.hosts:
        findings += several_hosts(jobs)
    if history and facts.setting("cron.log_run") != "off":
        ours = {row.id for row in calling if _ticks(reads[row.id])}
        others = any(row.active and row.id not in ours for row in rows)
        findings += retention(history, others, grants.sees_all)
    findings += unseen(facts, _ASKED, grants.sees_all)
    return CronReport(
        version=server.version,
        database=server.database,
        role=server.role,
        cron_jobs=rows[0].all_jobs if rows else 0,
        sees_all=grants.sees_all,
        jobs=tuple(jobs),
        findings=tuple(findings),
        history=history,
        answers=_answers(facts),
    )


def _ledger(facts: Facts) -> Mapping[str, LastCall]:
    return {last.schedule: last for last in facts.seen(LastCall)}


def _ticks(read: Read) -> bool:
    return any(call.sender is Sender.TICK for call in read.calls)


def _pruners(rows: Sequence[CronJob], reads: Mapping[int, Read]) -> tuple[int, ...]:
    return tuple(row.id for row in rows if row.active and reads[row.id].prunes)


def _job(
    row: CronJob,
    read: Read,
    known: Known,
    meant: Meant,
    net_waits: int,
    mask: Mask,
    has_vault: bool,
) -> JobReport:
    outcome = outcome_of(row, read, known, mask)
    return JobReport(
        id=row.id,
        name=None if row.name is None else mask.line(row.name, 80),
        cron=mask.line(row.cron, 40),
        active=row.active,
        role=mask.line(row.role, 63),
        database=mask.line(row.database, 63),
        here=row.here,
        hosts=tuple(mask.line(host) for host in [*hosts_of(read), *_of_schedules(read, known)]),
        computed=any(c.host is None and c.sender is not Sender.TICK for c in read.calls),
        senders=tuple(dict.fromkeys(str(call.sender) for call in read.calls)),
        functions=tuple(
            dict.fromkeys(mask.line(c.source.signature) for c in read.calls if c.source)
        ),
        outcome=outcome,
        findings=(
            *keys_of(row, read, mask, has_vault),
            *findings_of(row, read, outcome, known, meant, net_waits, mask),
        ),
    )


def _of_schedules(read: Read, known: Known) -> Iterable[str]:
    """Give the hosts of the schedules that a command ticks for."""
    for call in read.calls:
        last = known.ledger.get(call.schedule or "") if known.ledger else None
        host, _ = parse_url(last.url if last else None, True)
        if host:
            yield host


def _meant(facts: Facts, ledger: Mapping[str, LastCall]) -> Meant:
    """Return where calls are meant to go: as our schedules say, else the project of the database."""
    urls = [last.url for last in ledger.values()] or [facts.call_url]
    hosts = frozenset(host for host, _ in (parse_url(url, True) for url in urls) if host)
    if hosts:
        return Meant(hosts, "bunkd-db calls")
    project = _PROJECT.fullmatch(facts.host)
    own = frozenset({f"{project[1]}.supabase.co"} if project else ())
    return Meant(own, "this database belongs to")


def _net_waits(facts: Facts) -> int:
    """Return for how many seconds pg_net waits if it is not told."""
    version = facts.extensions["pg_net"].installed
    return 2 if version and version_of(version) < (0, 8) else 5


def _history(seen: RunHistory, pruned_by: tuple[int, ...]) -> History:
    exact = seen.counted <= _COUNTED_TO
    estimate = int(seen.estimate) if seen.estimate is not None else None
    rows = seen.counted if exact else max(estimate or 0, seen.counted)
    return History(rows, not exact, seen.bytes, seen.oldest, pruned_by)


def _answers(facts: Facts) -> Answers | None:
    found = facts.seen_one(NetAnswers)
    return Answers(found.answers, found.failed, found.oldest) if found else None
