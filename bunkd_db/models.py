"""Value objects that the verbs hand to the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["native", "external"]
CheckStatus = Literal["pass", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Check:
    """One probe's answer.

    Attributes:
        name: stable, the key that scripts and the pages in docs/checks use.
        status: `pass`, `warn`, `fail`, or `skip` where it could not be asked.
        detail: what was found, one sentence.
        remedy: what to do about it, empty where nothing is to be done.
        commands: lines of shell or SQL that the remedy asks for, to be pasted as they are.
        reason: the stable code of what is not well (bunkd_db/capabilities/codes.py), else empty.
        extension: `pg_cron`, `pg_net` or `http`; empty where it is about none.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""
    reason: str = ""
    commands: tuple[str, ...] = ()
    extension: str = ""

    @property
    def matters(self) -> bool:
        """Whether somebody has to look at it: what could be asked by another role is to be asked."""
        return self.status in ("fail", "warn") or (self.status == "skip" and bool(self.remedy))


def in_line(remedy: str, commands: Iterable[str]) -> str:
    """Return a remedy and its commands as one line, for what has only that.

    >>> in_line("As its owner, then upgrade:", ["select 1;", "bunkd-db upgrade"])
    'As its owner, then upgrade: select 1; bunkd-db upgrade'
    >>> in_line("Ask the primary.", [])
    'Ask the primary.'
    """
    *before, last = [remedy, *commands]
    return " ".join([*(_closed(part) for part in before), last])


def _closed(part: str) -> str:
    return part if part.endswith((":", ";", ".")) else f"{part};"
