"""The session that the README begins with prints what it shows, on a server like Supabase's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.command import Finished, alembic, bunkd, environment
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import count_by_status, create_queue
from tests.support.server import Connection
from tests.support.ticks import settle
from tests.support.wait import wait_until

README = Path(__file__).parents[2] / "README.md"
HOST = "http://host.docker.internal:54321"


def session() -> dict[str, list[str]]:
    """What is shown of each command: its lines, without those that are empty."""
    [block] = re.findall(r"^```console\n(.*?)^```", README.read_text(), re.S | re.M)[:1]
    found: dict[str, list[str]] = {}
    for line in block.splitlines():
        if line.startswith("$ "):
            shown = found.setdefault(line.removeprefix("$ "), [])
        elif line:
            shown.append(line)
    return found


def masked(lines: list[str]) -> list[str]:
    """Without what differs from run to run: digits, and how wide they make a column."""
    plain = [re.sub(r"[0-9a-f]+(-[0-9a-f]+){4}", "ID", line) for line in lines]
    plain = [re.sub(r"\d+", "N", line) for line in plain if not re.match(r"\(\d+ row", line)]
    return [re.sub(r"-{3,}", "--", re.sub(r" +", " ", line)).strip() for line in plain if line]


def printed(out: str, shown: list[str]) -> list[str]:
    """What a command printed, cut off where the README does so with an ellipsis."""
    lines = masked(out.splitlines())
    ends = [line.removesuffix(" …") if line.endswith(" …") else None for line in masked(shown)]
    return [
        f"{end} …" if end and line.startswith(end) else line
        for line, end in zip(lines, [*ends, *[None] * len(lines)], strict=False)
    ]


def run(line: str, **env: str) -> Finished:
    if line.startswith("bunkd-db "):
        return bunkd(*line.split()[1:], **env)
    if line.startswith("alembic "):
        return alembic(*line.split()[1:], **env)
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**env, PSQLRC="/dev/null", LC_ALL="C.UTF-8"),
        timeout=60,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def test_it_prints_what_it_shows(
    database: Database, connection: Connection, endpoint: Endpoint
) -> None:
    if database.server.kind != "container" or database.server.version // 10000 != 17:
        pytest.skip("the README's session is on PostgreSQL 17 with a pg_cron that knows seconds")
    if not shutil.which("psql"):
        pytest.skip("no psql")
    create_queue(connection, 1)
    connection.execute("create extension supabase_vault")
    env = {"DATABASE_URL": database.url, "SUPABASE_URL": HOST, "BUNKD_CREDENTIAL": "t0ken"}
    shown = session()
    commands = iter(list(shown)[1:])
    for _ in range(2):
        command = next(commands)
        done = run(command, **env)
        assert [done.code, *done.err.split()] == [0]
        assert printed(done.out, shown[command]) == masked(shown[command])
        if "checks:" in done.out:  # a number that is true, unlike those of versions
            [counts] = [line for line in shown[command] if "checks:" in line]
            assert counts in done.out
    # the double's worker is on this side, where that name means nothing
    connection.execute("update bunkd.schedule set url = %s", [endpoint.url])
    for command in commands:
        done = run(command, **env)
        assert [done.code, *done.err.split()] == [0]
        if command.count("insert"):
            wait_until(lambda: count_by_status(connection) == {"completed": 1})
            assert settle(connection) == ["ok"]
        assert printed(done.out, shown[command]) == masked(shown[command])
