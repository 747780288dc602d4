"""Times and events as people read them."""

from __future__ import annotations

from datetime import datetime

from bunkd_db.explain.codes import Code
from bunkd_db.explain.facts import Event, Job, Kind, State
from bunkd_db.status.words import answered, duration, sent_by

# at which moment, or on which event, a job moves; {when} is the moment
_AT: dict[str, str] = {
    Code.NO_SLOT: "by {when}, when one of these calls times out; sooner if one ends",
    Code.WAITS_FOR_TICK: "{when}, with the next tick",
    Code.NOT_YET: "{when}, with the first tick after that time",
    Code.ACTIVE: "{when}: a tick rescues it if it is still active then",
}
_AT_ELSE = "{when}, with the first tick that makes calls again"
_ENDED = "{when}, when the next tick frees the slots of the calls that have ended"
_WITHOUT: dict[str, str] = {
    Code.NO_SLOT: "when one of these calls ends",
    Code.NOT_SENT_YET: "when it is sent",
    Code.CALLED: "when the function claims it",
    Code.EXTERNAL: "when the external scheduler calls",
    "STANDBY": "not known here",
    "LOCKED": "not known while the lock is held",
    "NET_BUSY": "when pg_net sends again",
    "REQUEST_LOCKED": "when that transaction ends",
}
_NEVER = "not by itself"


def next_move(job: Job) -> str | None:
    """Return when a job moves; None for one that has ended, or whose function decides that alone."""
    if job.state in (State.DONE, State.FAILED):
        return None
    if job.next_at is None and job.rule.code == Code.ACTIVE:
        return None
    if job.next_at is None:
        return _WITHOUT.get(job.rule.code, _NEVER)
    text = _AT.get(job.rule.code, _AT_ELSE)
    if any(each.state == "ended" for each in job.holders):
        text = _ENDED
    return text.format(when=when(job.next_at, job.at))


def when(moment: datetime, now: datetime) -> str:
    """Return a moment with how far away it is.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    >>> when(now + timedelta(seconds=26), now), when(now - timedelta(seconds=5), now)
    ('03:00:26 UTC (in 26 s)', 'now (due 5 s ago)')
    """
    seconds = (moment - now).total_seconds()
    if seconds <= 0:
        return f"now (due {duration(-seconds)} ago)"
    return f"{clock(moment, now)} UTC (in {duration(seconds)})"


def clock(moment: datetime, *others: datetime) -> str:
    """Return the time of day; with the day where one of the others is on another one."""
    same = all(moment.date() == other.date() for other in others)
    return f"{moment:%H:%M:%S}" if same else f"{moment:%Y-%m-%d %H:%M:%S}"


def told(event: Event) -> str:
    """Return what happened, in words.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
    >>> told(Event(at, Kind.CALLED, call=812, reason="wake"))
    'called by pg_net (call 812, wake)'
    >>> told(Event(at, Kind.CALLED, call=812, reason="tick", worker="w1", sure=False))
    'probably called by worker w1 (call 812, tick)'
    >>> told(Event(at, Kind.ANSWERED, call=812, outcome="http_error", status_code=503, detail="busy"))
    'call 812 answered: http_error (503): busy'
    >>> told(Event(at, Kind.RESCUED, times=2)), told(Event(at, Kind.QUEUED))
    ('rescued by a tick (2nd time)', 'queued')
    """
    match event.event:
        case Kind.CALLED:
            by = sent_by(event.worker)
            probably = "" if event.sure else "probably "
            return f"{probably}called by {by} (call {event.call}, {event.reason})"
        case Kind.ANSWERED:
            ended = answered(str(event.outcome), event.status_code, event.detail)
            return f"call {event.call} answered: {ended}"
        case Kind.RESCUED:
            return f"rescued by a tick ({_ordinal(event.times or 1)} time)"
        case Kind.GIVEN_UP:
            return "given up by a tick"
        case kind:
            return _with(str(kind), event.detail)


def _with(text: str, detail: str | None) -> str:
    return f"{text}: {detail}" if detail else text


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0)
    return f"{number}{ending or 'th'}"
