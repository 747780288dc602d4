"""What a test leaves behind, told to whoever a signal or a lost connection takes it away from."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bunkd_db import database
from bunkd_db.errors import DatabaseUnavailable, Interrupted


@dataclass
class Left:
    """What is left so far: at first nothing.

    Attributes:
        what: in words; empty while nothing is left.
        command: what asks where it is.
        is_sure: it is there; else its commit, or the answer that names it, has not come.
    """

    what: str = ""
    command: str = ""
    is_sure: bool = False

    def perhaps(self, what: str, command: str) -> None:
        """Note what is asked for now."""
        self.what, self.command = what, command

    def job(self, job: str, schedule: str, *, is_sure: bool) -> None:
        """Note the test job."""
        where = "stays in the queue" if is_sure else "may be in the queue"
        self.what, self.is_sure = f"test job {job} {where}", is_sure
        self.command = f"bunkd-db explain {shlex.quote(job)} --schedule {schedule}"


@contextmanager
def naming_what_stays(connection: database.Connection | None = None) -> Iterator[Left]:
    """Name what is left where a signal ends the test, or the database cannot be asked any more.

    Raises:
        Interrupted, DatabaseUnavailable: in place of what ended it, if something is left.
    """
    left = Left()
    try:
        yield left
    except KeyboardInterrupt as interrupt:
        if not left.what:
            raise
        raise Interrupted(
            interrupt, f"interrupted; {left.what}", "To ask where it is:", left.command
        ) from interrupt
    except database.Error as error:
        said = database.worded(error, undone=not left.is_sure)
        # a commit that the server refused has left nothing
        if not left.is_sure and not (left.what and connection and connection.broken):
            raise said from error
        raise DatabaseUnavailable(
            f"{left.what}, but cannot be followed any more: {said.args[0]}",
            "To ask where it is:",
            left.command,
        ) from error
