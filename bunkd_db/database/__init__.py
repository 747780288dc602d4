"""The database: the only package that knows the driver."""

from bunkd_db.database.actor import begin_change, say_who
from bunkd_db.database.connection import (
    Connection,
    Error,
    Row,
    as_object,
    connect,
    connect_to_write,
    require_usable,
    rows,
    rows_of,
    wait_for,
)
from bunkd_db.database.provisioning import (
    Done,
    attach_wakes,
    change_schedule,
    is_others,
    provision,
    report_schedule,
    require_owner,
    store_credential,
)
from bunkd_db.database.reader import Reader, Unanswered, read_only
from bunkd_db.database.url import parse_url
from bunkd_db.database.words import waited_in_vain, worded, worded_errors

__all__ = [
    "Connection",
    "Done",
    "Error",
    "Reader",
    "Row",
    "Unanswered",
    "as_object",
    "attach_wakes",
    "begin_change",
    "change_schedule",
    "connect",
    "connect_to_write",
    "is_others",
    "parse_url",
    "provision",
    "read_only",
    "report_schedule",
    "require_owner",
    "require_usable",
    "rows",
    "rows_of",
    "say_who",
    "store_credential",
    "wait_for",
    "waited_in_vain",
    "worded",
    "worded_errors",
]
