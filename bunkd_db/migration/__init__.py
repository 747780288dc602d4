"""What Alembic runs: the same code for `alembic upgrade head` and `bunkd-db upgrade`.

The only package besides `migrations/` that knows Alembic and SQLAlchemy.
"""

from bunkd_db.migration.command import downgrade, upgrade
from bunkd_db.migration.environment import run

__all__ = ["downgrade", "run", "upgrade"]
