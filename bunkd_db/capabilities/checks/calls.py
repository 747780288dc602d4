"""How our calls ended, and how long each holds what sends them."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities import rejected
from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import SECONDS_FOR_DATA, Row, need
from bunkd_db.capabilities.rows.credential import Credential
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.capabilities.rows.server import ON_PRIMARY
from bunkd_db.interval import seconds_between
from bunkd_db.sql.statements import recent_calls, set_credential

# others' requests wait for ours: beyond this they notice
_LONG_SECONDS = 5.0
_NONE = "no call was settled in the last day"


@dataclass(frozen=True)
class Calls(
    Row,
    query="calls",
    what="the ledger",
    needs=(need(Schedule), ON_PRIMARY),
    limit=SECONDS_FOR_DATA,
):
    """The calls of the last day to this url; `p95` is seconds from sent to settled.

    `lost` is not `failed`: nobody knows what the function answered. The last ones are of those
    that were not lost.
    """

    calls: int
    timeouts: int
    failed: int
    lost: int
    p95: float | None
    last_outcome: str | None
    last_status: int | None

    @property
    def last(self) -> str:
        """The last outcome, for people."""
        return " ".join(str(part) for part in (self.last_outcome, self.last_status) if part)


@check("calls", order=1010)
def calls(context: Context) -> Finding:
    found, schedule = context.facts.one(Calls), context.facts.schedule
    if found is None or not found.calls or schedule is None:
        return skip(_NONE)
    if found.last_outcome == "rejected":
        return _rejected(context, found, schedule)
    if found.last_outcome == "http_error" and found.last_status == 404:
        return fail(
            Code.NOT_DEPLOYED,
            "the function is not deployed at that URL (last call: 404)",
            "Deploy the function, or correct BUNKD_CALL_URL and upgrade:",
            "bunkd-db upgrade",
        )
    if found.failed * 2 > found.calls:
        detail = (
            f"{found.failed} of {found.calls} calls of the last day failed (last: {found.last})"
        )
        answers = recent_calls(schedule.name)
        return warn(Code.CALLS_FAIL, detail, "Read what the function answered:", answers)
    if found.lost * 2 > found.calls:
        return _lost(context, found)
    lost = f", {found.lost} lost" if found.lost else ""
    count = "1 call" if found.calls == 1 else f"{found.calls} calls"
    return ok(f"{count} in the last day, {found.failed} failed{lost}")


def _lost(context: Context, found: Calls) -> Finding:
    lost = f"{found.lost} of {found.calls} calls of the last day were lost"
    if context.facts.schedule and context.facts.schedule.by_lanes:
        return warn(
            Code.CALLS_LOST,
            f"{lost}: their lanes ended before the answer came, and a function that fails would not"
            " be noticed",
            "Find out what ends the lanes: restarts of the server, or somebody who ends sessions.",
        )
    return warn(
        Code.CALLS_LOST,
        f"{lost}: pg_net kept no answer, and a function that fails would not be noticed",
        "Raise pg_net.ttl if it is shorter than the time between two ticks; otherwise find out"
        " whether the server or the workers restart often.",
    )


def _rejected(context: Context, found: Calls, schedule: Schedule) -> Finding:
    credential = context.facts.seen_one(Credential)
    kind = credential.kind if credential else ""
    return fail(
        Code.REJECTED,
        f"the function rejects the credential (last call: {found.last_status})",
        rejected.remedy(found.last_status or 401, kind, schedule.url),
        set_credential(schedule.name),
    )


@check("blocking", order=1020)
def blocking(context: Context) -> Finding:
    found, schedule = context.facts.one(Calls), context.facts.schedule
    if found is None or not found.calls or found.p95 is None or schedule is None:
        return skip(_NONE)
    if schedule.by_lanes:
        return ok(
            f"95 % of calls were settled within {found.p95:.0f} s: each holds one lane, and nothing"
            " else waits for it"
        )
    # an answer is read by the tick after it: the call took between one tick less and this
    least = max(0.0, found.p95 - (seconds_between(schedule.pace) or 60))
    if found.timeouts:
        least = max(least, min(found.p95, schedule.timeout_ms / 1000))
    measured = f"95 % of calls were settled within {found.p95:.0f} s"
    if least >= _LONG_SECONDS:
        return warn(
            Code.BLOCKS_OTHERS,
            f"{measured}: a call holds pg_net's one worker for {least:.0f} s or more,"
            " and every other request of this database waits for it",
            *_unblock(context),
        )
    return ok(measured)


def _unblock(context: Context) -> tuple[str, *tuple[str, ...]]:
    early = "Return a response early and continue in the background, or lower BUNKD_CALL_TIMEOUT."
    if "http" not in context.usable:
        return (early,)
    also = "Or let lanes send the calls, which wait for no other:"
    return f"{early} {also}", "BUNKD_TRANSPORT=http bunkd-db upgrade"
