"""Run a container's command here until its loop rests for the first time."""

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.command import Finished
from tests.support.wait import wait_until


def first_round(command: Sequence[str], folder: Path, env: Mapping[str, str] = {}) -> Finished:
    """One round of the loop: the exit code is 1 where its log has anything, that of the command
    where it ended before it rested."""
    resting, sleep = folder / "resting", folder / "bin/sleep"
    sleep.parent.mkdir()
    sleep.write_text(f"#!/bin/sh\n: >{shlex.quote(str(resting))}\nexec /bin/sleep 60\n")
    sleep.chmod(0o755)
    container = subprocess.Popen(
        command,
        env={"PATH": f"{sleep.parent}:/usr/bin:/bin", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(lambda: resting.exists() or container.poll() is not None)
    finally:
        if container.poll() is None:
            os.killpg(container.pid, signal.SIGKILL)
        out, err = container.communicate()
    ended = container.returncode > 0
    return Finished(container.returncode if ended else int(bool(err)), out, err)
