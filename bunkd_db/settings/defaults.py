"""What holds where nothing is set and no database can be asked.

The database has its own, the defaults of the columns of `bunkd.schedule`; a test compares them.
"""

from __future__ import annotations

SCHEDULE = "process-analysis-jobs"
EVERY = "30s"
TIMEOUT_MS = 35_000
QUEUE_TABLE = "public.analysis_jobs"
STATUS_COLUMN = "status"
STATUS_WAITING = ("queued",)
STATUS_ACTIVE = ("processing", "running")
STATUS_DONE = ("completed", "done")
STATUS_FAILED = ("failed",)
