"""The real commands, as a user would type them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from tests.demo.screen import say
from tests.support.wait import wait_until

CHECKOUT = Path(__file__).parents[2]
FOREIGN = ("BUNKD_", "SUPABASE_", "PG", "DATABASE_URL", "ALEMBIC_")


def run(settings: Mapping[str, str], *command: str) -> int:
    """Run one of the virtual environment's programs and return its exit code.

    Neither the user's own settings nor a `.env` of the checkout reach it.
    """
    where = ["-c", str(CHECKOUT / "alembic.ini")] if command[0] == "alembic" else []
    say(f"$ {' '.join(command)}")
    done = subprocess.run(
        [_program(command[0]), *where, *command[1:]],
        check=False,
        cwd=gettempdir(),
        env=_environment(settings),
    )
    say()
    return done.returncode


@contextmanager
def worker(settings: Mapping[str, str], ready: Callable[[], object]) -> Iterator[None]:
    """Run `bunkd-db worker` meanwhile; it ends as in a deploy, by SIGTERM. Its log is left out."""
    say("$ bunkd-db worker &")
    process = subprocess.Popen(
        [_program("bunkd-db"), "worker"],
        cwd=gettempdir(),
        env=_environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(ready, 60, "the worker waits for jobs")
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return own | dict(settings)
