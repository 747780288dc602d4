"""How a call ended."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Literal

Outcome = Literal["ok", "empty", "job_failed", "http_error", "rejected", "timeout", "network_error"]
Failure = Literal["dns", "refused", "tls", "timeout", "network"]
_IDLE = "No jobs available"
FAILURES: frozenset[Outcome] = frozenset({"http_error", "rejected", "timeout", "network_error"})


@dataclass(frozen=True)
class Answer:
    """What came back, or why nothing did.

    Attributes:
        seconds: from the first byte sent until the answer was there.
        status: the HTTP status; None where there was no answer.
        content: its text, the beginning of a long one.
        failure: why there was no answer; None where there was one.
        error: the same in words; empty where there was one.
        retry_after: that header's text, None where it is not there.
        location: where a redirect leads, empty where it is none.
    """

    seconds: float
    status: int | None = None
    content: str = ""
    failure: Failure | None = None
    error: str = ""
    retry_after: str | None = None
    location: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether nobody answered in time."""
        return self.failure == "timeout"

    @property
    def outcome(self) -> Outcome:
        """The same as `bunkd.classify_answer` says; a test holds both together."""
        if self.timed_out:
            return "timeout"
        if self.status is None:
            return "network_error"
        if self.status in (401, 403):
            return "rejected"
        if 200 <= self.status < 300:
            return "empty" if self.job_id is None and self.said == _IDLE else "ok"
        if self.job_id is not None and self._object().get("success") is False:
            return "job_failed"
        return "http_error"

    @property
    def failed(self) -> bool:
        """Whether the endpoint is not well: a job that failed is none of its business."""
        return self.outcome in FAILURES

    @property
    def job_id(self) -> str | None:
        """The job that the answer names."""
        job = self._object().get("job_id")
        return None if job is None else str(job)

    @property
    def said(self) -> str:
        """Its message, or why there is none; one line, shortened."""
        found = self._object()
        error = found.get("error")
        text = error if error is not None else found.get("message")
        if text is None and self._json is ...:
            text = self.content
        return self.error or " ".join(str(text or "").split())[:200]

    def wait_for(self, now: float) -> float:
        """Return how many seconds Retry-After asks for, an hour at most; `now` is the epoch's.

        >>> Answer(0, 429, retry_after="7").wait_for(0)
        7.0
        """
        text = (self.retry_after or "").strip()
        try:
            date = not text.isdecimal() and parsedate_to_datetime(text).timestamp() - now
            seconds = date or float(text)
        except (ValueError, OverflowError):
            return 0.0
        return min(max(seconds, 0.0), 3600.0) if math.isfinite(seconds) else 0.0

    def _object(self) -> dict[str, object]:
        found = self._json
        return found if isinstance(found, dict) else {}

    @cached_property
    def _json(self) -> object:
        """What the content is, the ellipsis where it is no JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return ...
