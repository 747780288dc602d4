"""An upgrade from nothing, again, offline, from a wheel, and all the way back."""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.catalog import extensions, snapshot
from tests.support.command import ROOT, alembic, bunkd, run
from tests.support.database import Database
from tests.support.psql import psql
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import COMMAND, JOB, NATIVE, downgrade, install, offline, upgrade

SCRIPTS = ScriptDirectory.from_config(Config(str(ROOT / "alembic.ini")))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]


def jobs(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("select jobname, command, username, active from cron.job").fetchall()


def test_there_is_one_head() -> None:
    assert len(SCRIPTS.get_heads()) == 1


def test_an_upgrade_from_nothing_schedules(database: Database, connection: Connection) -> None:
    create_queue(connection)
    lines = install(database)
    every = "30s" if database.server.seconds else "1m"
    assert lines[-1].startswith(
        f"native: this database calls {NATIVE['BUNKD_CALL_URL']} every {every}"
    )
    assert jobs(connection) == [(JOB, COMMAND, "postgres", True)]
    assert connection.execute("select schedule from cron.job").fetchone() == (
        "30 seconds" if database.server.seconds else "* * * * *",
    )
    if not database.server.seconds:
        assert any("ticks run every minute instead of every 30s" in line for line in lines)


def test_a_second_upgrade_changes_nothing(database: Database, connection: Connection) -> None:
    install(database)
    before = snapshot(connection), connection.execute("select * from cron.job").fetchall()
    again = install(database)
    assert (snapshot(connection), connection.execute("select * from cron.job").fetchall()) == before
    assert again[-1].startswith("native:")


def test_without_settings_it_installs_and_says_what_is_missing(
    database: Database, connection: Connection
) -> None:
    assert upgrade(database)[-1] == (
        "NOT SCHEDULED: set SUPABASE_URL or BUNKD_CALL_URL,"
        " and BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY. Then run: bunkd-db upgrade"
    )
    assert jobs(connection) == []
    assert upgrade(database, SUPABASE_URL="https://x.supabase.co")[-1] == (
        "NOT SCHEDULED: set BUNKD_CREDENTIAL or SUPABASE_SERVICE_ROLE_KEY. Then run: bunkd-db upgrade"
    )
    assert install(database)[-1].startswith("native:")


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_step_goes_up_down_and_up(
    database: Database, connection: Connection, revision: str
) -> None:
    below = SCRIPTS.get_revision(revision).down_revision
    assert below is None or isinstance(below, str)
    upgrade(database, revision, **NATIVE)
    up = snapshot(connection)
    downgrade(database, below or "base")
    upgrade(database, revision, **NATIVE)
    assert snapshot(connection) == up


def test_base_leaves_nothing_behind(database: Database, connection: Connection) -> None:
    connection.execute("create extension pg_cron; create extension supabase_vault")
    connection.execute("select cron.schedule('somebody else''s', '0 0 1 1 *', 'select 1')")
    create_queue(connection)
    add_jobs(connection, 3)
    before = snapshot(connection)
    install(database)
    assert snapshot(connection) != before
    connection.execute("select bunkd.tick('process-analysis-jobs')")
    installed = extensions(connection)
    lines = downgrade(database)
    assert snapshot(connection) == before
    assert extensions(connection) == installed  # dropping pg_cron would drop everybody's jobs
    assert lines[-1].startswith("Removed everything of bunkd-db")


def test_base_of_nothing_creates_nothing(database: Database, connection: Connection) -> None:
    before = snapshot(connection)
    downgrade(database)
    assert snapshot(connection) == before


def test_offline_sql_gives_the_same_catalog(database: Database, connection: Connection) -> None:
    install(database)
    online = snapshot(connection, "^bunkd$")
    downgrade(database)
    script = offline(**NATIVE)
    psql(database, script.out)
    assert "bunkd-db credential set" in script.err
    set_by_hand = bunkd(
        "credential", "set", stdin=NATIVE["BUNKD_CREDENTIAL"], DATABASE_URL=database.url
    )
    assert set_by_hand.code == 0, set_by_hand.err
    assert set_by_hand.out.splitlines()[-1].startswith("native:")
    assert snapshot(connection, "^bunkd$") == online


def test_offline_downgrade_leaves_nothing_behind(
    database: Database, connection: Connection
) -> None:
    connection.execute("create extension pg_cron")
    before = snapshot(connection)
    install(database)
    psql(database, offline("downgrade", "head:base").out)
    assert snapshot(connection) == before


def test_offline_sql_is_the_same_by_both_commands() -> None:
    ours, theirs = (
        bunkd("upgrade", "--sql", **NATIVE),
        alembic("upgrade", "head", "--sql", **NATIVE),
    )
    assert ours.code == theirs.code == 0
    assert ours.out == theirs.out
    assert ours.out.lstrip().startswith("BEGIN")


def test_alembic_itself_upgrades_and_reads(database: Database, connection: Connection) -> None:
    env = {**NATIVE, "DATABASE_URL": database.url}
    nothing = snapshot(connection)
    for reader in ("current", "history", "heads"):
        assert alembic(reader, **env).code == 0
        assert snapshot(connection) == nothing, f"{reader} wrote something"
    done = alembic("upgrade", "head", **env)
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("native:")
    by_alembic = snapshot(connection)
    assert REVISIONS[-1] in alembic("current", **env).out
    assert alembic("stamp", "head", **env).code == 0
    assert snapshot(connection) == by_alembic
    assert alembic("downgrade", "base", **env).code == 0
    install(database)
    assert snapshot(connection) == by_alembic


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel installs, and an alembic.ini beside it that names our revisions."""
    folder = tmp_path_factory.mktemp("wheel")
    flags = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir")
    command = [sys.executable, "-m", "pip", "wheel", *flags, str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    (folder / "alembic.ini").write_text(
        "[bunkd]\nscript_location = bunkd_db:migrations\npath_separator = os\n"
    )
    return folder / "installed"


def test_a_wheel_upgrades_like_the_source(
    database: Database, connection: Connection, installed: Path
) -> None:
    # nothing but the package and its metadata: a wheel with `tests` would shadow the user's
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"bunkd_db"}
    install(database)
    from_source = snapshot(connection)
    downgrade(database)
    env = {**NATIVE, "DATABASE_URL": database.url, "PYTHONPATH": str(installed)}
    done = run("upgrade", cwd=installed.parent, env=env)
    assert done.code == 0, done.err
    assert snapshot(connection) == from_source
    downgrade(database)
    done = run("-n", "bunkd", "upgrade", "head", module="alembic", cwd=installed.parent, env=env)
    assert done.code == 0, done.err
    assert snapshot(connection) == from_source


def test_no_revision_is_written_into_an_installed_package(installed: Path) -> None:
    before = sorted(installed.rglob("*.py"))
    env = {"PYTHONPATH": str(installed)}
    revision = ("-n", "bunkd", "revision", "-m", "of the application")
    done = run(*revision, module="alembic", cwd=installed.parent, env=env)
    assert done.code != 0
    [said] = [line for line in done.all.splitlines() if line.strip().startswith("FAILED:")]
    assert said.endswith("Use the section of your own application: alembic revision -m NAME")
    assert "Traceback" not in done.all
    assert sorted(installed.rglob("*.py")) == before


def test_a_checkout_writes_a_revision(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    revision = ("revision", "--rev-id", "9999", "-m", "more")
    done = run(*revision, module="alembic", cwd=tmp_path)
    assert done.code == 0, done.err
    script = (tmp_path / "migrations/versions/9999_more.py").read_text()
    assert script.startswith(f'"""more\n\nRevision ID: 9999\nRevises: {REVISIONS[-1]}\n"""\n')


@pytest.mark.parametrize(
    ("run", "locks"),
    [(install, "select bunkd.attach_wakes("), (downgrade, "drop trigger %I on %s")],
)
def test_the_queue_is_locked_last(
    database: Database, connection: Connection, run: Callable[[Database], object], locks: str
) -> None:
    """Over a slow link every statement between the lock and the commit would stop the writers."""
    create_queue(connection)
    if run is downgrade:
        install(database)
    mark = database.server.mark()
    run(database)
    said = re.split(r"\n(?=\d{4}-\d\d-\d\d )", database.server.log(mark))
    ours = [line for line in said if "LOG:  statement:" in line or "LOG:  execute" in line]
    [last] = [n for n, line in enumerate(ours) if locks in line]
    assert "COMMIT" in ours[last + 1]


def test_what_no_file_names_any_more_is_dropped_and_what_was_never_ours_stays(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute(
        "insert into bunkd.stated (name) values ('former');"
        "create function bunkd.former() returns integer language sql as 'select 1';"
        "create function bunkd.tick(integer) returns integer language sql as 'select 1';"
        "create procedure bunkd.tick(boolean) language sql as 'select 1';"
        "create function bunkd.theirs() returns integer language sql as 'select 1'"
    )
    install(database)
    left = "select to_regprocedure(%s) is not null"
    functions = ("bunkd.former()", "bunkd.tick(integer)", "bunkd.tick(text)", "bunkd.theirs()")
    there = [connection.execute(left, [name]).fetchone() for name in functions]
    assert there == [(False,), (False,), (True,), (True,)]
    assert connection.execute(left, ["bunkd.tick(boolean)"]).fetchone() == (False,)
    assert connection.execute("select from bunkd.stated where name = 'former'").fetchall() == []
    connection.execute("create procedure bunkd.tick(boolean) language sql as 'select 1'")
    connection.execute("drop function bunkd.theirs()")
    assert downgrade(database)[-1].startswith("Removed everything")


def test_a_function_that_a_trigger_still_runs_is_dropped_by_a_later_upgrade(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute(
        "insert into bunkd.stated (name) values ('former');"
        "create function bunkd.former() returns trigger language plpgsql as 'begin return null; end';"
        "create table public.locked (a int);"
        "create trigger t after insert on public.locked execute function bunkd.former()"
    )
    there = "select to_regprocedure('bunkd.former()') is not null"
    install(database)
    assert connection.execute(there).fetchone() == (True,)
    connection.execute("insert into public.locked values (1)")
    connection.execute("drop table public.locked")
    install(database)
    assert connection.execute(there).fetchone() == (False,)


def test_a_function_that_returned_something_else_is_in_no_upgrade_s_way(
    database: Database, connection: Connection
) -> None:
    """Those of a deploy from between two releases, too: PostgreSQL replaces no function by one of another type."""
    install(database)
    connection.execute(
        """
        drop function if exists bunkd.record_answers(bunkd.schedule, text, jsonb);
        create function bunkd.record_answers(p_schedule bunkd.schedule, p_worker text, p_state jsonb)
          returns boolean language sql as 'select true';
        insert into bunkd.stated (name) values ('record_answers') on conflict do nothing;
        """
    )
    assert upgrade(database)
    gone = "select from pg_proc where proname = 'record_answers'"
    assert connection.execute(gone.encode()).fetchall() == []
