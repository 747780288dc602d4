"""Whether what is installed is of this bunkd-db's revision."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, skip
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.server import OURS
from bunkd_db.stamp import MARKS

_HEAD = max(MARKS)


@dataclass(frozen=True)
class Revision(Row, query="revision", what="the revision of schema bunkd", needs=(OURS,)):
    """What Alembic's table says."""

    revision: str


@check("revision", order=35)
def revision(context: Context) -> Finding:
    if not context.facts.server.shows_ours:
        return skip("there is no revision to read, or this role cannot read it")
    found = context.facts.one(Revision)
    if found is None:
        return fail(
            Code.OTHER_REVISION,
            "schema bunkd has no revision, as after the restore of a schema-only dump",
            "Upgrade, which tells the revision by the objects:",
            "bunkd-db upgrade",
        )
    if found.revision == _HEAD:
        return ok(f"the database is at revision {_HEAD}, as this bunkd-db is")
    if found.revision in MARKS:
        return fail(
            Code.OTHER_REVISION,
            f"the database is at revision {found.revision}, and this bunkd-db needs {_HEAD}",
            "Upgrade the database:",
            "bunkd-db upgrade",
        )
    return fail(
        Code.OTHER_REVISION,
        f"the database is at revision {found.revision}, which this bunkd-db does not know: it ends"
        f" at {_HEAD}",
        "Install the newer bunkd-db that upgraded this database.",
    )
