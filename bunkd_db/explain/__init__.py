"""Why one job is where it is: ask, choose, report."""

from bunkd_db.explain.ask import read
from bunkd_db.explain.report import Report

__all__ = ["Report", "read"]
