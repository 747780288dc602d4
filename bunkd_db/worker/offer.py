"""What the database answers a worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from bunkd_db.calling.offered import BAD_HEADERS, NO_URL, number, request_of
from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.settings import RequestSettings
from bunkd_db.worker.state import Doing

_REMEDIES = {
    NO_URL: "Set BUNKD_CALL_URL or SUPABASE_URL for the worker, or for bunkd-db upgrade.",
    BAD_HEADERS: "Set BUNKD_HEADERS to a JSON object of strings.",
}


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
class Message:
    """An alert or a heartbeat to send, besides the calls.

    Attributes:
        attempt: which try it is, 1 for the first.
        url: where it goes; a secret.
        timeout: seconds.
    """

    code: str
    attempt: int
    url: Credential
    body: str
    timeout: float

    @classmethod
    def of(cls, found: Mapping[str, object]) -> Message:
        """Read one of the exchange's `messages`."""
        return cls(
            str(found["code"]),
            int(number(found["try"])),
            Credential(str(found["url"])),
            json.dumps(found["body"]),
            number(found["timeout_ms"]) / 1000,
        )


@dataclass(frozen=True)
class Offer:
    """One answer of `bunkd.worker_exchange_v1`.

    Attributes:
        doing: what the worker is to do now.
        trouble: what is wrong, in words; empty where nothing is.
        remedy: what to do about it where only a person can; else empty.
        standby: the database makes the calls itself, or is a copy: this worker makes none.
        probes: a copy that may ask for one call now and then, to learn whose function it is.
        messages: alerts and heartbeats to send.
        empty: calls of before whose answer named no job, while none moved: they processed none.
        request: what to send; None where no URL to call is set.
        slots: how many calls may be open.
        next_tick: seconds until a tick is due; None where that is not this worker's business.
        hears: a write to the queue notifies workers that listen.
    """

    doing: Doing
    trouble: str
    remedy: str
    standby: bool
    probes: bool
    calls: list[Call]
    messages: list[Message]
    empty: list[int]
    request: Request | None
    slots: int
    next_tick: float | None
    hears: bool

    @classmethod
    def of(cls, reply: Mapping[str, object], own: RequestSettings, credential: Credential) -> Offer:
        """Read it; `own` is what this process's settings set anew."""
        calls = cast("list[dict[str, object]]", reply["calls"])
        next_tick = reply["next_tick"]
        request, lacks = request_of(reply, own, credential)
        doing, trouble = _doing(reply, lacks)
        return cls(
            doing=doing,
            trouble=trouble,
            remedy=_REMEDIES.get(trouble, ""),
            standby=bool(reply["fenced"]) or reply["mode"] != "external",
            probes=bool(reply["probes"]),
            calls=[Call(int(number(call["call"])), str(call["reason"])) for call in calls],
            # a database that was upgraded by an older bunkd-db does not tell
            messages=[
                Message.of(each)
                for each in cast("list[Mapping[str, object]]", reply.get("messages") or [])
            ],
            empty=[int(number(call)) for call in cast("list[object]", reply.get("empty") or [])],
            request=request,
            slots=int(number(reply["max_in_flight"])),
            next_tick=None if next_tick is None else number(next_tick),
            hears=bool(reply["hears"]),
        )


def _doing(reply: Mapping[str, object], lacks: str) -> tuple[Doing, str]:
    if reply["fenced"]:
        return Doing.BLOCKED, str(reply["problem"])
    if reply["mode"] != "external":
        return Doing.STANDBY, ""
    if lacks or reply["problem"]:
        return Doing.BLOCKED, lacks or str(reply["problem"])
    if reply["back_off"]:
        return Doing.BACKING_OFF, str(reply["back_off"])
    if reply["paused"]:
        return Doing.PAUSED, "the schedule is paused"
    return Doing.WORKING, ""
