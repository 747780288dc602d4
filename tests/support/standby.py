"""Physical copies of a private cluster: a hot standby, and a backup that was restored."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.cluster import ClusterControl
from tests.support.drained import drained
from tests.support.machine import free_port, give, run_as, temporary_folder
from tests.support.packages import find
from tests.support.postmaster import Postmaster
from tests.support.server import Server, wait_for_workers
from tests.support.wait import wait_until


@contextmanager
def standby(primary: Server) -> Iterator[Server]:
    """Copy the primary and follow it."""
    with _copied(primary, "--write-recovery-conf") as copy:
        yield copy


@contextmanager
def restored(primary: Server) -> Iterator[Server]:
    """Back the primary up and restore that with the archive's WAL, as backup tools do."""
    with _copied(primary) as copy:
        _writable(copy)
        yield copy


def promote(copy: Server) -> None:
    """Fail over to a standby."""
    with copy.admin() as admin:
        admin.execute("select pg_promote()")
    _writable(copy)


def _writable(copy: Server) -> None:
    with copy.admin() as admin:
        wait_until(
            lambda: admin.execute("select pg_is_in_recovery()").fetchone() == (False,),
            message="the recovery has ended",
        )
    control = copy.control
    assert isinstance(control, ClusterControl)
    if not copy.real_net:
        control.stack.enter_context(drained(copy.admin_url))
    wait_for_workers(copy.admin_url, copy.net)


@contextmanager
def _copied(primary: Server, *options: str) -> Iterator[Server]:
    """Start a copy of its files; without an option it recovers from an archive and ends that."""
    assert isinstance(primary.control, ClusterControl)
    who, original = run_as(), primary.control.postmaster
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder(who))
        copy = Postmaster(original.bin, folder, free_port(), who)
        subprocess.run(
            [
                find().bin / "pg_basebackup",
                f"--dbname={primary.admin_url}",
                f"--pgdata={copy.data}",
                "--checkpoint=fast",
                "--wal-method=stream",
                "--no-sync",
                *options,
            ],
            check=True,
            capture_output=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd=folder,
            **who,
        )
        _own_sockets(copy.data, folder)
        if not options:
            _recover(copy.data)
        give(copy.data, who)
        url, admin_url = (_moved(each, copy.port) for each in (primary.url, primary.admin_url))
        stack.callback(copy.stop)
        copy.start(admin_url)
        control = ClusterControl(copy, admin_url, primary.control.net, stack.pop_all())
    with replace(primary, url=url, admin_url=admin_url, control=control) as running:
        yield running


def _moved(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()


def _recover(data: Path) -> None:
    """All WAL that there is came with the backup."""
    (data / "recovery.signal").touch()
    with (data / "postgresql.conf").open("a") as file:
        file.write("restore_command = 'false'\n")


def _own_sockets(data: Path, folder: Path) -> None:
    """The primary's socket folder is its own."""
    with (data / "postgresql.conf").open("a") as file:
        file.write(f"unix_socket_directories = '{folder}'\ncron.host = '{folder}'\n")
