"""What our calls do: how they end, and how long each holds pg_net's one worker."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.interval import seconds_between
from bunkd_db.models import Check

# others' requests wait for ours: beyond this they notice
_LONG_SECONDS = 5.0


def checks(context: Context) -> Iterator[Check]:
    """Yield how the calls of the last day went."""
    facts = context.facts
    if declined := context.declined("calls", "calls", "the ledger"):
        yield declined
        return
    calls = facts.calls
    if calls is None or not calls.calls:
        for name in ("calls", "blocking"):
            yield Check(name, "skip", "no call was settled in the last day")
        return
    yield _outcomes(context)
    yield _blocking(context)


def _outcomes(context: Context) -> Check:
    calls = context.facts.calls
    assert calls is not None
    last = calls.last_outcome or ""
    if last.startswith("rejected"):
        detail = f"the function rejects the credential (last call: {last})"
        remedy = "Set the one that it accepts: bunkd-db credential set"
        return Check("calls", "fail", detail, remedy, "REJECTED")
    if last == "http_error 404":
        detail = "the function is not deployed at that url (last call: 404)"
        remedy = "Deploy it, or correct BUNKD_CALL_URL and run: bunkd-db upgrade"
        return Check("calls", "fail", detail, remedy, "NOT_DEPLOYED")
    if calls.failed * 2 > calls.calls:
        detail = f"{calls.failed} of {calls.calls} calls of the last day failed (last: {last})"
        remedy = "Read what was answered: select * from bunkd.recent_calls;"
        return Check("calls", "warn", detail, remedy, "CALLS_FAIL")
    return Check("calls", "pass", f"{calls.calls} calls in the last day, {calls.failed} failed")


def _blocking(context: Context) -> Check:
    facts = context.facts
    calls, schedule = facts.calls, facts.schedule
    assert calls is not None
    if calls.p95 is None or schedule is None:
        return Check("blocking", "skip", "no call was settled in the last day")
    # an answer is read by the tick after it: the call took between one tick less and this
    least = max(0.0, calls.p95 - (seconds_between(schedule.every) or 60))
    if calls.timeouts:
        least = max(least, min(calls.p95, schedule.timeout_ms / 1000))
    measured = f"95 % of calls were settled within {calls.p95:.0f} s"
    if least >= _LONG_SECONDS:
        return Check(
            "blocking",
            "warn",
            f"{measured}: a call holds pg_net's one worker for {least:.0f} s or more,"
            " and every other request of this database waits for it",
            "Answer early in the function and work on in the background, or lower BUNKD_CALL_TIMEOUT.",
            "BLOCKS_OTHERS",
        )
    return Check("blocking", "pass", measured)
