"""Clean up after a process that was killed: `python -m tests.support.guard cluster|container WHAT`.

It waits for the end of its standard input, which comes when the owner closes it or is gone.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def watch(kind: str, what: str) -> subprocess.Popen[bytes]:
    """Start a guard for what this process owns."""
    return spawn("tests.support.guard", kind, what)


def spawn(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start one of our modules as a process that ends with its standard input.

    A session of its own keeps a Ctrl-C of the owner's terminal from ending it first.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=CHECKOUT,
        start_new_session=True,
    )


def release(process: subprocess.Popen[bytes]) -> None:
    """Close the standard input of such a process and wait for its end."""
    if process.stdin is not None:
        process.stdin.close()
    process.wait(timeout=30)


def _cluster(folder: Path) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data/postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


def _container(identity: str) -> None:
    from tests.support.engine import remove

    remove(identity)


def main(kind: str, what: str) -> None:
    sys.stdin.buffer.read()
    if kind == "cluster":
        _cluster(Path(what))
    else:
        _container(what)


if __name__ == "__main__":
    main(*sys.argv[1:3])
