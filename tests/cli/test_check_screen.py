"""What `check` looks like on a terminal and on a pipe."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bunkd_db.cli.report import split_commands
from tests.support.checked import install_and_wait
from tests.support.command import bunkd, environment
from tests.support.database import Database
from tests.support.server import Server

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def terminal(columns: int, *arguments: str, **env: str) -> str:
    """What `bunkd-db ARGUMENTS` shows on a terminal of this width."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd="/",
        env={**environment(**env), "COLUMNS": str(columns), "TERM": "xterm"},
    )
    os.close(slave)
    shown = b"".join(_chunks(master))
    process.wait(30)
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def _chunks(master: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # Linux says so at the end of a terminal
            return
        if not chunk:
            return
        yield chunk


def test_colours_and_columns_on_a_terminal(embedded: Server) -> None:
    shown = terminal(70, "check", DATABASE_URL=embedded.url)
    assert "\x1b[31m" in shown
    plain = ESCAPE.sub("", shown)
    assert plain.startswith("external: external cron is needed")
    assert max(map(len, plain.splitlines())) <= 70


def test_the_first_line_does_not_hide_what_fails(database: Database) -> None:
    install_and_wait(database)
    assert "But" not in bunkd("check", DATABASE_URL=database.url).out.splitlines()[0]
    with database.connect() as owner:
        owner.execute(
            "create function public.trigger_job_processing() returns void language sql"
            " security definer as 'select'"
        )
    first, *_ = bunkd("check", DATABASE_URL=database.url).out.splitlines()
    assert first.startswith("native: this database makes the calls itself, every ")
    assert first.endswith("But 1 check fails:")


def test_no_colour_where_it_is_not_wanted(embedded: Server) -> None:
    assert "\x1b[" not in terminal(70, "check", DATABASE_URL=embedded.url, NO_COLOR="1")


def test_plain_on_a_pipe(embedded: Server) -> None:
    shown = bunkd("check", DATABASE_URL=embedded.url).out
    assert "\x1b[" not in shown
    [line] = [line for line in shown.splitlines() if "-> Nothing" in line and "pg_net" in line]
    assert line.endswith("use an external scheduler.")


def test_a_terminal_that_knows_no_unicode(embedded: Server) -> None:
    done = bunkd("check", "-v", DATABASE_URL=embedded.url, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 1
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("remedy", "prose", "commands"),
    [
        ("Run: bunkd-db upgrade", "Run: bunkd-db upgrade", []),
        (
            "As its owner: grant a to b; grant c to b;",
            "As its owner:",
            ["grant a to b;", "grant c to b;"],
        ),
        ("create index concurrently on t (a);", "Run:", ["create index concurrently on t (a);"]),
        (
            "Run: select f(); if it stays away, restart.",
            "Run: select f(); if it stays away, restart.",
            [],
        ),
    ],
)
def test_commands_are_copied_so_they_are_not_wrapped(
    remedy: str, prose: str, commands: list[str]
) -> None:
    assert split_commands(remedy) == (prose, commands)
