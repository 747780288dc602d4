"""The verdict: it follows from the checks, never from the provider's name.

`bunkd.enable_extensions` decides the same in SQL when an upgrade runs, with the same codes; a test
holds both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bunkd_db.capabilities.codes import Code
from bunkd_db.models import Check, Verdict

# what stands first in the way first
BLOCKS_NATIVE = (
    Code.STANDBY,
    Code.OLD_SERVER,
    Code.NO_FILES,
    Code.FOREIGN_SCHEMA,
    Code.NOT_PRELOADED,
    Code.WRONG_DB,
    Code.NOT_ALLOWED,
    Code.NEED_PRIV,
    Code.NO_SCHEMA_USAGE,
    Code.TOO_FEW_JOBS,
)


def failing(deciding: Iterable[Check], transport: str) -> list[Check]:
    """Return those of the deciding checks because of which a transport cannot be used."""
    codes: tuple[str, ...] = BLOCKS_NATIVE
    failed = [
        check
        for check in deciding
        if check.status == "fail"
        and check.reason in codes
        and check.extension in ("", "pg_cron", transport)
    ]
    return sorted(failed, key=lambda check: codes.index(check.reason))


def choose(reasons: Mapping[str, list[Check]], wanted: str) -> tuple[str | None, list[Check]]:
    """Return the transport that can be used, or why there is none: of `auto`, pg_net's reasons.

    `reasons` has what fails of each transport, see `failing`.
    """
    if wanted == "both":
        lacking = [
            *reasons["pg_net"],
            *(each for each in reasons["http"] if each not in reasons["pg_net"]),
        ]
        return None if lacking else "both", lacking
    for transport in ("pg_net", "http") if wanted == "auto" else (wanted,):
        if not reasons[transport]:
            return transport, []
    return None, reasons["pg_net" if wanted == "auto" else wanted]


def verdict_of(blocking: Iterable[Check]) -> Verdict:
    """Return `external` where anything blocks, else `native`."""
    return "external" if list(blocking) else "native"
