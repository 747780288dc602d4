"""The names of variables: one that nobody reads is most likely mistyped."""

from __future__ import annotations

from collections.abc import Iterable

from bunkd_db.settings.schedule import variables

# read by the tests and by docker-compose.yml
_OTHERS = ("BUNKD_TEST_", "BUNKD_POSTGRES_")
OURS = frozenset(
    {
        "BUNKD_ACTOR",
        "BUNKD_ANON_KEY",
        "BUNKD_ALERT_WEBHOOK",
        "BUNKD_CONFIG",
        "BUNKD_CREDENTIAL",
        "BUNKD_HEARTBEAT_URL",
        "BUNKD_MODE",
        "BUNKD_READER_ROLE",
        "BUNKD_SCHEDULE",
        "BUNKD_WORKER_ROLE",
        *variables().values(),
    }
)
FILES = frozenset(
    f"{name}_FILE"
    for name in (
        *OURS,
        "DATABASE_URL",
        "SUPABASE_URL",
        "SUPABASE_ANON_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
    )
)
"""Names of files that have the value of the variable before `_FILE`."""
_KNOWN = OURS | FILES


def warnings(names: Iterable[str], but: str = " and is ignored") -> tuple[str, ...]:
    """Return a sentence for each `BUNKD_…` name that is none of ours, with the nearest of ours.

    `but` is what becomes of it.

    >>> warnings(["BUNKD_EVRY", "BUNKD_EVERY", "BUNKD_TEST_SERVER", "PATH"])
    ('BUNKD_EVRY is not a setting and is ignored. Did you mean BUNKD_EVERY?',)
    """
    unknown = sorted(
        name
        for name in names
        if name.startswith("BUNKD_") and name not in _KNOWN and not name.startswith(_OTHERS)
    )
    # a name may hold anything but =
    return tuple(f"{repr(name)[1:-1]} is not a setting{but}.{_nearest(name)}" for name in unknown)


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # a mistyped name is rare

    near = get_close_matches(name, _KNOWN, 1, 0.7)
    return f" Did you mean {near[0]}?" if near else ""
