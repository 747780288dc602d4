"""A hot standby of a private cluster."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.cluster import ClusterControl
from tests.support.machine import free_port, give, run_as, temporary_folder
from tests.support.packages import find
from tests.support.postmaster import Postmaster
from tests.support.server import Server


@contextmanager
def standby(primary: Server) -> Iterator[str]:
    """Copy the primary, follow it, and give the copy's URL for the owner."""
    assert isinstance(primary.control, ClusterControl)
    who, original = run_as(), primary.control.postmaster
    with temporary_folder(who) as folder:
        copy = Postmaster(original.bin, folder, free_port(), who)
        subprocess.run(
            [
                find().bin / "pg_basebackup",
                f"--dbname={primary.admin_url}",
                f"--pgdata={copy.data}",
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--wal-method=stream",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd=folder,
            **who,
        )
        _own_sockets(copy.data, folder)
        give(copy.data, who)
        url = urlsplit(primary.url)
        netloc = f"{url.username}:{url.password}@127.0.0.1:{copy.port}"
        admin = urlsplit(primary.admin_url)._replace(
            netloc=urlsplit(primary.admin_url).netloc.replace(str(url.port), str(copy.port))
        )
        copy.start(admin.geturl())
        try:
            yield url._replace(netloc=netloc).geturl()
        finally:
            copy.stop()


def _own_sockets(data: Path, folder: Path) -> None:
    """The primary's socket folder is its own."""
    with (data / "postgresql.conf").open("a") as file:
        file.write(f"unix_socket_directories = '{folder}'\n")
