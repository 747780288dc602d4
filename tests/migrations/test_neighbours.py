"""What an upgrade heals, and what it never touches: other people's objects beside and on ours."""

import re

import pytest

from bunkd_db.errors import NotPossible
from tests.support.catalog import snapshot
from tests.support.command import ROOT, run
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import NATIVE, downgrade, install, upgrade

DRIFT = {
    "a replaced function": """
        create or replace function bunkd.fence(p_schedule bunkd.schedule) returns text
        language sql as 'select null::text'""",
    "a dropped function": "drop function bunkd.write_cron_schedule(text, boolean)",
    "a grant on a table": "grant select on bunkd.secret to anon",
    "a grant on a column": "grant select (value) on bunkd.secret to anon",
    "a grant on a view": "grant all on bunkd.status to public",
    "a grant on a function": "grant execute on function bunkd.tick(text) to service_role",
    "a grant on a sequence": "grant usage on sequence bunkd.call_id_seq to authenticated",
    "a grant on the schema": "grant all on schema bunkd to anon, authenticated",
    "a grant that was passed on": """
        grant usage on schema bunkd to authenticator with grant option;
        grant select on bunkd.secret to authenticator with grant option;
        set role authenticator;
        grant usage on schema bunkd to anon;
        grant select on bunkd.secret to anon;
        reset role""",
    "a dropped view": "drop view bunkd.status",
    "a dropped door": "drop view bunkd.credential_inbox",
    "a lost comment": "comment on function bunkd.tick(text) is null",
    "a disabled trigger": "alter table bunkd.wake disable trigger at_commit",
}


@pytest.mark.parametrize("drift", DRIFT.values(), ids=DRIFT)
def test_the_next_upgrade_heals(database: Database, connection: Connection, drift: str) -> None:
    install(database)
    before = snapshot(connection, "^bunkd$")
    if "wake" in drift and not any("bunkd.wake" in line for line in before):
        pytest.skip("no wake in this revision")
    connection.execute(drift.encode())
    assert snapshot(connection, "^bunkd$") != before
    install(database)
    assert snapshot(connection, "^bunkd$") == before


def test_tables_of_the_application_stay(database: Database, connection: Connection) -> None:
    for table in ("alembic_version", "analysis_jobs", "schedule", "call"):
        connection.execute(f"create table public.{table} as select 'theirs' as status")
    before = snapshot(connection, "^public$")
    install(database)
    downgrade(database)
    assert snapshot(connection, "^public$") == before
    kept = connection.execute("table alembic_version union all table analysis_jobs").fetchall()
    assert kept == [("theirs",)] * 2


ENV = """
from alembic import context
from sqlalchemy import create_engine
engine = create_engine({url!r})
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = "app1", None
def upgrade(): op.execute("create table public.of_the_app (a int)")
def downgrade(): op.execute("drop table public.of_the_app")
"""


def test_the_applications_own_alembic_and_ours_never_meet(
    database: Database, connection: Connection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("app")
    (folder / "theirs/versions").mkdir(parents=True)
    url = database.url.replace("postgresql://", "postgresql+psycopg://")
    (folder / "theirs/env.py").write_text(ENV.format(url=url))
    (folder / "theirs/versions/app1.py").write_text(REVISION)
    ini = folder / "alembic.ini"
    ini.write_text("[alembic]\nscript_location = %(here)s/theirs\npath_separator = os\n")

    def theirs(*arguments: str) -> None:
        done = run("-c", str(ini), *arguments, module="alembic", cwd=folder)
        assert done.code == 0, done.err

    theirs("upgrade", "head")
    install(database)
    theirs("upgrade", "head")
    assert connection.execute("select * from public.alembic_version").fetchall() == [("app1",)]
    downgrade(database)
    theirs("downgrade", "base")
    assert connection.execute("select to_regnamespace('bunkd')").fetchone() == (None,)


def test_a_section_of_the_applications_own_ini_runs_ours(
    database: Database, connection: Connection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As in docs/deploy.md, from a checkout, which is how an editable install is; a wheel has its test."""
    folder = tmp_path_factory.mktemp("app")
    [section] = re.findall(
        r"^```ini\n(.*?)^```", (ROOT / "docs/deploy.md").read_text(), re.M | re.S
    )
    (folder / "alembic.ini").write_text(f"[alembic]\nscript_location = theirs\n\n{section}")
    env = {**NATIVE, "DATABASE_URL": database.url}
    done = run("-n", "bunkd", "upgrade", "head", module="alembic", cwd=folder, env=env)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("native: ")
    installed = connection.execute("select to_regclass('bunkd.schedule') is not null").fetchone()
    assert installed == (True,)


def test_a_foreign_alembic_ini_in_the_current_folder_is_not_met(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("app")
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = nowhere\n")
    (folder / "pyproject.toml").write_text("[tool.alembic]\nscript_location = 'nowhere'\n")
    done = run("upgrade", cwd=folder, env={"DATABASE_URL": database.url})
    assert done.code == 0, done.err


THEIRS = """
create table bunkd.notes (a int);
insert into bunkd.notes values (1);
create view public.our_dashboard as select schedule, mode from bunkd.status;
create procedure bunkd.theirs() language sql as 'select 1';
revoke all on procedure bunkd.theirs() from public;
create materialized view bunkd.theirs_too as select 1 as a;
create type bunkd.mood as enum ('fine');
create domain bunkd.word as text;
create sequence bunkd.theirs_seq;
create aggregate bunkd.total(int) (sfunc = int4pl, stype = int);
revoke all on function bunkd.total(int) from public;
"""


def test_objects_of_the_users_in_our_schema_survive_upgrades(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute(THEIRS)
    before = snapshot(connection)
    install(database)
    assert snapshot(connection) == before


def test_objects_of_another_role_in_our_schema_do_not_stop_an_upgrade(database: Database) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("create table bunkd.of_the_admin (a int)")
        admin.execute("grant select on bunkd.of_the_admin to anon")
        before = snapshot(admin)
        assert install(database)[-1].startswith("native:")
        assert snapshot(admin) == before


def test_base_drops_nothing_of_the_users_in_our_schema(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute("create table bunkd.notes as select 1 as a")
    lines = downgrade(database)
    assert "objects that are not bunkd-db's" in " ".join(lines)
    assert connection.execute("select * from bunkd.notes").fetchall() == [(1,)]
    assert install(database)[-1].startswith("native:")


# what somebody builds, what it is called then, and how it is dropped
DEPENDENTS = {
    "a view": (
        "create view public.our_dashboard as select schedule from bunkd.status",
        "view public.our_dashboard",
        "drop view public.our_dashboard;",
    ),
    "a materialized view": (
        "create materialized view public.kept as select schedule from bunkd.recent_calls",
        "materialized view public.kept",
        "drop materialized view public.kept;",
    ),
    "a view on a function": (
        "create view public.counts as select * from bunkd.count_queue('process-analysis-jobs')",
        "view public.counts",
        "drop view public.counts;",
    ),
    "a view on a table": (
        "create view public.ours as select id from bunkd.call",
        "view public.ours",
        "drop view public.ours;",
    ),
    "a function": (
        "create function public.last(bunkd.status) returns text language sql as 'select $1.schedule'",
        "function public.last(bunkd.status)",
        "drop function public.last(bunkd.status);",
    ),
    "a column": (
        "create table public.notes (a int, b bunkd.status[])",
        "column b of table public.notes",
        "alter table public.notes drop column b;",
    ),
    "a default": (
        "create table public.pages (a text default (bunkd.read_state('x')).problem)",
        "default value for column a of table public.pages",
        "alter table public.pages alter column a drop default;",
    ),
}


@pytest.mark.parametrize("what", DEPENDENTS)
def test_base_stops_at_what_others_have_built_on_ours(
    database: Database, connection: Connection, what: str
) -> None:
    built, name, dropped = DEPENDENTS[what]
    install(database)
    connection.execute(built.encode())
    before = snapshot(connection)
    with pytest.raises(NotPossible, match=f"{re.escape(name)} of role postgres needs") as stopped:
        downgrade(database)
    assert stopped.value.commands == (dropped,)
    assert snapshot(connection) == before
    connection.execute(dropped.encode())
    assert downgrade(database)[-1].startswith("Removed everything")


def test_a_temporary_view_of_a_reader_is_named(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
        install(database, BUNKD_READER_ROLE="oncall")
        with database.connect("oncall") as reader:
            reader.execute("create temporary view mine as select schedule from bunkd.status")
            with pytest.raises(
                NotPossible, match=r"view pg_temp_\d+\.mine of role oncall needs view bunkd\.status"
            ) as stopped:
                downgrade(database)
            [command] = stopped.value.commands
            admin.execute(command.encode())
            assert downgrade(database)[-1].startswith("Removed everything")


def test_an_upgrade_that_replaces_a_view_names_what_needs_it(
    database: Database, connection: Connection
) -> None:
    upgrade(database, "0002", **NATIVE)
    connection.execute("create view bunkd.status as select 1 as schedule")
    connection.execute("create view public.our_dashboard as select schedule from bunkd.status")
    before = snapshot(connection)
    with pytest.raises(NotPossible, match=r"view public\.our_dashboard of role postgres needs"):
        install(database)
    assert snapshot(connection) == before
    connection.execute("drop view public.our_dashboard")
    assert install(database)[-1].startswith("native:")


def test_a_downgrade_that_keeps_a_table_leaves_what_needs_it(
    database: Database, connection: Connection
) -> None:
    install(database)
    connection.execute("create view public.ours as select id from bunkd.call")
    downgrade(database, "0002")
    assert connection.execute("select * from public.ours").fetchall() == []


def test_base_drops_no_function_of_somebody_else(database: Database) -> None:
    install(database)
    with database.admin() as admin:
        admin.execute("create function bunkd.tick(integer) returns int language sql as 'select 7'")
        admin.execute(
            "create function bunkd.on_queue_write(integer) returns int language sql as 'select 8'"
        )
        assert "objects that are not bunkd-db's" in " ".join(downgrade(database))
        assert admin.execute("select bunkd.tick(1), bunkd.on_queue_write(1)").fetchone() == (7, 8)
