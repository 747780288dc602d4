"""Schedules, live: how each is set, and changes that no deploy takes back."""

from bunkd_db.schedules.ask import FORMAT, Schedule, as_json, read
from bunkd_db.schedules.change import change, describe_removal, pause, remove, resume
from bunkd_db.schedules.export import export

__all__ = [
    "FORMAT",
    "Schedule",
    "as_json",
    "change",
    "describe_removal",
    "export",
    "pause",
    "read",
    "remove",
    "resume",
]
