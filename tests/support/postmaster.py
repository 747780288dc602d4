"""One PostgreSQL server process that we start, watch and stop ourselves."""

import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.machine import RunAs, give
from tests.support.server import PASSWORD, Mode, wait_for_answer

SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


@dataclass
class Postmaster:
    """A data directory under `folder`, and the process that serves it."""

    bin: Path
    folder: Path
    port: int
    who: RunAs
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"

    def create(self, superuser: str, configuration: str, access: str) -> None:
        """initdb, then our configuration on top of its own."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        give(password, self.who)
        try:
            subprocess.run(
                [
                    self.bin / "initdb",
                    f"--pgdata={self.data}",
                    f"--username={superuser}",
                    f"--pwfile={password}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--no-sync",
                ],
                check=True,
                capture_output=True,
                text=True,
                cwd=self.folder,
                env=_environment(),
                **self.who,
            )
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"initdb: {error.stderr}") from error
        password.unlink()
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(configuration)
        (self.data / "pg_hba.conf").write_text(access)

    def start(self, url: str) -> None:
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
                **self.who,
            )
        try:
            wait_for_answer(url, alive=self.alive)
        except BaseException as error:
            self.stop("immediate")
            error.add_note(self.log()[-4000:])
            raise

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, mode: Mode = "fast") -> None:
        if self.process is None:
            return
        if self.alive():
            self.process.send_signal(SIGNALS[mode])
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            # A fast stop waits for a background worker in the middle of a request.
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=20)

    def log(self, since: int = 0) -> str:
        with self.log_file.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")


def _environment() -> dict[str, str]:
    """Nothing of the developer's own settings: PG* would reach the server, LC_* its messages."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
