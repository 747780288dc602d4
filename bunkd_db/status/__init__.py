"""What a schedule does now: ask, judge, report."""

from bunkd_db.status.ask import read
from bunkd_db.status.report import Report

__all__ = ["Report", "read"]
