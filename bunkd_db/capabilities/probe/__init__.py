"""One real call and its answer, for `check --probe`."""

from __future__ import annotations

from bunkd_db.calling.request import Request
from bunkd_db.capabilities import rejected
from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.probe import from_database, from_here
from bunkd_db.capabilities.probe.judge import judge
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.errors import BunkdError
from bunkd_db.models import Check
from bunkd_db.settings import Settings, defaults


def probe(settings: Settings, facts: Facts) -> Check:
    """Send one call, from the database where it makes the calls, else from here."""
    schedule = facts.schedule
    url = settings.schedule.url or (schedule.url if schedule else None)
    if schedule and schedule.fence:
        return Check("probe", "skip", "nothing was sent: this database is a copy", "", Code.COPY)
    if schedule and schedule.mode == "native" and schedule.url and schedule.credential:
        try:
            credential = facts.seen_one(Credential)
            kind = credential.kind if credential else ""
            answer = from_database.send(settings.database_url, schedule)
            return judge(answer, schedule.url, kind, schedule.name)
        except BunkdError as error:
            detail = f"nothing was sent: {error.args[0]}"
            if facts.server.role != facts.server.installer:
                return Check(
                    "probe", "skip", detail, error.remedy, Code.UNANSWERED, commands=error.commands
                )
            return Check(
                "probe", "fail", detail, error.remedy, Code.NOT_SENT, commands=error.commands
            )
    if url and settings.credential:
        timeout_ms = settings.schedule.timeout_ms or defaults.TIMEOUT_MS
        request = Request.to(url, settings.schedule, timeout_ms, settings.credential)
        answer = from_here.send(request, settings.credential)
        kind = rejected.kind_of(settings.credential)
        return judge(answer, url, kind, settings.schedule_name)
    server = facts.server
    if server.installed and server.ask_again:
        detail = f"nothing was sent: role {server.role} may not"
        return Check("probe", "skip", detail, server.ask_again, Code.UNANSWERED)
    return Check(
        "probe",
        "skip",
        "nothing was sent: the url or the credential is not known here",
        "Set BUNKD_CALL_URL (or SUPABASE_URL) and BUNKD_CREDENTIAL here, or upgrade with them:",
        Code.NO_PROBE,
        ("bunkd-db upgrade",),
    )
