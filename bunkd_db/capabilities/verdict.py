"""The verdict: it follows from the checks, never from the provider's name.

`bunkd.enable_extensions` decides the same in SQL when an upgrade runs, with the same codes; a test
holds both together.
"""

from __future__ import annotations

from collections.abc import Iterable

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
)


def blocking(deciding: Iterable[Check]) -> list[Check]:
    """Return those of the deciding checks that keep this database from making the calls itself."""
    codes: tuple[str, ...] = BLOCKS_NATIVE
    failed = [check for check in deciding if check.status == "fail" and check.reason in codes]
    return sorted(failed, key=lambda check: codes.index(check.reason))


def verdict_of(blocking: Iterable[Check]) -> Verdict:
    """Return `external` where anything blocks, else `native`."""
    return "external" if list(blocking) else "native"
