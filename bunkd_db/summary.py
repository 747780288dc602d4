"""The last lines of an upgrade: what is now true."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from bunkd_db import loopback
from bunkd_db.models import in_line
from bunkd_db.printable import without_query
from bunkd_db.settings import defaults

_URLS = {"alert": "alert webhook", "heartbeat": "heartbeat URL"}


class Job(TypedDict):
    """Our cron job."""

    id: int
    name: str
    active: bool


class LegacyJob(TypedDict):
    """A cron job of the hand-made recipe that is still active."""

    job_id: int
    job_name: str
    role: str


class Obstacle(TypedDict):
    """What keeps the database from calling, as `bunkd.obstacle` has it."""

    code: str
    detail: str
    remedy: str
    commands: list[str]


class Fenced(TypedDict):
    """Another schedule that makes no calls, because this database looks like a copy."""

    schedule: str
    fence: str


class Report(TypedDict):
    """What `bunkd.report_schedule` returns, and what the upgrade knows besides."""

    schedule: str
    mode: str
    transport: str | None
    lanes: int
    max_in_flight: int
    max_running_jobs: str | None
    reason: str | None
    every: str
    pace: str
    zone: str | None
    url: str | None
    fenced: bool
    fence: str | None
    paused: bool
    in_use: bool
    job_obstacle: Obstacle | None
    credential: bool
    credential_store: str | None
    queue: str
    wake_problem: str | None
    obstacles: list[Obstacle] | None
    extensions: dict[str, str] | None
    retired: list[str] | None
    job: NotRequired[Job | None]
    jobs_hidden: NotRequired[bool]
    legacy_jobs: NotRequired[list[LegacyJob] | None]
    fenced_others: NotRequired[list[Fenced] | None]
    server_address: NotRequired[str | None]
    was_native: NotRequired[bool]
    closed_net: NotRequired[bool]
    stored_urls: NotRequired[list[str]]
    remedy: NotRequired[str | None]
    commands: NotRequired[list[str] | None]


def summarize(report: Report) -> list[str]:
    """Turn `bunkd.report_schedule` into plain lines; the last one is the one that matters most."""
    lines = list(_notes(report))
    if report["fenced"]:
        return [
            *lines,
            f"NOT SCHEDULED: {report['fence']}.",
        ]
    if not report["in_use"]:
        return [
            *lines,
            "retired: its file no longer declares it, and it makes no calls. To use it again:"
            f" bunkd-db schedule resume --schedule {report['schedule']}",
        ]
    if report["mode"] == "external":
        if report.get("was_native"):
            lines.append(
                "The schedule was native until now; it is kept, with its record of calls and its credential."
            )
        remedy = report.get("remedy")
        return [
            *lines,
            "For external schedulers: bunkd-db external list",
            "For the files of one: bunkd-db external generate NAME",
            *([in_line(remedy, report.get("commands") or ())] if remedy else []),
            f"external: calls must come from outside the database, because {report['reason']}."
            " The fastest is a process of your own: bunkd-db worker",
        ]
    if not report["url"] and report["schedule"] != defaults.SCHEDULE:
        return [*lines, f"NOT SCHEDULED: it has no URL. To see how to set it: {_check(report)}"]
    if missing := _missing(report):
        return [*lines, f"NOT SCHEDULED: set {missing}. Then run: {_upgrade(report)}"]
    also = len(report["obstacles"] or []) - 1
    if also > 0 and report.get("job"):
        lines.append(f"{also} more obstacle{'s' if also > 1 else ''}: {_check(report)}")
    return [*lines, _native(report)]


def _missing(report: Report) -> str:
    missing = []
    if not report["url"]:
        missing.append("SUPABASE_URL or BUNKD_CALL_URL")
    if not report["credential"]:
        missing.append("BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY")
    return ", and ".join(missing)


def _upgrade(report: Report) -> str:
    name = report["schedule"]
    return "bunkd-db upgrade" + ("" if name == defaults.SCHEDULE else f" --schedule {name}")


def _check(report: Report) -> str:
    return f"bunkd-db check --schedule {report['schedule']}"


def _native(report: Report) -> str:
    if obstacle := report["job_obstacle"]:
        return f"NOT SCHEDULED: {_said(obstacle)}"
    job = report.get("job")
    if not job:
        return f"NOT SCHEDULED: pg_cron did not accept the job. Run: {_check(report)}"
    if not job["active"]:
        return (
            f"NOT SCHEDULED: cron job {job['name']} was switched off and stays off. To switch it on:"
            f" select cron.alter_job({job['id']}, active := true);"
        )
    pace = report["pace"]
    if report["zone"]:
        pace = f"{pace} (read in time zone {report['zone']})"
    versions = ", ".join(
        f"{name} {version}" for name, version in sorted((report["extensions"] or {}).items())
    )
    how = f"{_limit(report)}cron job {job['name']}, {versions}"
    what = f"{without_query(report['url'] or '')} {_pace(report, pace)} ({how})"
    if not report["obstacles"]:
        return f"native: this database calls {what}."
    first = report["obstacles"][0]
    return f"native: this database is set up to call {what}, but makes no calls now: {_said(first)}"


def _pace(report: Report, pace: str) -> str:
    """Say how the calls are made: by pg_net every so often, by lanes, as many at a time, or by both."""
    if report["transport"] not in ("http", "both"):
        return f"every {pace}"
    lanes = report["lanes"]
    if report["transport"] == "both":
        return f"every {pace} by pg_net and, beside it, by {lanes} lane{'s' * (lanes > 1)}"
    return f"every {pace} by lanes, {lanes} at a time"


def _limit(report: Report) -> str:
    """Say what keeps the lanes fewer than the slots, empty where nothing does."""
    limit = report["max_running_jobs"]  # None where there are no lanes
    senders = report["lanes"] + (report["transport"] == "both")
    return (
        f"cron.max_running_jobs = {limit}, " if limit and senders < report["max_in_flight"] else ""
    )


def _said(obstacle: Obstacle) -> str:
    return f"{obstacle['detail']}. {in_line(obstacle['remedy'], obstacle['commands'])}"


def _notes(report: Report) -> list[str]:
    notes = []
    if stored := report.get("stored_urls"):
        which = " and the ".join(_URLS[place] for place in stored)
        notes.append(f"Stored the {which} of schedule {report['schedule']}.")
    if report["retired"]:
        which = "legacy job" if len(report["retired"]) == 1 else "legacy jobs"
        notes.append(f"Deactivated the {which}: {', '.join(report['retired'])}.")
    if report.get("job"):
        notes += [
            f"The legacy job {job['job_name']} of role {job['role']} is still active and calls"
            f" the same function. As that role or a superuser: select cron.alter_job({job['job_id']}, active := false);"
            for job in report.get("legacy_jobs") or []
        ]
    if report.get("closed_net"):
        notes.append(
            "Revoked from PUBLIC: TRIGGER and UPDATE on pg_net's tables and its sequence, and INSERT on its"
            " answers, with which any role could have stopped or forged calls. A downgrade does not grant"
            " them again."
        )
    if not report["fenced"]:
        notes += [
            f"NOT SCHEDULED: schedule {other['schedule']}: {other['fence']}."
            for other in report.get("fenced_others") or []
        ]
    if report.get("jobs_hidden"):
        notes.append(
            "Other roles' cron jobs cannot be seen from here: a legacy job of another role, if there is"
            " one, is still active."
        )
    if report["mode"] == "native" and report["every"].endswith("s") and report["pace"] == "1m":
        notes.append(
            "pg_cron before 1.5 cannot schedule in seconds, so ticks run every minute instead of"
            f" every {report['every']}."
        )
    url = report["url"]
    if report["mode"] == "native" and loopback.misleads(url, report.get("server_address")):
        notes.append(
            f"The database makes the calls, and {url} is on the database's own machine. {loopback.REMEDY}"
        )
    if report["credential_store"] == "table":
        notes.append(
            "The credential is in bunkd.secret, in plain text: this database has no Vault."
        )
    unreadable = any(found["code"] == "QUEUE_PROBLEM" for found in report["obstacles"] or [])
    if (wake := report["wake_problem"]) and not unreadable:
        notes.append(f"{wake[:1].upper()}{wake[1:]}.")
    if report["mode"] == "external" and (obstacle := report["job_obstacle"]):
        notes.append(f"The cron job does nothing now, but is still there: {_said(obstacle)}")
    return notes
