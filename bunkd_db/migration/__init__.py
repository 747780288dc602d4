"""What Alembic runs: the same code for `alembic upgrade head` and `bunkd-db upgrade`.

The only package besides `migrations/` that knows Alembic and SQLAlchemy.
"""

from bunkd_db.migration.command import downgrade, rehearse, upgrade
from bunkd_db.migration.environment import run
from bunkd_db.migration.given import URL, Connection, written
from bunkd_db.migration.rehearsal import Lock, Rehearsed
from bunkd_db.migration.snapshot import Object

__all__ = [
    "URL",
    "Connection",
    "Lock",
    "Object",
    "Rehearsed",
    "downgrade",
    "rehearse",
    "run",
    "upgrade",
    "written",
]
