"""`bunkd-db worker` as its own process, with its log to read."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.command import environment
from tests.support.wait import wait_until

CREDENTIAL = "t0ken-of-the-worker"


@dataclass
class Worker:
    """One that runs."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def log(self) -> str:
        return self.file.read_text()

    def events(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log with this event."""
        lines = [
            json.loads(line) for line in self.log.splitlines(keepends=True) if line[-1] == "\n"
        ]
        return [line for line in lines if line["event"] == event]

    def said(self, event: str, timeout: float = 15) -> dict[str, Any]:
        """Wait until it has logged this, and return the latest."""
        try:
            return wait_until(lambda: self.events(event), timeout, f"{event!r} is logged")[-1]
        except AssertionError as error:
            error.add_note(self.log)
            raise

    def works(self) -> "Worker":
        """Wait until it hears of writes to the queue."""
        self.said("worker ready")
        return self

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)

    def freeze(self) -> None:
        """Stop it as a suspended machine is; `thaw` lets it go on."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def ends(self, timeout: float = 15) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(timeout=timeout)


@contextmanager
def worker(*arguments: str, credential: str = CREDENTIAL, **env: str) -> Iterator[Worker]:
    """Start one; it is killed in the end, if it still runs."""
    with tempfile.TemporaryDirectory(prefix="bunkd-db-worker-") as folder:
        file = Path(folder) / "log"
        with file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bunkd_db", "worker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment(BUNKD_CREDENTIAL=credential, **env),
            )
        try:
            yield Worker(process, file)
        finally:
            process.kill()
            process.wait(timeout=10)
