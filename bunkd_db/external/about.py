"""What every generated file says of itself: its limits, and what to do with it."""

from __future__ import annotations

import textwrap

from bunkd_db.calling.request import Request
from bunkd_db.external.option import Option
from bunkd_db.external.pace import Pace

_WIDTH = 96
_HEARTBEAT = (
    "A scheduler cannot report that it has stopped. Have the function ping a heartbeat monitor"
    " (healthchecks.io, Cronitor) on every call."
)


def preamble(option: Option, request: Request, pace: Pace, timeout: int, steps: str) -> str:
    """Return the text that stands as a comment at the top of a target's main file."""
    warning = [f"WARNING: {option.warning}", ""] if option.warning else []
    limits = [
        f"interval: {interval(option)}{' at best' if option.interval_seconds else ''}",
        f"overlap: {option.overlap}",
        f"timeout: {timeout} s",
        f"credential: {option.secret}",
        f"failure: {option.failure}",
        *([option.note] if option.note else []),
    ]
    return "\n".join(
        [
            _wrapped(f"POST {request.url} every {pace.every}: {option.title}."),
            f"Made by: bunkd-db external generate {option.name}. This file does not contain the credential.",
            "",
            *map(_wrapped, warning),
            *(_wrapped(limit, "- ") for limit in limits),
            "",
            _wrapped(_HEARTBEAT),
            "",
            "To do, once:",
            textwrap.indent(steps.strip("\n"), "  "),
        ]
    )


def interval(option: Option) -> str:
    """Return the smallest interval that an option keeps, in words."""
    return "not confirmed" if option.interval_seconds is None else words(option.interval_seconds)


def words(seconds: int) -> str:
    """Return a number of seconds in words.

    >>> words(30), words(300)
    ('30 s', '5 min')
    """
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def _wrapped(text: str, lead: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
