"""Run SQL with psql, as an operator would."""

import subprocess

from tests.support.database import Database


def psql(database: Database, script: str) -> None:
    """Run a script as its owner: every statement counts, and the first error ends it."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
