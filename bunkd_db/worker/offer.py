"""What the database answers a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bunkd_db.readers import JSON
from bunkd_db.worker.post import Post


@dataclass(frozen=True)
class Call:
    """A call to make: its number in the ledger, and why."""

    number: int
    reason: str

    @property
    def headers(self) -> dict[str, str]:
        """What tells the function who calls."""
        return {"X-Bunkd-Call": str(self.number), "X-Bunkd-Reason": self.reason}


@dataclass(frozen=True)
class Offer:
    """One answer of `bunkd.worker_exchange`.

    Attributes:
        trouble: what stands in the way, in words; empty where nothing does.
        standby: the database makes the calls itself, or is a copy: this worker makes none.
        post: what to send; None where no url is known.
        slots: how many calls may be open.
        next_tick: seconds until a tick is due; None where that is not this worker's business.
        hears: a write to the queue notifies workers that listen.
    """

    trouble: str
    standby: bool
    calls: list[Call]
    post: Post | None
    slots: int
    next_tick: float | None
    hears: bool

    @classmethod
    def of(cls, reply: Mapping[str, object], own: Mapping[str, JSON]) -> Offer:
        """Read it; `own` are the columns of the schedule that this process's settings set anew."""
        found = {**reply, **own}
        calls = cast("list[dict[str, object]]", reply["calls"])
        next_tick = reply["next_tick"]
        post = None
        headers = found["headers"]
        if isinstance(url := found["url"], str) and _are_texts(headers):
            header = found["credential_header"]
            post = Post(
                url,
                header if isinstance(header, str) else None,
                cast("Mapping[str, str]", headers),
                found["body"],
                # the slot is kept for as long as the database thinks, whatever is set here
                _number(reply["timeout_ms"]) / 1000,
            )
        return cls(
            trouble=_trouble(reply, found, post),
            standby=bool(reply["fenced"]) or reply["mode"] != "external",
            calls=[Call(int(_number(call["call"])), str(call["reason"])) for call in calls],
            post=post,
            slots=int(_number(reply["max_in_flight"])),
            next_tick=None if next_tick is None else _number(next_tick),
            hears=bool(reply["hears"]),
        )


def _are_texts(headers: object) -> bool:
    return isinstance(headers, dict) and all(isinstance(text, str) for text in headers.values())


def _trouble(reply: Mapping[str, object], found: Mapping[str, object], post: Post | None) -> str:
    if not _are_texts(found["headers"]):
        return "the schedule's headers are not an object of texts"
    if reply["fenced"] or reply["problem"]:
        return str(reply["problem"])
    if reply["back_off"]:
        return str(reply["back_off"])
    if reply["paused"]:
        return "the schedule is paused"
    return "" if post else "no url is known: set BUNKD_CALL_URL or SUPABASE_URL"


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    return value
