"""Run the migrations in this process, with exactly the settings that a test names."""

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bunkd_db import migration
from bunkd_db.database import attach_wakes, store_credential
from bunkd_db.settings import Settings
from tests.support.database import Database
from tests.support.server import Connection

URL = "http://127.0.0.1:9/functions/v1/run_job"
CREDENTIAL = "a-token-of-the-tests"
NATIVE = {"BUNKD_CALL_URL": URL, "BUNKD_CREDENTIAL": CREDENTIAL}
SCHEDULE = "process-analysis-jobs"
JOB = f"bunkd:{SCHEDULE}"
# in one transaction, out of reach of the role's and the database's defaults
COMMAND = (
    "set transaction isolation level read committed; set local statement_timeout = 0;"
    f" select bunkd.tick('{SCHEDULE}')"
)
_COMMENT = re.compile(
    r"^comment on [^';]+ is(?:\s+'(?:[^']|'')*')+;\n", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Printed:
    """What a run wrote."""

    out: str
    err: str


def settings(url: str | None = None, **env: str) -> Settings:
    """The settings of an environment that holds only `env`; no .env file is read."""
    named = {"DATABASE_URL": url} if url else {}
    return Settings.load({**named, **env}, env_file=Path(os.devnull))


def upgrade(database: Database | str, target: str = "head", **env: str) -> list[str]:
    """Upgrade and return the lines that it ended with."""
    url = database if isinstance(database, str) else database.url
    return _printed("upgrade", settings(url, **env), target).out.splitlines()


def install(database: Database | str, **env: str) -> list[str]:
    """Upgrade with a url and a credential, unless `env` names others."""
    return upgrade(database, **{**NATIVE, **env})


def install_by_script(session: Connection, *, cron: bool = True, **env: str) -> None:
    """Install as `install` does on a database without bunkd-db, by the offline SQL and without comments: in a third of the time.

    Without `cron` the cron job is there, and pg_cron has never seen it active.
    """
    given = settings(**{**NATIVE, **env})
    session.execute(_script(tuple(sorted({**NATIVE, **env}.items()))))
    if given.credential:
        with session.transaction():
            store_credential(session, SCHEDULE, given.credential, "deploy")
            attach_wakes(session, SCHEDULE)
            if not cron:
                session.execute("select cron.alter_job(jobid, active := false) from cron.job")


@cache
def _script(env: tuple[tuple[str, str], ...]) -> bytes:
    return _COMMENT.sub("", offline(**dict(env)).out).encode()


def downgrade(database: Database | str, target: str = "base", **env: str) -> list[str]:
    """Downgrade and return the lines that it ended with."""
    url = database if isinstance(database, str) else database.url
    return _printed("downgrade", settings(url, **env), target).out.splitlines()


def offline(verb: str = "upgrade", target: str = "head", **env: str) -> Printed:
    """The SQL that would upgrade or downgrade, and the words beside it."""
    return _printed(verb, settings(**env), target, offline=True)


def _printed(verb: str, given: Settings, target: str, *, offline: bool = False) -> Printed:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        getattr(migration, verb)(given, target, offline=offline)
    return Printed(out.getvalue(), err.getvalue())
