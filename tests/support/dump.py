"""Dump a database and restore it, as people make copies."""

import subprocess
import sys
from pathlib import Path

from tests.support import embedded

FLAGS = ("--schema=bunkd", "--schema=public", "--no-owner", "--no-privileges")


def dump(url: str, *options: str) -> str:
    """The application's schema and ours, as SQL; by the newest pg_dump here: it reads any server."""
    done = _run("pg_dump", url, *FLAGS, *options)
    return done.stdout.replace("CREATE SCHEMA public;", "")


def application(url: str, *options: str) -> str:
    """The application's schema alone, which has nothing of ours but the wake, or what `options` name."""
    named = [] if any(option.startswith("--table") for option in options) else ["--schema=public"]
    done = _run("pg_dump", url, "--no-owner", "--no-privileges", *named, *options)
    # pg_dump is of 17 or newer, the server perhaps not; public is there, unless it was dropped first
    script = done.stdout.replace("SET transaction_timeout = 0;", "")
    return script if "--clean" in options else script.replace("CREATE SCHEMA public;", "")


def restore(script: str, url: str, *, refused: bool = False, stops: bool = False) -> None:
    """Into a database that may lack an extension: nothing of ours may fail, unless `refused`.

    `stops`: at the first error of any kind, which is one then.
    """
    done = _run("psql", url, "-X", "-q", f"--set=ON_ERROR_STOP={int(stops)}", script=script)
    assert refused or "bunkd" not in done.stderr, done.stderr


def difference(url: str, other: str) -> str:
    """What makes the application's schema at `url` that of `other`, as SQL, by migra."""
    migra = str(Path(sys.executable).with_name("migra"))
    command = [sys.executable, "-W", "ignore", migra, "--unsafe", "--schema", "public"]
    done = subprocess.run([*command, url, other], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) in (("", 0), ("", 2)), (
        done.stderr
    )  # 2: there are differences
    return done.stdout.strip()


def _run(
    program: str, url: str, *options: str, script: str | None = None
) -> subprocess.CompletedProcess[str]:
    command = [str(embedded.programs() / program), *options, url]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done
