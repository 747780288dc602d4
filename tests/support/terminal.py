"""Run `bunkd-db` on a terminal of a given size."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

from tests.support.command import environment

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def terminal(columns: int, *arguments: str, interrupt_after: str = "", **env: str) -> str:
    """What `bunkd-db ARGUMENTS` shows on a terminal of this width; Ctrl-C comes once it has shown a text."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd="/",
        env={"TERM": "xterm", **environment(**env), "COLUMNS": str(columns)},
    )
    os.close(slave)
    shown, end, interrupted = b"", interrupt_after.encode(), False
    for chunk in _chunks(master):
        shown += chunk
        # again where nothing came of it: it can fall between a prompt and the wait for an answer
        if end and (not interrupted or not chunk) and re.search(end, shown, re.DOTALL):
            interrupted = True
            process.send_signal(signal.SIGINT)
    process.wait(30)
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def take_terminal() -> None:
    """Make standard input the session's terminal, so that a ^C in it is a signal."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _chunks(master: int) -> Iterator[bytes]:
    """What is shown, as it comes; nothing, where nothing came for a second."""
    while True:
        if not select.select([master], [], [], 1)[0]:
            yield b""
            continue
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says so at the end of a terminal
            return
        if not chunk:
            return
        yield chunk
