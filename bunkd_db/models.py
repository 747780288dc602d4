"""Value objects that the verbs hand to the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["native", "external"]
CheckStatus = Literal["pass", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Check:
    """One probe's answer.

    Attributes:
        name: stable, the key that scripts and the pages in docs/ use.
        status: `pass`, `warn`, `fail`, or `skip` where it could not be asked.
        detail: what was found, one sentence.
        remedy: what to do about it, empty where nothing is to be done.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""
