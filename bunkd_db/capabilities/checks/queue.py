"""The queue: readable, understood, served by an index, and what waits in it."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check


def checks(context: Context) -> Iterator[Check]:
    """Yield what is true of the queue's table."""
    yield _table(context)
    queue = context.facts.queue
    if queue is None or not queue.has_status:
        return
    yield from _indexes(context)
    yield _words(context)
    yield _triggers(context)


def _table(context: Context) -> Check:
    facts = context.facts
    queue, name = facts.queue, facts.queue_name
    if "queue" in facts.unanswered:
        detail = f"the queue {name} could not be read: {facts.unanswered['queue']}"
        remedy = f"Grant {facts.server.role} usage on its schema and select on it."
        return Check("queue", "skip", detail, remedy, "UNANSWERED")
    if queue is None:
        return Check(
            "queue",
            "warn",
            f"the queue table {name} does not exist",
            "Create it, or name another in BUNKD_QUEUE_TABLE.",
            "NO_QUEUE",
        )
    if not queue.may_read:
        remedy = f"As its owner: grant select on {queue.table} to {facts.server.role};"
        detail = f"role {facts.server.role} may not read {queue.table}"
        return Check("queue", "skip", detail, remedy, "UNANSWERED")
    if not queue.is_table or not queue.has_status:
        what = "is not a table" if not queue.is_table else "has no status column"
        remedy = "Name the jobs' table in BUNKD_QUEUE_TABLE and its column in BUNKD_STATUS_COLUMN."
        return Check("queue", "fail", f"{queue.table} {what}", remedy, "NO_QUEUE")
    if queue.hides_rows:
        remedy = f"Use a role that bypasses it: alter role {facts.server.role} bypassrls;"
        detail = f"row level security of {queue.table} hides rows from role {facts.server.role}"
        return Check("queue", "warn", detail, remedy, "HIDDEN_ROWS")
    return Check("queue", "pass", f"{queue.table} can be read")


def _indexes(context: Context) -> Iterator[Check]:
    queue, index = context.facts.queue, context.facts.queue_index
    for name, what, without in (
        ("queue_index", "waiting", "every tick reads all of it"),
        ("queue_active_index", "active", "a rescue reads all of it, and is made rarely"),
    ):
        if declined := context.declined("queue_index", name, "the queue's indexes"):
            yield declined
            continue
        if queue is None or index is None:
            yield Check(name, "skip", "the queue's indexes were not looked at")
            continue
        rows = f"the {what} rows of {queue.table}"
        served = index.waiting if what == "waiting" else index.active
        create = queue.create_index if what == "waiting" else queue.create_active_index
        if served:
            yield Check(name, "pass", f"an index serves {rows}")
        elif index.is_small:
            yield Check(name, "pass", f"no index serves {rows}; it is small enough without")
        else:
            yield Check(name, "warn", f"no index serves {rows}: {without}", create, "NO_INDEX")


def _words(context: Context) -> Check:
    facts = context.facts
    if declined := context.declined("unknown_words", "queue_words", "the queue's status words"):
        return declined
    if facts.unknown_words:
        return Check(
            "queue_words",
            "warn",
            f"status words that no setting names: {facts.unknown_words}",
            "Name them in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED.",
            "UNKNOWN_WORDS",
        )
    return Check("queue_words", "pass", "every status word is understood")


def _triggers(context: Context) -> Check:
    facts = context.facts
    if facts.schedule is None:
        return Check("queue_triggers", "skip", "bunkd-db is not installed yet")
    if facts.schedule.mode == "external":
        return Check("queue_triggers", "pass", "no wake is needed: the calls come from outside")
    if not facts.schedule.wake:
        return Check("queue_triggers", "pass", "the wake is off: ticks only")
    if declined := context.declined("triggers", "queue_triggers", "the queue's triggers"):
        return declined
    if missing := {"insert", "update"} - set(facts.wakes_on):
        events = " and ".join(sorted(missing))
        detail = (
            f"our triggers for {events} are missing on {facts.queue_name}: jobs wait for a tick"
        )
        remedy = (
            "The next tick attaches them where its role owns the table; at once: bunkd-db upgrade"
        )
        return Check("queue_triggers", "warn", detail, remedy, "NO_TRIGGERS")
    return Check("queue_triggers", "pass", "a new job is called for at commit")
