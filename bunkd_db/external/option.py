"""What is known of one external scheduler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from bunkd_db.external.pace import Pace
from bunkd_db.interval import shortest_gap

Cost = Literal["free", "included", "usage", "paid"]
COSTS = get_args(Cost)
Reach = Literal["internet", "network", "machine"]
REACHES = get_args(Reach)
_RANKS = {"free": 0, "included": 1, "usage": 1, "paid": 2}
_MINUTE = 60


@dataclass(frozen=True)
class Option:
    """One external scheduler; only what its documentation says or what was measured.

    Attributes:
        name: stable, the folder of its templates.
        title: what it is called by its makers.
        overlap: what happens when a call is still open at the next time.
        prevents_overlap: whether that keeps two calls apart.
        secret: where the credential lives.
        failure: how one learns that it failed.
        cost: of a call a minute: `free` as a service; `included` in a machine or cluster that one
            has; `usage`: by what is used; `paid`: takes a plan that costs.
        interval_seconds: the smallest interval that it keeps with our files; None where no source
            confirms one, below a minute it is never.
        cron: whether it takes a cron expression of one's own.
        timeout_seconds: how long it waits for an answer at most; None where that is ours to set
            or not confirmed.
        reach: where its calls come from: `internet`; `network`: a private network of one's own, too;
            `machine`: a machine of one's own.
        note: what else to know before choosing it.
        warning: what has to be said aloud to whoever chooses it.
        order: among equals the lower one is recommended first.
    """

    name: str
    title: str
    overlap: str
    prevents_overlap: bool
    secret: str
    failure: str
    cost: Cost
    interval_seconds: int | None = None
    cron: bool = False
    timeout_seconds: int | None = None
    reach: Reach = "internet"
    note: str = ""
    warning: str = ""
    order: int = 100

    def meets(self, every: str) -> bool | None:
        """Whether it keeps an interval of ours; None where that is not confirmed."""
        if not self.cron and Pace.of(every).seconds is None:
            return False
        gap = shortest_gap(every)
        if self.interval_seconds is None:
            return None if gap >= _MINUTE else False
        return self.interval_seconds <= gap

    def as_json(self, every: str) -> dict[str, str | int | bool | None]:
        """Return the object of `--json`; its keys are stable (docs/check-json.md)."""
        return {
            "name": self.name,
            "title": self.title,
            "interval_seconds": self.interval_seconds,
            "meets": self.meets(every),
            "cron": self.cron,
            "overlap": self.overlap,
            "prevents_overlap": self.prevents_overlap,
            "timeout_seconds": self.timeout_seconds,
            "secret": self.secret,
            "failure": self.failure,
            "cost": self.cost,
            "note": " ".join(text for text in (self.note, self.warning) if text),
        }


def ranked(options: Iterable[Option], every: str, near: Iterable[str] = ()) -> list[Option]:
    """Return those that meet the interval first, then the unconfirmed, then the too slow.

    Within each: on the same platform before others, what prevents overlap before what does not,
    the cheaper first. What is too slow follows by its interval, the nearest first.
    """
    close = set(near)
    verdicts = (True, None, False)

    def key(option: Option) -> tuple[int, bool, int, bool, int, int, str]:
        meets = option.meets(every)
        return (
            verdicts.index(meets),
            option.name not in close,
            (option.interval_seconds or _MINUTE) if meets is False else 0,
            not option.prevents_overlap,
            _RANKS[option.cost],
            option.order,
            option.name,
        )

    return sorted(options, key=key)
