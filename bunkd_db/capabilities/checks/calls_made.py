"""Whether calls are made now, or could be at once: what `bunkd.find_obstacles` answers."""

from __future__ import annotations

from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, ok, skip, unanswered
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.rows.obstacle import Obstacle


@check("calls_made", order=400)
def calls_made(context: Context) -> Finding:
    facts = context.facts
    server = facts.server
    if not server.installed:
        return skip("bunkd-db is not installed yet")
    if facts.obstacles is None:
        why = facts.unanswered.get(Obstacle, f"role {server.role} cannot ask")
        detail = f"could not ask whether calls are made: {why}"
        if facts.is_outdated:
            return unanswered(
                f"could not ask whether calls are made: {why}", "Upgrade:", "bunkd-db upgrade"
            )
        if context.ask_again:
            return unanswered(detail, context.ask_again)
        # what an older upgrade installed has no answer to this
        return unanswered(detail, "Upgrade:", "bunkd-db upgrade")
    if not facts.obstacles:
        return ok("calls are made, or could be at once")
    # each with a remedy of its own: the first one's comes first
    first, *more = facts.obstacles
    detail = f"no calls are made now: {first.detail}"
    if more:
        detail += "; also: " + "; ".join(obstacle.detail for obstacle in more)
    return Finding("fail", detail, first.remedy, tuple(first.commands), first.code)
