"""Run SQL with psql, as an operator would."""

import subprocess

from tests.support.database import Database


def psql(database: Database, script: str) -> str:
    """Run a script as its owner, and return what is printed; the first error ends it."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
