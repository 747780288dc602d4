"""The workers that make the calls where the database cannot."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.checks.backlog import ago
from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield whether a worker is there."""
    yield _workers(context)


def _workers(context: Context) -> Check:
    facts = context.facts
    schedule, found = facts.schedule, facts.our_workers
    if schedule is None or schedule.mode != "external":
        return Check(
            "our_workers", "skip", "no worker is wanted: the database is to make the calls"
        )
    if declined := context.declined("our_workers", "our_workers", "which workers there are"):
        return declined
    if found is None or found.last_seen is None:
        detail = "no worker: whether an external scheduler calls cannot be seen from here"
        return Check("our_workers", "skip", detail)
    if not found.alive:
        return Check(
            "our_workers",
            "warn",
            f"no worker is there any more; the last one was seen {ago(found.last_seen)} ago",
            "Start it again: bunkd-db worker",
            "WORKERS_GONE",
        )
    count = "1 worker makes" if found.alive == 1 else f"{found.alive} workers make"
    if not found.listening:
        return Check(
            "our_workers",
            "pass",
            f"{count} the calls; no notification arrives there, so it looks every second",
        )
    return Check("our_workers", "pass", f"{count} the calls")
