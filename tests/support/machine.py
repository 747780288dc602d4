"""What the machine lends a server: a user to run as, a folder, a port."""

import os
import pwd
import random
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

_MEMORY = "/dev/shm"
_ROOM = 4 * 2**30


class RunAs(TypedDict, total=False):
    """The part of subprocess's arguments that changes the user."""

    user: int
    group: int
    extra_groups: list[int]


def run_as() -> RunAs:
    """PostgreSQL refuses to run as root, so root lends it the packages' user, or nobody."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("running as root, and neither the user postgres nor nobody exists")


def give(path: Path, who: RunAs) -> None:
    if who:
        os.chown(path, who["user"], who["group"])


def _in_memory() -> str | None:
    """Where files cost least: tests make and drop hundreds of tables. None: where TMPDIR says."""
    if os.environ.get("TMPDIR") or not os.access(_MEMORY, os.W_OK):
        return None
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:  # programs are put there too
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free > _ROOM else None


@contextmanager
def temporary_folder(who: RunAs) -> Iterator[Path]:
    """A fresh folder that only its user (and root) can enter."""
    folder = Path(tempfile.mkdtemp(prefix="bunkd-db-", dir=_in_memory()))
    give(folder, who)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port below the ephemeral range.

    While a server is down, a client that reconnects forever to an ephemeral port can end up
    connected to itself, and then the port is busy for good.
    """
    for _ in range(200):
        port = random.randrange(15000, 30000)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 15000 and 30000")
