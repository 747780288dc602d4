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
        name: stable, the key that scripts and the pages in docs/checks use.
        status: `pass`, `warn`, `fail`, or `skip` where it could not be asked.
        detail: what was found, one sentence.
        remedy: what to do about it, empty where nothing is to be done.
        reason: the stable code of what is not well, empty where it is.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Reason:
    """Why this database cannot make the calls itself.

    Attributes:
        code: stable, in capitals (docs/check-json.md lists them).
        detail: what was found, in the words that `bunkd.enable_extensions` uses for it.
        extension: `pg_cron` or `pg_net`; empty where it is about neither.
    """

    code: str
    detail: str
    extension: str = ""
