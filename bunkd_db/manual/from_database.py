"""The database sends the call, through pg_net or a lane."""

from __future__ import annotations

import time

from bunkd_db import database
from bunkd_db.errors import DatabaseUnavailable
from bunkd_db.manual.called import Ended
from bunkd_db.manual.started import Started, read, start
from bunkd_db.settings import Settings

GRACE_SECONDS = 5.0  # pg_net may be in the middle of somebody else's batch
_PAUSE_SECONDS = 0.05


def send(connection: database.Connection, settings: Settings) -> tuple[Started, Ended]:
    """Hand the call to pg_net or the lanes and wait for its answer; who asks for too long gets an open one.

    Raises:
        Refused: no call can be made now.
        DatabaseUnavailable: a table of ours has been locked until the end.
    """
    started = start(connection, settings.schedule_name, None)
    deadline = time.monotonic() + started.timeout + GRACE_SECONDS
    with database.worded_errors(undone=False):  # the call is made
        while True:
            ended = read(connection, settings.schedule_name, started.call)
            over = time.monotonic() > deadline
            if ended and (ended.outcome or over):
                return started, ended
            if over:
                raise DatabaseUnavailable(
                    f"nobody can say how call {started.call} ended: another session locks the tables of"
                    " bunkd-db",
                    "Look for long transactions in pg_stat_activity. Once they have ended:",
                    f"bunkd-db status --schedule {settings.schedule_name}",
                )
            time.sleep(_PAUSE_SECONDS)
