"""What the operator asked for: flags, then the environment, then `.env`."""

from bunkd_db.settings.defaults import SCHEDULE as DEFAULT_SCHEDULE
from bunkd_db.settings.parse import JSON
from bunkd_db.settings.run import Settings
from bunkd_db.settings.schedule import RequestSettings, ScheduleSettings

__all__ = ["DEFAULT_SCHEDULE", "JSON", "RequestSettings", "ScheduleSettings", "Settings"]
