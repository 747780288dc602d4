"""The usual causes of errors, from causes.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Cause:
    """A usual cause.

    Attributes:
        code: stable, for scripts.
        means: what is wrong, without a full stop.
        remedy: what to do, a sentence.
    """

    code: str
    pattern: re.Pattern[str]
    means: str
    remedy: str


@cache
def causes() -> dict[str, Cause]:
    """Return every cause by its code, in the order in which they are tried."""
    text = Path(__file__).with_name("causes.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)["cause"]
    return {
        each["code"]: Cause(**each | {"pattern": re.compile(each["pattern"])}) for each in found
    }


def cause_of(text: str) -> str | None:
    """Return the code of the first cause that fits a text.

    >>> cause_of("PPLX_API_KEY not configured"), cause_of("Perplexity API error: 429")
    ('key_missing', 'quota')
    >>> cause_of("no such product") is None
    True
    """
    lower = text.lower()
    return next((c.code for c in causes().values() if c.pattern.search(lower)), None)
