"""The test by SQL: a row into the queue, and the steps that its status tells."""

from __future__ import annotations

from bunkd_db import database, explain
from bunkd_db.errors import BunkdError
from bunkd_db.explain.facts import State
from bunkd_db.settings import Settings
from bunkd_db.smoke.follow import AddedJob, Seen, looks
from bunkd_db.smoke.left import Left, naming_what_stays
from bunkd_db.smoke.preview import Payload
from bunkd_db.smoke.step import Kind, Smoked, Steps, Tell
from bunkd_db.status.causes import cause_of, causes
from bunkd_db.status.words import duration, sent_by

_ADD = "select bunkd.add_test_job(%(schedule)s, %(set)s::jsonb, %(from)s) as added"
_STAYS = "The test job stays in the queue."


def smoke(settings: Settings, payload: Payload, timeout: float, tell: Tell) -> Smoked:
    """Put a test job into the queue and follow it until it ends, or for `timeout` seconds.

    Raises:
        ConfigurationError: the table does not take such a job.
        NotPossible, PermissionMissing, DatabaseUnavailable: the database could not be asked.
    """
    steps = Steps(tell)
    with (
        database.connect_to_write(settings.database_url) as connection,
        naming_what_stays(connection) as left,
    ):
        with connection.transaction():
            job = add(connection, settings, payload, left)
        left.job(job.id, job.schedule, is_sure=True)
        steps.add(Kind.QUEUED, 0.0, f"job {job.id}")
        seen = _followed(connection, job, timeout, steps)
        return ended(settings, job, steps, seen, timeout)


def _followed(connection: database.Connection, job: AddedJob, timeout: float, steps: Steps) -> Seen:
    """Note what becomes of the test job."""
    seen: Seen | None = None
    for seen in looks(connection, job, timeout):
        note(steps, job, seen)
        if steps.all[-1].kind in (Kind.DONE, Kind.FAILED):
            break
    assert seen is not None
    return seen


def add(
    connection: database.Connection, settings: Settings, payload: Payload, left: Left
) -> AddedJob:
    """Put the test job into the queue, in the caller's transaction; `left` has it before the commit."""
    [row] = database.rows(connection, _ADD, payload.parameters(settings.schedule_name))
    added = database.as_object(row["added"])
    at = added["at"]
    assert isinstance(at, int | float)
    job = AddedJob(settings.schedule_name, str(added["job"]), float(at))
    left.job(job.id, job.schedule, is_sure=False)
    return job


def note(steps: Steps, job: AddedJob, seen: Seen) -> None:
    """Note the steps that one look tells of; several can have happened since the last one."""
    calls = [call for call in seen.calls if call["job_id"] in (None, job.id)]
    if calls:
        ours = [call for call in calls if call["job_id"]] or calls
        # beside calls for other jobs nobody knows which is for this one before it names the job
        about = ""
        if len(ours) == 1:
            about = f"call {ours[0]['call']}, {ours[0]['reason']}, by {sent_by(ours[0]['worker'])}"
        steps.add(Kind.CALLED, ours[0]["sent"] - job.since, about)
    over = seen.gone or seen.state in (State.DONE, State.FAILED)
    if seen.state is State.ACTIVE or over:
        started = seen.started if seen.started is not None else seen.seconds
        if seen.started is not None or not over:
            steps.add(Kind.ACTIVE, min(started, seen.seconds))
    if seen.gone or seen.state is State.DONE:
        steps.add(Kind.DONE, seen.seconds, "its row is gone" if seen.gone else "")
    elif seen.state is State.FAILED:
        steps.add(Kind.FAILED, seen.seconds, seen.error)


def ended(settings: Settings, job: AddedJob, steps: Steps, seen: Seen, timeout: float) -> Smoked:
    """Return what became of it; of one that has not ended, what holds it."""
    why, code, remedy, commands = "", "", "", tuple[str, ...]()
    if steps.all[-1].kind is Kind.FAILED:
        cause = cause_of(seen.error)
        usual = f" (usual cause: {causes()[cause].means})" if cause else ""
        why = f"the function marked the job as failed: {seen.error or 'without an error'}{usual}"
        code, remedy = "FAILED", "Fix that in the function, and run the test again."
    elif steps.all[-1].kind is not Kind.DONE:
        held, code, remedy, commands = holding(settings, job.id, job.schedule, seen.problem)
        why = late(timeout, code, held)
        remedy = "" if code == "DONE" else f"{_STAYS} {remedy}".rstrip()
        steps.add(Kind.TIMEOUT, seen.seconds)
    return Smoked(job.schedule, job.id, "queue", tuple(steps.all), why, code, remedy, commands)


def late(timeout: float, code: str, held: str) -> str:
    """Say of a test job that its time was over; a job can be completed between the last look and this question."""
    if code == "DONE":
        return f"the job was completed, but not within {duration(timeout)}"
    return f"the job was not completed within {duration(timeout)}: {held}"


def holding(
    settings: Settings, job: str, schedule: str, problem: str
) -> tuple[str, str, str, tuple[str, ...]]:
    """Return what holds a job: in words, its code, the remedy and its commands.

    `problem` is what is known where nobody can be asked.
    """
    try:
        report = explain.read(settings.database_url, job, schedule)
    except BunkdError as error:
        return problem or error.args[0], "", error.remedy, error.commands
    rules = [found.rule for found in report.jobs] + [queue.rule for queue in report.unreadable]
    if not rules:
        return problem or "nobody knows what holds it", "", "", ()
    rule = rules[0]
    return rule.detail, str(rule.code), rule.remedy, tuple(rule.commands)
