"""Ask the database everything, one question at a time; what it declines is a fact too."""

from __future__ import annotations

from collections.abc import Mapping

from bunkd_db import database, sql
from bunkd_db.capabilities import answers
from bunkd_db.capabilities.facts import Facts, Pooling
from bunkd_db.capabilities.questions import Questions, read_settings
from bunkd_db.capabilities.queue_facts import queue_facts
from bunkd_db.errors import DatabaseUnavailable
from bunkd_db.providers import Evidence
from bunkd_db.settings import DEFAULT_SCHEDULE, Settings

# pooled and far away included, no question may take longer
_TIMEOUT_MS = 2000
# but what is in tables of any size must not hold up the rest
_DATA_TIMEOUT_MS = 400


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
            try:
                return _gather(questions, settings, evidence, pooling, info.host or "", info.port)
            except database.Unanswered as why:
                raise DatabaseUnavailable(f"the server does not say what it is: {why}") from why


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
        found |= _credential(ask, given)
    if extensions["pg_cron"].installed:
        found |= _cron(ask, installer, schedule, settings)
    if extensions["pg_net"].installed:
        found["net_grants"] = ask.one("net_grants", answers.NetGrants, installer)
        found["header_readers"] = [
            row.name for row in ask.all("header_readers", answers.Name, installer)
        ]
    found |= {
        "workers": ask.all("workers", answers.Worker),
        "roles": ask.all("roles", answers.Role, {**installer, "names": list(evidence.roles)}),
        "old_functions": ask.all("leftover_functions", answers.OldFunction),
        "kept_settings": ask.all("leftover_settings", answers.KeptSetting),
        "reachable": ask.all("reachable", answers.Reachable),
        "exposed_schemas": [row.name for row in ask.all("exposed_schemas", answers.Name)],
    }
    ask.reader.hurry(_DATA_TIMEOUT_MS)
    if schedule and not server.in_recovery:
        found["calls"] = ask.one("calls", answers.Calls, {"schedule": schedule.name})
        if schedule.mode == "external":
            given = {"schedule": schedule.name}
            found["our_workers"] = ask.one("our_workers", answers.OurWorkers, given)
    found |= queue_facts(ask, server, schedule, settings)
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
        unanswered=ask.unanswered,
        **found,  # type: ignore[arg-type]  # by the names of the fields
    )


def _credential(ask: Questions, given: Mapping[str, object]) -> dict[str, object]:
    credential = ask.one("credential", answers.Credential, given)
    expiry = None
    if credential and credential.kind.startswith("jwt"):
        expiry = ask.one("credential_expiry", answers.Expiry, given)
    return {"credential": credential, "expires_in": expiry.seconds if expiry else None}


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
    others: list[answers.OtherSchedule] = []
    if schedule:
        others = ask.all("other_schedules", answers.OtherSchedule, {"schedule": schedule.name})
    return {"cron_grants": grants, "jobs": jobs, "runs": runs, "other_schedules": others}
