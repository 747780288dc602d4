"""Ask the database everything, one question at a time; what it declines is a fact too."""

from __future__ import annotations

from collections.abc import Mapping

from bunkd_db import database, sql
from bunkd_db.capabilities import answers
from bunkd_db.capabilities.facts import Facts, Pooling
from bunkd_db.capabilities.questions import Questions, read_settings
from bunkd_db.providers import Evidence
from bunkd_db.settings import DEFAULT_SCHEDULE, Settings

# pooled and far away included, no question may take longer
_TIMEOUT_MS = 2000
_DEFAULTS: dict[str, object] = {
    "queue_table": "public.analysis_jobs",
    "status_column": "status",
    "status_waiting": ["queued"],
    "status_active": ["processing", "running"],
    "status_done": ["completed", "done"],
    "status_failed": ["failed"],
    "queue_where": None,
}


def gather(settings: Settings, evidence: Evidence) -> Facts:
    """Connect and find everything that can be found.

    Raises:
        ConfigurationError, DatabaseUnavailable: see `database.connect`.
    """
    with (
        database.worded_errors(),
        database.connect(settings.database_url, autocommit=True) as connection,
    ):
        pooling = _pooling(connection, settings)
        with database.read_only(connection, _TIMEOUT_MS) as reader:
            info = connection.info
            questions = Questions(reader)
            return _gather(questions, settings, evidence, pooling, info.host or "", info.port)


def _pooling(connection: database.Connection, settings: Settings) -> Pooling:
    """Find a pooler from this side: it makes up backend ids, and in transaction mode shares backends."""
    backend = _backend(connection)
    if backend == connection.info.backend_pid:
        return "none"
    with database.connect(settings.database_url, autocommit=True) as other:
        # unequal proves nothing on a busy pool
        return "transaction" if _backend(other) == backend else "proxy"


def _backend(connection: database.Connection) -> object:
    [row] = database.rows(connection, "select pg_backend_pid() as id")
    return row["id"]


def _gather(
    ask: Questions, settings: Settings, evidence: Evidence, pooling: Pooling, host: str, port: int
) -> Facts:
    # these two every role can ask: where they fail, nothing can be said
    [server] = ask.reader.ask(answers.Server, sql.read("queries/server"))
    extensions = {
        found.name: found
        for found in ask.reader.ask(answers.Extension, sql.read("queries/extensions"))
    }
    found: dict[str, object] = {}
    values, unreadable = read_settings(ask, evidence)
    installer = {"installer": server.installer}
    schedule = None
    if server.installed and server.may_read_ours:
        given = {"schedule": DEFAULT_SCHEDULE}
        schedule = ask.one("schedule", answers.Schedule, given)
        found |= _ours(ask, given, standby=server.in_recovery)
    if extensions["pg_cron"].installed:
        found |= _cron(ask, installer, schedule, settings)
    if extensions["pg_net"].installed:
        found["net_grants"] = ask.one("net_grants", answers.NetGrants, installer)
        found["header_readers"] = [
            row.name for row in ask.all("header_readers", answers.Name, installer)
        ]
    found |= _queue(ask, schedule, settings)
    every = settings.schedule.get("every") or (schedule.every if schedule else "30s")
    return Facts(
        server=server,
        host=host,
        port=port,
        wanted=str(every),
        schedule_name=DEFAULT_SCHEDULE,
        pooling=pooling,
        extensions=extensions,
        settings=values,
        unreadable=unreadable,
        schedule=schedule,
        workers=ask.all("workers", answers.Worker),
        roles=ask.all("roles", answers.Role, {**installer, "names": list(evidence.roles)}),
        old_functions=ask.all("leftover_functions", answers.OldFunction),
        kept_settings=ask.all("leftover_settings", answers.KeptSetting),
        reachable=ask.all("reachable", answers.Reachable),
        exposed_schemas=[row.name for row in ask.all("exposed_schemas", answers.Name)],
        unanswered=ask.unanswered,
        **found,  # type: ignore[arg-type]  # by the names of the fields
    )


def _ours(ask: Questions, given: Mapping[str, object], *, standby: bool) -> dict[str, object]:
    """What is installed: the credential, the ledger."""
    credential = ask.one("credential", answers.Credential, given)
    expiry = None
    if credential and credential.kind.startswith("jwt"):
        expiry = ask.one("credential_expiry", answers.Expiry, given)
    return {
        "credential": credential,
        "expires_in": expiry.seconds if expiry else None,
        "calls": None if standby else ask.one("calls", answers.Calls, given),
    }


def _cron(
    ask: Questions,
    installer: Mapping[str, object],
    schedule: answers.Schedule | None,
    settings: Settings,
) -> dict[str, object]:
    grants = ask.one("cron_grants", answers.CronGrants, installer)
    if grants is None or not grants.may_read:
        return {"cron_grants": grants}
    url = (schedule.url if schedule else None) or settings.schedule.get("url") or ""
    jobs = ask.all("jobs", answers.Job, {"schedule": DEFAULT_SCHEDULE, "url": url})
    runs: list[answers.Run] = []
    if grants.may_read_runs:
        job = next((job.id for job in jobs if job.ours), None)
        runs = ask.all("runs", answers.Run, {"job": job})
    return {"cron_grants": grants, "jobs": jobs, "runs": runs}


def _queue(
    ask: Questions, schedule: answers.Schedule | None, settings: Settings
) -> dict[str, object]:
    """The queue of the schedule, else of the settings: before the first upgrade, too."""

    def value(name: str) -> object:
        if schedule:
            return getattr(schedule, name)
        return settings.schedule.get(name, _DEFAULTS[name])

    words = [value(f"status_{state}") for state in ("waiting", "active", "done", "failed")]
    given = {
        "table": value("queue_table"),
        "column": value("status_column"),
        "waiting": words[0],
        "active": words[1],
        "known": [word for group in words if isinstance(group, list) for word in group],
        "where": value("queue_where"),
    }
    queue = ask.one("queue", answers.Queue, given)
    found: dict[str, object] = {"queue_name": str(value("queue_table")), "queue": queue}
    if queue is None or not queue.may_read:
        return found
    found["queue_index"] = ask.one("queue_index", answers.Index, given)
    if queue.count_waiting:
        counted = ask.text("count_waiting", answers.Waiting, queue.count_waiting)
        found["waiting"] = next(iter(counted), None)
    if queue.unknown_words:
        words_found = ask.text("unknown_words", answers.Words, queue.unknown_words)
        found["unknown_words"] = words_found[0].words if words_found else ""
    if schedule:
        found["triggers"] = ask.all("triggers", answers.Trigger, {"table": schedule.queue_table})
    return found
