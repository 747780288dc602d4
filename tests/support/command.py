"""Run `bunkd-db` and `alembic` as their users do: as processes of their own."""

import contextlib
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finished:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def environment(**env: str) -> dict[str, str]:
    """An environment with these settings and nothing of the developer's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **env}


def start(*arguments: str, **env: str) -> subprocess.Popen[str]:
    """Start `bunkd-db ARGUMENTS`; nothing is on its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment(**env),
    )


def finish(process: subprocess.Popen[str]) -> Finished:
    """Wait for a started command."""
    out, err = process.communicate(timeout=60)
    return Finished(process.returncode, out, err)


def unheard(*arguments: str, **env: str) -> Finished:
    """`bunkd-db ARGUMENTS`, of which nobody reads what it says."""
    process = start(*arguments, **env)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with process, process.stderr as told:
        err = told.read()
    return Finished(process.returncode, "", err)


def redirected(command: str, where: str, **env: str) -> Finished:
    """`bunkd-db COMMAND WHERE` in a shell: `| head -1` or `>&-`; the code is the command's own."""
    return finish(
        subprocess.Popen(
            f"{sys.executable} -m bunkd_db {command} {where}; exit ${{PIPESTATUS[0]}}",
            shell=True,
            executable="/bin/bash",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment(**env),
        )
    )


def run(
    *arguments: str,
    stdin: str | bytes = b"",
    module: str = "bunkd_db",
    cwd: Path = Path("/"),
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Finished:
    """Run a command to its end; `module` is `alembic` for Alembic's own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env=environment(**(env or {})),
        timeout=timeout,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def bunkd(*arguments: str, stdin: str | bytes = b"", **env: str) -> Finished:
    """`bunkd-db ARGUMENTS`."""
    return run(*arguments, stdin=stdin, env=env)


def alembic(*arguments: str, **env: str) -> Finished:
    """`alembic ARGUMENTS` by our alembic.ini, from a folder that holds no .env."""
    return run("-c", str(ROOT / "alembic.ini"), *arguments, module="alembic", env=env)


def here(*arguments: str, stdin: str | bytes = b"", **env: str) -> Finished:
    """`bunkd-db ARGUMENTS` in this process: ten times as quick, where its streams do not matter."""
    from bunkd_db.cli import main

    text = stdin.encode() if isinstance(stdin, str) else stdin
    bytes_out, bytes_err = io.BytesIO(), io.BytesIO()
    out, err = io.TextIOWrapper(bytes_out), io.TextIOWrapper(bytes_err)
    code: object = 0
    with (
        patch.dict(os.environ, environment(**env), clear=True),
        patch.object(sys, "argv", ["bunkd-db", *arguments]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(text))),
        patch.object(sys, "stdout", out),
        patch.object(sys, "stderr", err),
        contextlib.chdir("/"),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    out.flush()
    err.flush()
    code = code if isinstance(code, int) else 0
    return Finished(code, bytes_out.getvalue().decode(), bytes_err.getvalue().decode())


def follow(remedy: str, database: str) -> Finished:
    """A remedy that is a command of ours, run as it is shown; it works."""
    program, *arguments = shlex.split(remedy)
    assert program == "bunkd-db", remedy
    done = here(*arguments, DATABASE_URL=database)
    assert done.code == 0, done.err
    return done
