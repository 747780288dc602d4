"""What a driver or Alembic raises, as errors that a user can act upon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from bunkd_db import database
from bunkd_db.errors import ConfigurationError
from bunkd_db.stamp import MARKS

_REVISIONS = (
    f"The revisions are {min(MARKS)} to {max(MARKS)}; head is the newest, base is before the first."
)


@contextmanager
def worded_errors() -> Iterator[None]:
    """Raise a BunkdError in the place of what the database or Alembic raises."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, database.Error):
            raise database.worded(error.orig) from error
        raise
    except database.Error as error:
        raise database.worded(error) from error
    except CommandError as error:
        raise ConfigurationError(f"Alembic: {error}", _REVISIONS) from error
