"""Run `bunkd-db` on a terminal of a given size."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.support.command import environment

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def terminal(columns: int, *arguments: str, interrupt_after: float = 0, **env: str) -> str:
    """What `bunkd-db ARGUMENTS` shows on a terminal of this width; Ctrl-C comes after so many seconds."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd="/",
        env={**environment(**env), "COLUMNS": str(columns), "TERM": "xterm"},
    )
    os.close(slave)
    if interrupt_after:
        time.sleep(interrupt_after)  # what it shows in this time is what the test looks at
        process.send_signal(signal.SIGINT)
    shown = b"".join(_chunks(master))
    process.wait(30)
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def _chunks(master: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says so at the end of a terminal
            return
        if not chunk:
            return
        yield chunk
