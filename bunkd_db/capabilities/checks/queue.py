"""The queue's table: whether it is there and can be read."""

from __future__ import annotations

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, unanswered, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.queue import Queue


@check("queue", order=610)
def queue(context: Context) -> Finding:
    facts, server = context.facts, context.facts.server
    name = facts.queue.table
    if Queue in facts.unanswered:
        remedy = f"Grant role {server.role} USAGE on its schema and SELECT on it."
        return unanswered(f"the queue {name} could not be read: {facts.unanswered[Queue]}", remedy)
    found = facts.one(Queue)
    if found is None:
        detail = f"the queue table {name} does not exist"
        remedy = (
            "Create it with a status column, and ideally an id and created_at (docs/queues.md),"
            " or name another in BUNKD_QUEUE_TABLE."
        )
        return warn(Code.NO_QUEUE, detail, remedy)
    if not found.may_read:
        detail = f"role {server.role} cannot read {found.table}"
        grant = f"grant select on {found.table} to {server.role_sql};"
        return unanswered(detail, "As its owner:", grant)
    if not found.is_table or not found.has_status:
        what = "is not a table" if not found.is_table else "has no status column"
        remedy = "Name the jobs' table in BUNKD_QUEUE_TABLE and its column in BUNKD_STATUS_COLUMN."
        return fail(Code.NO_QUEUE, f"{found.table} {what}", remedy)
    if found.hides_rows:
        detail = f"row level security of {found.table} hides rows from role {server.role}"
        bypass = f"alter role {server.role_sql} bypassrls;"
        return warn(Code.HIDDEN_ROWS, detail, "Let this role bypass row-level security:", bypass)
    if found.foreign_code:
        detail = f"{found.table} was not read: {found.foreign_code}"
        if not found.owner_is_us:
            return unanswered(detail)  # queue_owner has the remedy
        trust = "Ask again as that role, or, if you trust it, name it in BUNKD_QUEUE_OWNER."
        return unanswered(detail, context.ask_again or trust)
    return ok(f"{found.table} can be read")
