"""What a rule has found: all of a check but its name."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.models import CheckStatus


@dataclass(frozen=True)
class Finding:
    """See `bunkd_db.models.Check`; `reason` is a `Code`, or what a newer database says."""

    status: CheckStatus
    detail: str
    remedy: str = ""
    commands: tuple[str, ...] = ()
    reason: str = ""


def ok(detail: str) -> Finding:
    """Return that all is well."""
    return Finding("pass", detail)


def skip(detail: str) -> Finding:
    """Return that there is nothing to judge here, or not yet."""
    return Finding("skip", detail)


def unanswered(detail: str, remedy: str = "", *commands: str) -> Finding:
    """Return that this role cannot know."""
    return Finding("skip", detail, remedy, commands, Code.UNANSWERED)


def warn(code: Code, detail: str, remedy: str, *commands: str) -> Finding:
    """Return that it works, and that something is to be looked at."""
    return Finding("warn", detail, remedy, commands, code)


def fail(code: Code, detail: str, remedy: str, *commands: str) -> Finding:
    """Return that it does not work, or is open to others."""
    return Finding("fail", detail, remedy, commands, code)
