"""What a command may import before it knows what to do."""

import subprocess
import sys

import pytest

from tests.support.command import ROOT, environment

HEAVY = (
    "psycopg",
    "sqlalchemy",
    "alembic",
    "mako",
    "dotenv",
    "jinja2",
    "aiohttp",
    "prometheus_client",
)
CODE = """
import sys
from bunkd_db.cli import main
sys.argv = ["bunkd-db", *{arguments!r}]
try:
    main()
finally:
    print("imported:", *sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["-h"],
        ["--version"],
        ["upgrade", "-h"],
        ["status", "-h"],
        ["explain", "-h"],
        ["call", "-h"],
        ["smoke", "-h"],
        ["credential", "set", "--help"],
        ["external", "generate", "-h"],
        ["nonsense"],
    ],
)
def test_words_alone_import_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(arguments=arguments, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(),
    )
    assert done.stderr.splitlines()[-1] == "imported:", done.stderr
