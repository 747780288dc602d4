"""The schedule: installed, complete, in its own database, not paused."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip, unanswered, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.settings import defaults
from bunkd_db.sql.statements import set_credential, set_url

_UPGRADE = "bunkd-db upgrade"


@check("schedule", order=410)
def schedule(context: Context) -> Finding:
    server = context.facts.server
    if not server.installed:
        return skip("bunkd-db is not installed yet")
    if not server.may_read_ours:
        detail = f"role {server.role} cannot read what role {server.installer} installed"
        return unanswered(detail, context.ask_again)
    if not server.trusts_installer:
        return unanswered(
            f"what role {server.installer} installed cannot be asked about as role {server.role}:"
            " its code would have that role's privileges",
            context.ask_again,
        )
    found = context.facts.one(Schedule)
    if found is None:
        return fail(
            Code.NOT_SCHEDULED,
            f"there is no schedule {context.facts.asked.schedule_name}",
            "Set it up with the first command; to see which there are, run the second:",
            _UPGRADE,
            "bunkd-db schedule list",
        )
    return _state(context, found)


def _state(context: Context, found: Schedule) -> Finding:
    if found.fence:
        remedy = "Set both for this database to let it make calls, and upgrade:"
        if found.opening != [_UPGRADE]:
            remedy = (
                "To let it call from this database, put its own URL in place of URL and run here:"
            )
        return fail(Code.COPY, found.fence, remedy, *found.opening)
    if found.mode == "native" and found.lacks:
        detail = f"the schedule has no {' and no '.join(found.lacks)}"
        if "url" in found.lacks and found.name != defaults.SCHEDULE and not found.by_name:
            remedy = "Put its own URL in place of URL, and upgrade:"
            return fail(Code.NO_URL, detail, remedy, set_url(found.name), _UPGRADE)
        if "url" in found.lacks:
            remedy = "Set SUPABASE_URL or BUNKD_CALL_URL, and upgrade:"
            return fail(Code.NO_URL, detail, remedy, found.upgrade)
        return fail(Code.NO_CREDENTIAL, detail, "Set the credential:", set_credential(found.name))
    if found.is_external:
        return _external(context, found)
    if found.retired:
        return warn(
            Code.PAUSED,
            "the schedule is retired: bunkd.toml no longer declares it",
            "Declare it again, or resume it:",
            f"bunkd-db schedule resume --schedule {found.name}",
            _UPGRADE,
        )
    if found.paused:
        return warn(
            Code.PAUSED,
            "the schedule is paused: it ticks and sends nothing",
            "Resume the schedule:",
            f"bunkd-db schedule resume --schedule {found.name}",
        )
    return ok(f"{found.name} is installed, every {found.pace}")


def _external(context: Context, found: Schedule) -> Finding:
    reason = found.mode_reason or "of what the last upgrade found"
    if context.blocking or found.mode_code == Code.MODE_EXTERNAL:
        return ok(f"the schedule is external, because {reason}")
    return warn(
        Code.STILL_EXTERNAL,
        f"the schedule is still external for a reason that no longer applies ({reason})",
        "Upgrade, which makes it native:",
        _UPGRADE,
    )
