"""The facts about the queue: its table, its indexes, what waits in it."""

from __future__ import annotations

from bunkd_db.capabilities import answers
from bunkd_db.capabilities.questions import Questions
from bunkd_db.settings import Settings

_DEFAULTS: dict[str, object] = {
    "queue_table": "public.analysis_jobs",
    "status_column": "status",
    "status_waiting": ["queued"],
    "status_active": ["processing", "running"],
    "status_done": ["completed", "done"],
    "status_failed": ["failed"],
    "queue_where": None,
}


def queue_facts(
    ask: Questions,
    server: answers.Server,
    schedule: answers.Schedule | None,
    settings: Settings,
) -> dict[str, object]:
    """The queue of the schedule, else of the settings: before the first upgrade, too."""

    def value(name: str) -> object:
        if schedule:
            return getattr(schedule, name)
        return settings.schedule.get(name, _DEFAULTS[name])

    words = [value(f"status_{state}") for state in ("waiting", "active", "done", "failed")]
    given = {
        "table": value("queue_table"),
        "column": value("status_column"),
        "waiting": words[0],
        "active": words[1],
        "known": [word for group in words if isinstance(group, list) for word in group],
        "where": value("queue_where"),
        "installer": server.installer,
    }
    queue = ask.one("queue", answers.Queue, given)
    found: dict[str, object] = {"queue_name": str(value("queue_table")), "queue": queue}
    if queue is None or not queue.may_read or not queue.is_table:
        return found
    found["queue_index"] = ask.one("queue_index", answers.Index, given)
    # a condition of somebody else's is not run with this role's privileges
    if queue.count_waiting and (given["where"] is None or server.role == server.installer):
        counted = ask.text("count_waiting", answers.Waiting, queue.count_waiting)
        found["waiting"] = next(iter(counted), None)
    if queue.unknown_words:
        words_found = ask.text("unknown_words", answers.Words, queue.unknown_words)
        found["unknown_words"] = words_found[0].words if words_found else ""
    if schedule:
        given = {"table": schedule.queue_table, "schedule": schedule.name}
        found["wakes_on"] = [row.name for row in ask.all("triggers", answers.Name, given)]
    return found
