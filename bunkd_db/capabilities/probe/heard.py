"""What came back to a probe, from whoever sent it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bunkd_db.calling.answer import Answer, Failure, Outcome


@dataclass(frozen=True)
class Heard:
    """What came back.

    Attributes:
        sender: who sent the call, in words.
        seconds: until the answer was there.
        outcome: how it ended, as the ledger has it; None where nothing was sent.
        failure: why there was no answer; None where there was one. Unsent: by pg_net; not taken: by a lane.
        status: the HTTP status; None where there was no answer.
        text: the answer's message, or the error's.
        redirect: where it sends callers who should go elsewhere, else empty.
    """

    sender: str
    seconds: float
    outcome: Outcome | None = None
    failure: Failure | Literal["unsent", "not taken"] | None = None
    status: int | None = None
    text: str = ""
    redirect: str = ""

    @classmethod
    def of(cls, answer: Answer, sender: str) -> Heard:
        """Take it from a call of this process."""
        return cls(
            sender,
            answer.seconds,
            answer.outcome,
            answer.failure,
            answer.status,
            answer.said[:200],
            answer.location,
        )


def kind_of(message: str) -> Failure:
    """Tell libcurl's errors apart: pg_net and pgsql-http hand on nothing but their words.

    >>> kind_of("Couldn't resolve host name"), kind_of("Couldn't connect to server")
    ('dns', 'refused')
    """
    for pattern, kind in _KINDS:
        if re.search(pattern, message, re.IGNORECASE):
            return kind
    return "network"


_KINDS: tuple[tuple[str, Failure], ...] = (
    (r"timeout|timed out", "timeout"),
    (r"resolve", "dns"),
    (r"ssl|tls|certificate", "tls"),
    (r"connect to|refused", "refused"),
)
