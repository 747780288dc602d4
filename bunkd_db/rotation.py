"""Replace a credential without a rejected call: stage, probe, switch, watch, fall back or forget the former one.

Each step is one transaction: wherever it is interrupted, calls go on with a credential that was last known to work.
After the switch the ticks watch as well, and fall back without this process.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import LiteralString

from bunkd_db import database, sql
from bunkd_db.capabilities.probe import from_database
from bunkd_db.capabilities.probe.heard import Heard
from bunkd_db.capabilities.rows.schedule import Schedule
from bunkd_db.credential import Credential
from bunkd_db.errors import BunkdError, NotPossible, UnknownSchedule
from bunkd_db.sql.statements import set_credential

Say = Callable[[str], None]
_LOOK_SECONDS = 2.0
_GO_ON = "Ticks go on watching for 10 minutes, and return to the former one if need be."
_SET_AT: LiteralString = (
    "select c.set_at as done from bunkd.credential c"
    " where c.schedule = %(schedule)s and c.place = %(place)s"
)
_RELEASE: LiteralString = "update bunkd.rotation set at_work = '-infinity' where schedule = %(schedule)s returning true as done"
_SWITCHED = f"Calls have the new credential. {_GO_ON}"


class Verdict(StrEnum):
    """What `bunkd.judge_rotation` says."""

    FELL_BACK = "FELL_BACK"
    NO_WAY_BACK = "NO_WAY_BACK"
    ACCEPTED = "ACCEPTED"
    TAKEN = "TAKEN"
    WATCHING = "WATCHING"
    NONE = "NONE"
    CHANGED = "CHANGED"  # by somebody else


class Outcome(StrEnum):
    """How far a command has brought a rotation, for scripts: never renamed."""

    STAGED = "staged"
    ACCEPTED = "accepted"
    WATCHED = "watched"  # switched; ticks go on watching
    DROPPED = "dropped"
    RETURNED = "returned"
    NONE = "none"


_REFUSED = {
    "EXTERNAL": (
        "this database makes no calls, so no credential in it is used",
        "Workers and external schedulers hold their own. Change it where they run; a worker that reads"
        " BUNKD_CREDENTIAL_FILE takes the new one without a restart:",
        "kill -HUP PID",
    ),
    "COPY": (
        "this database is a copy, or looks like one: it makes no calls",
        "Run:",
        "bunkd-db check --schedule {}",
    ),
    "NO_CREDENTIAL": (
        "there is no credential to replace",
        "Set the first one:",
        set_credential("{}"),
    ),
    "NO_URL": (
        "no URL to call is set",
        "To see how to set it:",
        "bunkd-db check --schedule {}",
    ),
    "BUSY": (
        "another command is rotating this credential",
        "Wait until it ends. If it was killed, try again after {until} UTC. To abort the rotation now:",
        "bunkd-db credential rotate --abort --schedule {}",
    ),
    "WATCHED": (
        "the credential was rotated a moment ago, and the calls with the new one are still watched",
        "Wait until that is over, at most 10 minutes after the switch. The first command watches it;"
        " the second returns to the former credential:",
        "bunkd-db credential rotate --commit --schedule {}",
        "bunkd-db credential rotate --abort --schedule {}",
    ),
    "NOTHING_STAGED": (
        "no credential is staged",
        "Stage one first:",
        "bunkd-db credential rotate --stage --schedule {}",
    ),
}


def generate() -> Credential:
    """Return a new random token."""
    return Credential(secrets.token_urlsafe(32))


def stage(
    url: str | None, schedule: str, credential: Credential, say: Say, *, only: bool
) -> object:
    """Put the next credential beside the current one; calls do not have it yet. Return what `switch` knows it by.

    `only`: a later `commit` goes on, else this command does.

    Raises:
        NotPossible: it cannot be rotated here, or is being rotated.
        ConfigurationError: there is no such schedule.
        PermissionMissing: schema bunkd is another role's.
    """
    staged: object = None
    try:
        with database.worded_errors(), database.connect(url) as connection:
            begun = _begin(connection, schedule, stages=True)
            database.store_credential(connection, schedule, credential, "operator", "next")
            [found] = database.rows(connection, _SET_AT, {"schedule": schedule, "place": "next"})
            staged = found["done"]
            if only:
                database.rows(connection, _RELEASE, {"schedule": schedule})
    except KeyboardInterrupt:
        if staged is not None:  # the commit may have gone through all the same
            with suppress(BunkdError):
                drop(url, schedule, staged)
        raise
    with _interrupted(lambda: None if only else leave(url, schedule, say)):
        _say_staged(schedule, begun, say)
    return staged


def _say_staged(schedule: str, begun: str, say: Say) -> None:
    if begun == "REPLACES":
        say("A credential was staged before and never switched to: it is replaced.")
    say(f"Staged the next credential of schedule {schedule}. Calls still have the current one.")


def commit(url: str | None, schedule: str, say: Say, *, seconds: float) -> Outcome:
    """Go on with a rotation that was staged before, or that has switched and is watched still.

    Raises:
        NotPossible: as `stage` and `switch`. What the function did not accept stays staged.
    """
    with database.worded_errors(), database.connect(url) as connection:
        begun = _begin(connection, schedule, stages=False)
        place = "current" if begun == "WATCHED" else "next"
        found = database.rows(connection, _SET_AT, {"schedule": schedule, "place": place})
    known = found[0]["done"] if found else None
    if begun == "WATCHED":
        say("Calls have the new credential already. Watching them…")
        return _watch(url, schedule, say, seconds, known)
    return switch(url, schedule, say, known, seconds=seconds, keep=True)


def release(url: str | None, schedule: str) -> None:
    """Leave what is staged to a later `commit`."""
    _run(url, schedule, _RELEASE)


def switch(
    url: str | None, schedule: str, say: Say, staged: object, *, seconds: float, keep: bool = False
) -> Outcome:
    """Probe with the next credential, switch to it, and watch the calls for so many seconds.

    `staged` is what `stage` returned. With `keep`, one that the function does not accept stays staged.

    Raises:
        NotPossible: the function rejected it, or did not answer well; the current one stays.
        BunkdError: the database could not be asked. Ticks go on watching.
    """
    # what was staged in the meantime was not tried
    query: LiteralString = "select bunkd.switch_credential(%(schedule)s, %(staged)s) as done"
    with _interrupted(lambda: _say_which(url, schedule, say)):
        say("Sending one real call with the next credential; it processes a job if one waits.")
        if _set_at(url, schedule, "next") != staged:
            raise _gone()
        try:
            heard = from_database.send(url, _schedule(url, schedule), "next")
        except BunkdError:
            if _set_at(url, schedule, "next") != staged:
                raise _gone() from None
            raise
        if not _is_accepted(url, schedule, heard):
            raise _not_accepted(url, schedule, heard, staged, keep)
        say(f"The function accepted it: {_said(heard)}.")
        switched = _run(url, schedule, query, staged=staged)
        if switched is None:
            raise _gone()
        say("Switched: calls have the new credential from now on. Watching them…")
    return _watch(url, schedule, say, seconds, switched)


def _say_which(url: str | None, schedule: str, say: Say) -> None:
    """Say which credential calls have, where it is not known if the switch was committed."""
    query: LiteralString = (
        "select switched is not null as done from bunkd.rotation where schedule = %(schedule)s"
    )
    switched = _run(url, schedule, query)
    if switched is None:
        say("The rotation has ended meanwhile. To see how: bunkd-db history")
    elif switched:
        say(_SWITCHED)
    else:
        leave(url, schedule, say)


def leave(url: str | None, schedule: str, say: Say) -> None:
    """Leave what is staged to a later `commit`, and say how that goes."""
    release(url, schedule)
    command = f"bunkd-db credential rotate --{{}} --schedule {schedule}"
    say(f"It stays staged. To switch to it: {command.format('commit')}")
    say(f"To drop it: {command.format('abort')}")


@contextmanager
def _interrupted(explain: Callable[[], None]) -> Iterator[None]:
    """Let whoever interrupts a step, or reads no longer, know where that leaves the rotation."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError):
        with suppress(OSError):  # a terminal that has gone is no pipe
            explain()
        raise


def _is_accepted(url: str | None, schedule: str, heard: Heard) -> bool:
    if heard.failure == "timeout":  # a function that is left to work on lets its caller in first
        query: LiteralString = (
            "select s.on_timeout = 'detach' as done from bunkd.schedule s"
            " where s.name = %(schedule)s"
        )
        return bool(_run(url, schedule, query))
    return heard.outcome in ("ok", "empty", "job_failed")


def _not_accepted(
    url: str | None, schedule: str, heard: Heard, staged: object, keep: bool
) -> NotPossible:
    if heard.status:
        known = "the function did not accept"
        on = "Set it on the function's side, beside the current one, and go on, or drop it:"
        anew = "Set the new credential on the function's side first, beside the current one, and rotate again."
    else:  # that says nothing about the credential
        known = "nobody knows if the function accepts"
        on = "Find out why the function does not answer, and go on, or drop it:"
        anew = "Find out why the function does not answer, and rotate again."
    said = f"{known} the next credential: {_said(heard)}. Calls still have the current one"
    if keep:
        release(url, schedule)
        return NotPossible(
            f"{said}, and the next one is still staged",
            on,
            f"bunkd-db credential rotate --commit --schedule {schedule}",
            f"bunkd-db credential rotate --abort --schedule {schedule}",
        )
    drop(url, schedule, staged)
    return NotPossible(f"{said}, and the next one is dropped", anew)


def drop(url: str | None, schedule: str, staged: object) -> None:
    """Drop what `stage` returned, unless somebody else has staged another one since."""
    _run(
        url,
        schedule,
        "select bunkd.abort_rotation(c.schedule) as done from bunkd.credential c"
        " where c.schedule = %(schedule)s and c.place = 'next' and c.set_at = %(staged)s",
        staged=staged,
    )


def _gone() -> NotPossible:
    return NotPossible(
        "what was staged is gone: somebody else staged or set another credential, or aborted the"
        " rotation. Nothing was switched",
        "Look at:",
        "bunkd-db history",
    )


def _set_at(url: str | None, schedule: str, place: str) -> object:
    """When the credential in a place was set, which tells it from another one there."""
    return _run(url, schedule, _SET_AT, place=place)


def abort(url: str | None, schedule: str, say: Say) -> Outcome:
    """Take a rotation back. Raises as `stage`."""
    done = _run(url, schedule, "select bunkd.abort_rotation(%(schedule)s) as done")
    outcome, said = {
        "NONE": (Outcome.NONE, f"There is no rotation of schedule {schedule} to abort."),
        "DROPPED": (
            Outcome.DROPPED,
            "Dropped what was staged. Calls have the current credential, as before.",
        ),
        "FELL_BACK": (
            Outcome.RETURNED,
            "Returned to the former credential, and dropped the new one.",
        ),
    }[str(done)]
    say(said)
    return outcome


def _watch(url: str | None, schedule: str, say: Say, seconds: float, switched: object) -> Outcome:
    """Watch the calls; `switched` is when the new credential became the current one."""
    with _interrupted(lambda: say(_SWITCHED)):
        return _follow(url, schedule, say, seconds, switched)


def _follow(url: str | None, schedule: str, say: Say, seconds: float, switched: object) -> Outcome:
    until = time.monotonic() + seconds
    while True:
        # a tick settles what has ended, also what a schedule that ticks rarely would leave for long
        found = _run(
            url,
            schedule,
            "select case when bunkd.tick(%(schedule)s) is not null then"
            " bunkd.judge_rotation(%(schedule)s) end as done",
        )
        verdict = Verdict(str(found))
        if verdict is Verdict.NONE:  # a tick was quicker
            verdict = _outcome(url, schedule, switched)
        if verdict is Verdict.FELL_BACK:
            raise NotPossible(
                "the function rejected calls with the new credential; calls have the former one again",
                "Read in the function's log why, and rotate again.",
            )
        if verdict is Verdict.NO_WAY_BACK:
            raise NotPossible(
                "the function rejected calls with the new credential, and the former one can no longer"
                " be read",
                "Set the credential that the function accepts:",
                set_credential(schedule),
            )
        if verdict is Verdict.CHANGED:
            raise NotPossible(
                "while the calls were watched, somebody else returned to the former credential, or set"
                " another one",
                "Look at:",
                "bunkd-db history",
            )
        if verdict is Verdict.ACCEPTED:
            say("The new credential works; the former one is dropped.")
            return Outcome.ACCEPTED
        if time.monotonic() > until:
            taken = verdict is Verdict.TAKEN
            seen = (
                "So far the function accepts it"
                if taken
                else "No call has been made with it since the switch"
            )
            say(f"{seen}. {_GO_ON}")
            return Outcome.WATCHED
        time.sleep(min(_LOOK_SECONDS, seconds))


def _outcome(url: str | None, schedule: str, switched: object) -> Verdict:
    """How a rotation ended that is over: by which credential is the current one, and by whom."""
    if _set_at(url, schedule, "current") == switched:
        rejected: LiteralString = (
            "select exists (select from bunkd.call c where c.schedule = %(schedule)s"
            " and c.outcome = 'rejected' and coalesce(c.endpoint_since, c.sent) >= %(switched)s) as done"
        )
        found = _run(url, schedule, rejected, switched=switched)
        return Verdict.NO_WAY_BACK if found else Verdict.ACCEPTED
    query: LiteralString = (
        "select c.origin = 'bunkd' as done from bunkd.change c"
        " where c.schedule = %(schedule)s and c.what = 'credential' order by c.id desc limit 1"
    )
    return Verdict.FELL_BACK if _run(url, schedule, query) else Verdict.CHANGED


def _begin(connection: database.Connection, schedule: str, *, stages: bool) -> str:
    database.require_owner(connection)
    database.begin_change(connection)
    _require_known(connection, schedule)
    [found] = database.rows(
        connection,
        "select bunkd.begin_rotation(%(schedule)s, p_stages => %(stages)s) as done",
        {"schedule": schedule, "stages": stages},
    )
    done = str(found["done"])
    if done in _REFUSED and (stages or done != "WATCHED"):
        said, remedy, *commands = _REFUSED[done]
        if done == "BUSY":
            remedy = remedy.format(until=_busy_until(connection, schedule))
        raise NotPossible(said, remedy, *(each.format(schedule) for each in commands))
    return done


def _busy_until(connection: database.Connection, schedule: str) -> object:
    query: LiteralString = (
        "select to_char(coalesce(bunkd.find_rotation_end(s), clock_timestamp()) at time zone 'UTC',"
        " 'HH24:MI:SS') as done from bunkd.schedule s where s.name = %(schedule)s"
    )
    [found] = database.rows(connection, query, {"schedule": schedule})
    return found["done"]


def _run(url: str | None, schedule: str, query: LiteralString, **more: object) -> object:
    with database.worded_errors(), database.connect(url) as connection:
        database.require_owner(connection)
        database.begin_change(connection)
        _require_known(connection, schedule)
        found = database.rows(connection, query, {"schedule": schedule, **more})
    return found[0]["done"] if found else None


def _require_known(connection: database.Connection, schedule: str) -> None:
    known = "select from bunkd.schedule where name = %(schedule)s"
    if not database.rows(connection, known, {"schedule": schedule}):
        raise UnknownSchedule(schedule)


def _schedule(url: str | None, schedule: str) -> Schedule:
    with database.worded_errors(), database.connect(url) as connection:
        return database.rows_of(
            Schedule, connection, sql.read("queries/schedule"), {"schedule": schedule}
        )[0]


def _said(heard: Heard) -> str:
    text = f": {heard.text}" if heard.text else ""
    if heard.status is None:
        return f"no answer ({heard.failure}){text}"
    return f"it answered {heard.status} in {heard.seconds:.1f} s{text}"
