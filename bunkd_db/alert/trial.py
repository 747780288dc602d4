"""A test message: sent by whoever sends the alerts."""

from __future__ import annotations

import time

from bunkd_db import database
from bunkd_db.alert.kept import require
from bunkd_db.alert.place import Place
from bunkd_db.errors import NotPossible

_BEGIN = "select bunkd.begin_test(%(schedule)s, %(place)s) as sender"
_READ = "select bunkd.read_test(%(schedule)s, %(place)s) as test"
_GIVE_UP = (
    "update bunkd.message set due = null where schedule = %(schedule)s and place = %(place)s"
    " and state = 'test'"
)
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = {"PG_NET": 15.0, "LANES": 30.0, "WORKER": 30.0}
_SENDERS = {"PG_NET": "pg_net", "LANES": "a lane", "WORKER": "a worker"}


def test(url: str | None, schedule: str, place: Place) -> str:
    """Send a test by whoever sends the messages, wait for its answer, and return who sent it.

    Raises:
        NotPossible: it did not arrive, or cannot be sent.
        ConfigurationError: there is no such schedule.
    """
    about = {"schedule": schedule, "place": place}
    with database.worded_errors(), database.connect(url, autocommit=True) as connection:
        require(connection, schedule)
        sender = str(database.rows(connection, _BEGIN, about)[0]["sender"])
        _refuse(sender, schedule, place)
        until = time.monotonic() + _PATIENCE_SECONDS[sender]
        while time.monotonic() < until:
            told = database.rows(connection, _READ, about)[0]["test"]
            if told is None:  # somebody has removed the URL meanwhile, and its messages with it
                _refuse("NO_URL", schedule, place)
            found = database.as_object(told)
            if found["arrived"]:
                return _SENDERS[sender]
            if found["problem"] and not found["sent"]:
                raise NotPossible(
                    f"the test did not arrive at the {place.noun}: {found['problem']}",
                    "Compare the URL with what its service shows, and set it again:",
                    f"{place.set_command} --schedule {schedule}",
                )
            time.sleep(_LOOK_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_UP, about)
    raise NotPossible(
        f"{_SENDERS[sender]} did not send the test within {_PATIENCE_SECONDS[sender]:g} s",
        "See what keeps it busy:",
        f"bunkd-db check --schedule {schedule}",
    )


def _refuse(sender: str, schedule: str, place: Place) -> None:
    if sender == "NO_URL":
        raise NotPossible(
            f"schedule {schedule} has no {place.noun}",
            "Set it:",
            f"{place.set_command} --schedule {schedule}",
        )
    if sender == "COPY":
        raise NotPossible(
            "this database is a copy, which sends no messages",
            "Run bunkd-db upgrade with its own BUNKD_CALL_URL and BUNKD_CREDENTIAL first.",
        )
    if sender == "NO_WORKER":
        raise NotPossible(
            "no worker is running, and this database sends no messages itself",
            "Start one:",
            f"bunkd-db worker --schedule {schedule}",
        )
