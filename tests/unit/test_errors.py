"""An error as one text: what failed, what to do, and commands that can be pasted."""

import psycopg
import pytest
from psycopg import errors

from bunkd_db.database import worded
from bunkd_db.errors import NotPossible


@pytest.mark.parametrize(
    ("commands", "shown"),
    [
        ((), "it failed\nDo this:"),
        (("one -a",), "it failed\nDo this: one -a"),
        (("one -a", "two"), "it failed\nDo this:\n  one -a\n  two"),
    ],
)
def test_each_of_several_commands_has_a_line(commands: tuple[str, ...], shown: str) -> None:
    assert str(NotPossible("it failed", "Do this:", *commands)) == shown


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (errors.DeadlockDetected("deadlock detected"), "another session holds a lock"),
        (errors.SerializationFailure("could not serialize"), "another session holds a lock"),
        (errors.DiskFull("could not extend file"), "the server failed: could not extend file"),
        (errors.AdminShutdown("terminating"), "the connection was lost: terminating"),
        (psycopg.OperationalError("closed"), "the connection was lost: closed"),
    ],
)
def test_only_a_connection_that_was_lost_is_called_so(error: psycopg.Error, says: str) -> None:
    found = worded(error)
    assert (found.exit_code, found.args[0].startswith(says)) == (3, True), found
