"""From what `bunkd.explain_job` returns to facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bunkd_db.explain.codes import Code
from bunkd_db.explain.facts import Event, Job, Kind, State, Unreadable, Waited
from bunkd_db.status.causes import cause_of
from bunkd_db.status.facts import Obstacle
from bunkd_db.status.parse import moment, now_of, obstacle

# what PostgreSQL hands over as jsonb: checked field by field where it becomes a fact
Json = Mapping[str, Any]


def parse_unreadable(schedule: str, found: Json) -> Unreadable:
    return Unreadable(schedule, found["queue_table"], obstacle(found["unreadable"]))


def parse_job(schedule: str, found: Json) -> Job:
    """Return the facts about one job."""
    row, rule = found["row"], obstacle(found["rule"])
    return Job(
        schedule=schedule,
        table=found["queue_table"],
        id=row["id"],
        at=now_of(found),
        status=row["status"],
        state=State(row["state"]),
        created=moment(row["created"]),
        started=moment(row["started"]) if row["state"] == State.ACTIVE else None,
        claims=row["claims"],
        rescues=row["rescues"],
        error=row["error"],
        cause=cause_of(row["error"] or "") if row["state"] == State.FAILED else None,
        rule=rule,
        next_at=moment(found["next"]),
        holders=tuple(
            Waited(
                call=each["call"],
                seconds=each["seconds"],
                worker=each["worker"],
                state=each["state"],
                until=moment(each["until"]),
            )
            for each in found["holders"]
        ),
        timeline=_timeline(row, found["ledger"]["calls"], rule),
        timeline_exact=found["ledger"]["exact"],
    )


def _timeline(row: Json, calls: list[Json], rule: Obstacle) -> tuple[Event, ...]:
    """The queue's own times and the ledger's, the oldest first."""
    given_up = rule.code == Code.GIVEN_UP
    events = [
        _event(row["created"], Kind.QUEUED),
        _event(row["started"], Kind.CLAIMED),
        _event(row["rescued"], Kind.GIVEN_UP if given_up else Kind.RESCUED, times=row["rescues"]),
    ]
    if row["state"] == State.DONE:
        events.append(_event(row["completed"] or row["updated"], Kind.COMPLETED))
    elif row["state"] == State.FAILED and not given_up:
        events.append(_event(row["completed"] or row["updated"], Kind.FAILED))
    for call in calls:
        about = {"call": call["call"], "sure": call["sure"], "worker": call["worker"]}
        events.append(_event(call["sent"], Kind.CALLED, reason=call["reason"], **about))
        answer = {key: call[key] for key in ("outcome", "status_code", "detail")}
        events.append(_event(call["settled"], Kind.ANSWERED, **about, **answer))
    return tuple(sorted((each for each in events if each), key=lambda each: each.at))


def _event(seconds: float | None, kind: Kind, **about: Any) -> Event | None:
    at = moment(seconds)
    return Event(at, kind, **about) if at else None
