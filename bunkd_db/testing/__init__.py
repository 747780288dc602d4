"""A pytest plugin: a database that calls, and an endpoint in your function's place that records the calls.

`pytest_plugins = ["bunkd_db.testing"]` in conftest.py; docs/testing.md shows a whole project.
"""

from bunkd_db.testing.endpoint import Call, Endpoint
from bunkd_db.testing.plugin import (
    Called,
    bunkd,
    bunkd_database,
    bunkd_function,
    bunkd_host,
    bunkd_installed,
    bunkd_settings,
)

__all__ = [
    "Call",
    "Called",
    "Endpoint",
    "bunkd",
    "bunkd_database",
    "bunkd_function",
    "bunkd_host",
    "bunkd_installed",
    "bunkd_settings",
]
