"""Whether messages arrive where alerts and heartbeats go."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row, need
from bunkd_db.capabilities.rows.schedule import Schedule


@dataclass(frozen=True)
class Alerts(
    Row, query="alerts", what="where alerts go and whether they arrive", needs=(need(Schedule),)
):
    """Where messages go, by host, and the one that failed last.

    Attributes:
        webhook, heartbeat: hosts; None where none is set, `unreadable` where the URL is lost.
        place: alert or heartbeat: whose message did not arrive; None where all did.
        problem: how it failed.
        unsent: whether nobody sends them: that is left to workers, and none is running.
    """

    webhook: str | None
    heartbeat: str | None
    place: str | None
    problem: str | None
    unsent: bool | None


@check("alerts", order=840)
def alerts(context: Context) -> Finding | None:
    found, schedule = context.facts.one(Alerts), context.facts.one(Schedule)
    if found is None or schedule is None or not (found.webhook or found.heartbeat):
        return None
    lost = "unreadable" in (found.webhook, found.heartbeat)
    heartbeat = found.heartbeat == "unreadable" if lost else found.place == "heartbeat"
    option = " --heartbeat" if heartbeat else ""
    commands = [
        f"bunkd-db alert {verb}{option} --schedule {schedule.name}" for verb in ("set", "test")
    ]
    noun = "heartbeat URL" if heartbeat else "alert webhook"
    if lost:
        return warn(
            Code.ALERTS_FAIL,
            f"the {noun} is stored, but can no longer be read or decrypted",
            "Set it again with the first command, and try it with the second:",
            *commands,
        )
    to = [f"alerts go to {found.webhook}"] if found.webhook else []
    to += [f"heartbeats to {found.heartbeat}"] if found.heartbeat else []
    if found.unsent:
        return warn(
            Code.NO_WORKER,
            f"{', '.join(to)}, but only a worker would send them, and none is running",
            "Start one:",
            f"bunkd-db worker --schedule {schedule.name}",
        )
    if found.problem:
        return warn(
            Code.ALERTS_FAIL,
            f"a message did not arrive at the {noun}: {found.problem}",
            "Correct the URL with the first command, if it is wrong, and try it with the second:",
            *commands,
        )
    return ok(", ".join(to))
