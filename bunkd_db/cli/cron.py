"""The screen of `check --cron`: each job that makes HTTP calls, then what is true of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.cron.database import size_of
from bunkd_db.capabilities.wording import ago
from bunkd_db.cli import output
from bunkd_db.cli.report import annotate_checks, show_check
from bunkd_db.models import Check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bunkd_db.capabilities.cron.report import CronReport, JobReport
    from bunkd_db.capabilities.finding import Finding

_WORST_FIRST = ("fail", "warn", "skip", "pass")
_LABEL = 11  # the width of the labels below a job


def show(report: CronReport) -> None:
    """Write the whole answer to standard output."""
    if report.sees_all is None:
        output.say(
            f"pg_cron is not installed in database {report.database}: there are no cron jobs."
        )
        return
    output.say(output.paragraph(_first_line(report)))
    output.say(
        output.paragraph(
            f"PostgreSQL {report.version.split()[0]}, database {report.database}, role {report.role}"
        )
    )
    for job in report.jobs:
        output.say()
        _job(job, report.database)
    if report.findings or report.history or report.answers:
        output.say()
    _about_all(report)
    _findings(report.findings)


def _first_line(report: CronReport) -> str:
    calling, all_of_them = len(report.jobs), report.cron_jobs
    if not report.sees_all:
        hidden = "row-level security hides those of other roles"
        if not all_of_them:
            return (
                f"Role {report.role} sees no cron job: {hidden}, if there are any. Ask again as the"
                " jobs' owner or a superuser."
            )
        if not calling:
            return (
                f"Role {report.role} sees no cron job that makes an HTTP call"
                f" ({_jobs(all_of_them)} in all; {hidden})."
            )
    if not calling:
        return f"No cron job makes an HTTP call ({_jobs(all_of_them)} in all)."
    verb = "makes" if calling == 1 else "make"
    counts = {
        "fail": sum(each.status == "fail" for each in report.every_finding),
        "warn": sum(each.status == "warn" for each in report.every_finding),
    }
    said = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((counts["fail"], "problem"), (counts["warn"], "warning"))
        if count
    ]
    found = ", ".join(said) or "nothing is wrong"
    return f"{calling} of {_jobs(all_of_them)} {verb} HTTP calls: {found}."


def _jobs(count: int) -> str:
    return f"{count} cron job" if count == 1 else f"{count} cron jobs"


def _job(job: JobReport, database: str) -> None:
    state = "" if job.active else ", switched off"
    elsewhere = "" if job.database == database else f", in database {job.database}"
    output.say(click.style(output.paragraph(job.title), bold=True))
    _line("schedule", f"{job.cron}, role {job.role}{elsewhere}{state}")
    _line("calls", _calls(job))
    _line("last", job.outcome.detail)
    _findings(job.findings, "  ")


def _calls(job: JobReport) -> str:
    hosts = [*job.hosts, *(["a URL that is put together when it runs"] if job.computed else [])]
    through = f", through {', '.join(job.functions)}" if job.functions else ""
    senders = " and ".join(_SENDERS[sender] for sender in job.senders)
    return f"{', '.join(hosts) or 'what the schedule says'} (by {senders}{through})"


_SENDERS = {"pg_net": "pg_net", "http": "pgsql-http", "bunkd-db": "bunkd-db"}


def _line(label: str, text: str) -> None:
    indent = " " * _LABEL
    output.say(f"  {label:<{_LABEL - 2}}" + output.paragraph(text, indent, indent)[_LABEL:])


def _about_all(report: CronReport) -> None:
    # the finding has its size
    if report.history and Code.NO_RETENTION not in [each.reason for each in report.findings]:
        by = ", ".join(map(str, report.history.pruned_by))
        pruned = f"; pruned by job {by}" if by else ""
        output.say(output.paragraph(f"pg_cron's run history: {size_of(report.history)}{pruned}."))
    answers = report.answers
    if answers and answers.kept:
        failures = f"{answers.failed:,} of them" if answers.failed else "none of them"
        age = f" of the last {ago(answers.oldest_seconds)}" if answers.oldest_seconds else ""
        output.say(
            output.paragraph(
                f"pg_net keeps {answers.kept:,} answer{'' if answers.kept == 1 else 's'}{age};"
                f" {failures} {'is a failure' if answers.failed == 1 else 'are failures'}."
                " No answer says which job, or which URL, it belongs to."
            )
        )


def _findings(findings: Iterable[Finding], indent: str = "") -> None:
    checks = sorted(map(_as_check, findings), key=lambda c: _WORST_FIRST.index(c.status))
    wide = max((len(check.name) for check in checks), default=0)
    for check in checks:
        show_check(check, wide, indent)


def _as_check(finding: Finding) -> Check:
    return Check(
        name=finding.reason,
        status=finding.status,
        detail=finding.detail,
        remedy=finding.remedy,
        commands=finding.commands,
        reason=finding.reason,
    )


def annotate(report: CronReport) -> None:
    """Write what is not well as annotations of a GitHub Actions run."""
    annotate_checks(map(_as_check, report.findings))
    for job in report.jobs:
        for check in map(_as_check, job.findings):
            annotate_checks([replace(check, detail=f"job {job.title}: {check.detail}")])
