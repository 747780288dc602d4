"""One real call and its answer, for `check --probe`."""

from __future__ import annotations

from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.probe import from_database, from_here
from bunkd_db.capabilities.probe.answer import judge
from bunkd_db.errors import BunkdError
from bunkd_db.models import Check
from bunkd_db.settings import Settings


def probe(settings: Settings, facts: Facts) -> Check:
    """Send one call, from the database where it makes the calls, else from here."""
    schedule = facts.schedule
    url = settings.schedule.get("url") or (schedule.url if schedule else None)
    if schedule and schedule.fence:
        return Check("probe", "skip", "nothing was sent: this database is a copy", "", "COPY")
    if schedule and schedule.mode == "native" and schedule.url and schedule.credential:
        try:
            return judge(from_database.send(settings.database_url, schedule), schedule.url)
        except BunkdError as error:
            detail = f"nothing was sent: {error.args[0]}"
            return Check("probe", "skip", detail, error.remedy, "UNANSWERED")
    if url and settings.credential:
        return judge(from_here.send(str(url), settings), str(url))
    server = facts.server
    if server.installed and server.role != server.installer:
        detail = f"nothing was sent: role {server.role} may not"
        return Check(
            "probe", "skip", detail, f"Ask again as role {server.installer}.", "UNANSWERED"
        )
    return Check(
        "probe",
        "skip",
        "nothing was sent: the url or the credential is not known here",
        "Set BUNKD_CALL_URL (or SUPABASE_URL) and BUNKD_CREDENTIAL, or run: bunkd-db upgrade",
        "NO_PROBE",
    )
