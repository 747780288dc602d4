"""The person's name that a change is recorded with."""

from __future__ import annotations

import getpass
from collections.abc import Mapping

from bunkd_db.printable import printable

_LONGEST = 100


def find_actor(environ: Mapping[str, str]) -> str | None:
    """Return who runs this: `BUNKD_ACTOR`, who started the GitHub workflow, or the operating system's user.

    >>> find_actor({"BUNKD_ACTOR": "ann", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "bob"})
    'ann'
    """
    named = environ.get("BUNKD_ACTOR", "").strip()
    if not named and environ.get("GITHUB_ACTIONS") == "true":
        named = environ.get("GITHUB_ACTOR", "").strip()
    if not named:
        try:
            named = getpass.getuser()
        except (OSError, KeyError, ImportError):  # a container's user often has no name
            return None
    return printable(named.encode(errors="replace").decode())[:_LONGEST]
