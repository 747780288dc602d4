"""Your Postgres calls your job function: a Postgres-native scheduler provisioner.

>>> import bunkd_db
>>> bunkd_db.check("mysql://localhost")
Traceback (most recent call last):
bunkd_db.errors.ConfigurationError: DATABASE_URL does not start with postgresql://
Write it like postgresql://USER:PASSWORD@HOST:5432/DATABASE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bunkd_db.version import __version__

if TYPE_CHECKING:
    from bunkd_db.api import check, downgrade, upgrade
    from bunkd_db.errors import BunkdError

__all__ = ["BunkdError", "__version__", "check", "downgrade", "upgrade"]


def __getattr__(name: str) -> object:
    """Import what is asked for only then: `bunkd-db --help` needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'bunkd_db' has no attribute {name!r}")
    from bunkd_db import api, errors

    return getattr(errors if name == "BunkdError" else api, name)
