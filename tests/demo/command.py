"""The real commands, as a user would type them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import gettempdir

from tests.demo.screen import say

CHECKOUT = Path(__file__).parents[2]
FOREIGN = ("BUNKD_", "SUPABASE_", "PG", "DATABASE_URL", "ALEMBIC_")


def run(settings: Mapping[str, str], *command: str) -> int:
    """Run one of the virtual environment's programs and return its exit code.

    Neither the user's own settings nor a `.env` of the checkout reach it.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    program = str(Path(sys.executable).with_name(command[0]))
    where = ["-c", str(CHECKOUT / "alembic.ini")] if command[0] == "alembic" else []
    say(f"$ {' '.join(command)}")
    done = subprocess.run(
        [program, *where, *command[1:]],
        check=False,
        cwd=gettempdir(),
        env=own | dict(settings),
    )
    say()
    return done.returncode
