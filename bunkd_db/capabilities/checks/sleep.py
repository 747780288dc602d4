"""Whether the provider puts this server to sleep."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, warn
from bunkd_db.capabilities.registry import check


@check("sleep", order=50)
def sleep(context: Context) -> Finding:
    sleeps = context.provider.sleeps
    if not sleeps:
        return ok("nothing is known that would put this server to sleep")
    if context.facts.calls_made:
        return ok(f"awake now, but: {sleeps}")
    return warn(
        Code.SLEEPS,
        sleeps,
        "Keep the server awake if the plan lets you; otherwise let an external scheduler make the calls.",
    )
