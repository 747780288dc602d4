"""Where alerts and heartbeats go: set, shown by host, tried, removed."""

from bunkd_db.alert.kept import remove_url, require_schedule, set_url, show
from bunkd_db.alert.place import Place
from bunkd_db.alert.trial import test

__all__ = ["Place", "remove_url", "require_schedule", "set_url", "show", "test"]
