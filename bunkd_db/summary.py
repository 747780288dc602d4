"""The last lines of an upgrade: what is now true."""

from __future__ import annotations

from collections.abc import Mapping

Report = Mapping[str, object]


def summarize(report: Report) -> list[str]:
    """Turn `bunkd.report` into plain lines; the last one is the one that matters most."""
    lines = list(_notes(report))
    if report["fenced"]:
        return [
            *lines,
            "NOT SCHEDULED: this database is a copy of the one that was provisioned. To let it make"
            " calls, set BUNKD_CALL_URL (or SUPABASE_URL) and BUNKD_CREDENTIAL for it and upgrade again.",
        ]
    if report["mode"] == "external":
        if report.get("was_native"):
            lines.append(
                "It was native until now: the schedule, the ledger and the credential are kept."
            )
        return [
            *lines,
            f"external: external cron is needed, because {report['reason']}. For the options:"
            " bunkd-db external list; for the files of one: bunkd-db external generate NAME",
        ]
    if missing := _missing(report):
        return [*lines, f"NOT SCHEDULED: set {missing}."]
    return [*lines, _native(report)]


def _missing(report: Report) -> str:
    missing = []
    if not report["url"]:
        missing.append("SUPABASE_URL or BUNKD_CALL_URL")
    if not report["credential"]:
        missing.append("BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY")
    return "; and set ".join(missing)


def _native(report: Report) -> str:
    if report.get("job_of"):
        return (
            f"NOT SCHEDULED: role {report['job_of']} has an active cron job of the same name;"
            " unschedule it as that role and upgrade again."
        )
    job = report.get("job")
    if not isinstance(job, Mapping):
        return "NOT SCHEDULED: pg_cron took no job; see bunkd-db check"
    if not job["active"]:
        return (
            f"NOT SCHEDULED: cron job {job['name']} was switched off and stays so. To switch it on:"
            f" select cron.alter_job({job['id']}, active := true);"
        )
    pace = report["every"] if not _minutely(report) else "1m"
    extensions = report["extensions"]
    versions = (
        ", ".join(f"{name} {extensions[name]}" for name in sorted(extensions))
        if isinstance(extensions, Mapping)
        else ""
    )
    return (
        f"native: this database calls {report['url']} every {pace}"
        f" (cron job {job['name']}, {versions})."
    )


def _minutely(report: Report) -> bool:
    return str(report["every"]).endswith("s") and report["cron_schedule"] == "* * * * *"


def _notes(report: Report) -> list[str]:
    notes = []
    if retired := report["retired"]:
        assert isinstance(retired, list)
        notes.append(f"Switched off the old recipe's cron job: {', '.join(retired)}.")
    if report.get("job") and (doubled := report.get("old_jobs")):
        assert isinstance(doubled, list)
        notes += [
            f"The old recipe's cron job {job['job_name']} of role {job['role']} is still active and calls"
            f" the same function. As that role: select cron.alter_job({job['job_id']}, active := false);"
            for job in doubled
        ]
    if report.get("jobs_hidden"):
        notes.append(
            "Other roles' cron jobs cannot be seen from here: one that calls the same function would go on."
        )
    if report["mode"] == "native" and _minutely(report):
        notes.append(
            f"This pg_cron knows no seconds (1.5 does): the schedule ticks every minute, not every {report['every']}."
        )
    if report["credential_store"] == "table":
        notes.append("The credential is in bunkd.secret, in the clear: this database has no Vault.")
    if report["queue_problem"]:
        notes.append(
            f"The queue is not ready: {report['queue_problem']}. Ticks look again each time."
        )
    elif report["wake_problem"]:
        notes.append(f"About the wake: {report['wake_problem']}.")
    if report["paused"]:
        notes.append("The schedule is paused: it ticks and sends nothing.")
    return notes
