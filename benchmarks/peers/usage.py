"""What a system costs while nothing happens: CPU of its processes and of PostgreSQL, and connections."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.server import Connection

TICK = os.sysconf("SC_CLK_TCK")


def postmaster(link: Connection) -> int | None:
    """Its process id, where the server runs on this machine and its files can be read."""
    row = link.execute("select current_setting('data_directory')").fetchone()
    file = Path(str(row[0]) if row else "") / "postmaster.pid"
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def cpu_of(pids: Sequence[int]) -> float:
    """Seconds of CPU that these processes have used."""
    return sum(_used(_stat(str(pid))) for pid in pids)


def cpu_of_server(pid: int) -> float:
    """Seconds of CPU of a server: of its processes, and of those that have ended."""
    while True:
        before = _ended(pid)
        children = [_stat(name) for name in os.listdir("/proc") if name.isdigit()]
        used = sum(_used(each) for each in children if each and int(each[1]) == pid)
        if (after := _ended(pid)) == before:  # none has ended meanwhile, to be counted twice or not
            return _used(_stat(str(pid))) + after + used


def connections(link: Connection) -> int:
    """How many sessions clients and background jobs have, but for the one that asks."""
    row = link.execute(
        "select count(*) from pg_stat_activity"
        " where backend_type not in ('autovacuum worker', 'parallel worker') and datname is not null"
        "   and pid <> pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return int(str(row[0]))


def watch(seconds: float, pids: Sequence[int], server: int | None) -> tuple[float, float | None]:
    """CPU seconds a minute: of these processes, and of the server."""
    before, began = _both(pids, server), time.monotonic()
    time.sleep(seconds)
    after, minutes = _both(pids, server), (time.monotonic() - began) / 60
    return (
        (after[0] - before[0]) / minutes,
        None if server is None else (after[1] - before[1]) / minutes,
    )


def _both(pids: Sequence[int], server: int | None) -> tuple[float, float]:
    return cpu_of(pids), 0.0 if server is None else cpu_of_server(server)


def _ended(pid: int) -> float:
    """Seconds of CPU of a process's children that have ended."""
    stat = _stat(str(pid))
    return (int(stat[13]) + int(stat[14])) / TICK if stat else 0.0


def _used(stat: Sequence[str]) -> float:
    return (int(stat[11]) + int(stat[12])) / TICK if stat else 0.0


def _stat(pid: str) -> Sequence[str]:
    """Of /proc/PID/stat what comes after the name; empty where the process is gone."""
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ()
