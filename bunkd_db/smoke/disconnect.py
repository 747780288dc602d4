"""Find out if a function survives the end of its connection: call it, hang up, and watch its job."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bunkd_db import database
from bunkd_db.calling.answer import Answer
from bunkd_db.calling.client import client
from bunkd_db.calling.request import Request
from bunkd_db.calling.sender import sender_name
from bunkd_db.errors import Refused
from bunkd_db.explain.facts import State
from bunkd_db.manual import from_here
from bunkd_db.settings import Settings
from bunkd_db.smoke.apply import apply
from bunkd_db.smoke.conclusion import Conclusion, Verdict, conclude, judged
from bunkd_db.smoke.follow import AddedJob, Seen, look, looks
from bunkd_db.smoke.left import naming_what_stays
from bunkd_db.smoke.preview import Payload, Preview
from bunkd_db.smoke.queue import add
from bunkd_db.smoke.step import Kind, Steps, Tell

__all__ = ["Conclusion", "Verdict", "disconnect"]

_HUNG_UP = "Timeout: bunkd-db smoke --disconnect closed the connection"
_OTHERS = (
    "select o.call from bunkd.read_slots(%(schedule)s) as o where o.call <> %(call)s"
    " order by o.taken limit 1"
)
_PAUSE_SECONDS = 0.02


def disconnect(
    settings: Settings,
    preview: Preview,
    payload: Payload,
    timeout: float,
    tell: Tell,
    *,
    applies: bool,
) -> Verdict:
    """Make one test job and call for it from here; once it is claimed, hang up and watch it.

    `applies`: sets on_timeout as found.

    Raises:
        Refused: other jobs wait, another call is under way, or no call can be made now.
        ConfigurationError: this machine knows no url or no credential; the table does not take the job.
        NotPossible, PermissionMissing, DatabaseUnavailable: the database could not be asked.
    """
    if preview.others_wait:
        raise Refused(
            "OTHERS_WAIT",
            f"no test job was made: other jobs of {preview.queue} wait, and the function could claim"
            " one of them instead",
            "Run the test while no job waits.",
        )
    from_here.credential_of(settings)
    steps, worker = Steps(tell), sender_name("smoke-")
    with (
        database.worded_errors(),
        database.connect_to_write(settings.database_url) as connection,
    ):
        with naming_what_stays(connection) as left:
            with (
                from_here.giving_back(connection, settings.schedule_name, worker),
                connection.transaction(),
            ):
                # in one transaction: the wake finds that a call for the job is under way
                started, request = from_here.begin(connection, settings, worker)
                _require_alone(connection, started.call, settings.schedule_name)
                job = add(connection, settings, payload, left)
            answer: Answer | None = from_here.INTERRUPTED
            try:
                left.job(job.id, job.schedule, is_sure=True)
                steps.add(Kind.QUEUED, 0.0, f"job {job.id}")
                answer, seen = asyncio.run(
                    _hang_up(connection, settings, request, started.call, job, steps)
                )
                reason = conclude(answer, seen)
                if reason is None:
                    seen = _watch(connection, job, timeout, steps)
            finally:
                ended = answer or Answer(0, failure="timeout", error=_HUNG_UP)
                told = from_here.told(started.call, ended)
                from_here.end(connection, job.schedule, worker, told)
        verdict = judged(job, preview, tuple(steps.all), answer, seen, reason, timeout)
        if applies and verdict.setting and verdict.setting != preview.on_timeout:
            apply(connection, job.schedule, verdict.setting)
            verdict = verdict.applying()
    return verdict


def _require_alone(connection: database.Connection, call: int, schedule: str) -> None:
    """Refuse while another call is under way: the gate that `call` has taken lets no further one begin."""
    found = database.rows(connection, _OTHERS, {"schedule": schedule, "call": call})
    if found:
        raise Refused(
            "CALLS_OPEN",
            f"no test job was made: call {found[0]['call']} is under way, and could claim the test job"
            " instead",
            "Run the test while no call is under way. To see the calls in flight:",
            f"bunkd-db status --schedule {schedule}",
        )


async def _hang_up(
    connection: database.Connection,
    settings: Settings,
    request: Request,
    call: int,
    job: AddedJob,
    steps: Steps,
) -> tuple[Answer | None, Seen]:
    """Send the call; return its answer, or None where the connection was closed in the middle of the job."""
    async with client(settings.credential) as http:
        calling = asyncio.create_task(http.post(request, from_here.headers_of(call)))
        steps.add(Kind.CALLED, 0.0, f"call {call}, from this machine")
        while not calling.done():
            seen = await asyncio.to_thread(look, connection, job)
            # beside another call this one can be at work on a job of somebody else's
            if seen.state is State.ACTIVE and not seen.calls and not calling.done():
                steps.add(Kind.ACTIVE, seen.seconds)
                calling.cancel()
                with suppress(asyncio.CancelledError):
                    await calling
                break
            await asyncio.wait({calling}, timeout=_PAUSE_SECONDS)
    if not calling.cancelled():
        return calling.result(), await asyncio.to_thread(look, connection, job)
    steps.add(Kind.CLOSED, seen.seconds, "the connection of the call")
    return None, seen


def _watch(connection: database.Connection, job: AddedJob, timeout: float, steps: Steps) -> Seen:
    """Watch the job until it ends, goes back to waiting, or for `timeout` seconds."""
    seen = None
    for seen in looks(connection, job, timeout):
        if seen.rescued or seen.state is State.WAITING:
            steps.add(Kind.RESCUED, seen.seconds, "back to waiting")
            return seen
        if seen.gone or seen.state is State.DONE:
            steps.add(Kind.DONE, seen.seconds)
            return seen
        if seen.state is State.FAILED:
            steps.add(Kind.FAILED, seen.seconds, seen.error)
            return seen
    assert seen is not None
    steps.add(Kind.TIMEOUT, seen.seconds)
    return seen
