"""What is known of one external scheduler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bunkd_db.interval import seconds_between

_CRON_SECONDS = 60  # a cron expression of its own is kept by what can fire every minute


@dataclass(frozen=True)
class Option:
    """One external scheduler; only what its documentation says or what was measured.

    Attributes:
        name: stable, the name of its templates.
        interval_seconds: the smallest interval that it keeps with our configuration.
        overlap: what happens when a call is still open at the next time.
        timeout_seconds: how long it waits for an answer at most; None where that is ours to set
            or not confirmed.
        secret: where the credential lives.
        failure: how one learns that it failed.
        note: what else to know before choosing it, costs included.
    """

    name: str
    title: str
    interval_seconds: int
    overlap: str
    timeout_seconds: int | None
    secret: str
    failure: str
    note: str = ""

    def meets(self, every: str) -> bool:
        """Whether it keeps an interval of ours."""
        return self.interval_seconds <= (seconds_between(every) or _CRON_SECONDS)


def ranked(options: Iterable[Option], every: str, near: Iterable[str] = ()) -> list[Option]:
    """Return those that meet the interval first, on the same platform before others, then the rest.

    What does not meet it follows by its interval, the nearest first.
    """
    close = set(near)
    return sorted(
        options,
        key=lambda o: (
            not o.meets(every),
            o.name not in close,
            0 if o.meets(every) else o.interval_seconds,
        ),
    )
