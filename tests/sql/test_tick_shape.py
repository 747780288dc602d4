"""The queue as it is found: other words, other columns, other kinds of table, none at all."""

import pytest
from psycopg.errors import DivisionByZero

from bunkd_db.errors import ConfigurationError
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import Generation, add_jobs, create_queue
from tests.support.scalar import scalar
from tests.support.server import Connection
from tests.support.ticks import outcomes, tick
from tests.support.upgrade import downgrade, install, upgrade

OFF = {"BUNKD_WAKE": "off"}


def problem(connection: Connection) -> object:
    return scalar(connection, object, "select problem from bunkd.status")


@pytest.mark.parametrize("generation", [1, 2])
def test_both_generations_need_no_setting(
    database: Database, connection: Connection, generation: Generation
) -> None:
    create_queue(connection, generation)
    install(database, **OFF)
    add_jobs(connection, 2)
    assert tick(connection) == "2 sent, 0 settled"
    assert problem(connection) is None


def test_a_table_that_is_not_there_yet_is_recorded_not_raised(
    database: Database, connection: Connection
) -> None:
    lines = install(database, **OFF)
    assert any("public.analysis_jobs does not exist" in line for line in lines)
    said = "the queue table public.analysis_jobs does not exist"
    assert said in tick(connection)
    assert connection.execute("select problem from bunkd.status").fetchone() == (said,)
    create_queue(connection)
    add_jobs(connection)
    assert tick(connection) == "1 sent, 0 settled"
    assert problem(connection) is None


def test_a_table_that_changes_its_generation_goes_on(
    database: Database, connection: Connection
) -> None:
    create_queue(connection, 1)
    install(database)
    tick(connection)
    create_queue(connection, 2)  # drops the first, triggers and all
    tick(connection)
    add_jobs(connection, 1)
    assert outcomes(connection) == [None]
    assert connection.execute("select reason from bunkd.call").fetchall() == [("wake",)]


OWN_WORDS = {
    "BUNKD_QUEUE_TABLE": "public.tasks",
    "BUNKD_STATUS_COLUMN": "State of it",
    "BUNKD_STATUS_WAITING": "to do,100%,it's",
    "BUNKD_STATUS_ACTIVE": "doing",
    "BUNKD_STATUS_DONE": "fine",
    "BUNKD_STATUS_FAILED": "broken",
    "BUNKD_MAX_IN_FLIGHT": "20",
}


@pytest.mark.parametrize("kind", ["text", "varchar(20)", "char(20)", "mood", "name"])
def test_words_and_columns_of_ones_own(
    database: Database, connection: Connection, endpoint: Endpoint, kind: str
) -> None:
    endpoint.fail_with = "hang"
    connection.execute(
        """create type mood as enum ('to do', '100%', 'it''s', 'doing', 'fine', 'other')"""
    )
    connection.execute(f'create table tasks (id int primary key, "State of it" {kind})'.encode())
    install(database, BUNKD_CALL_URL=endpoint.url, **OWN_WORDS, **OFF)
    connection.execute(
        "insert into tasks values (1, 'to do'), (2, '100%'), (3, 'it''s'), (4, 'doing'), (5, 'fine'), (6, 'other'), (7, null)"
    )
    tick(connection)
    assert len(outcomes(connection)) == 3
    assert connection.execute("select waiting, active, problem from bunkd.status").fetchone() == (
        3,
        1,
        None,
    )
    upgrade(database, BUNKD_WAKE="on")
    connection.execute("""update tasks set "State of it" = '100%' where id = 5""")
    reasons = connection.execute("select reason from bunkd.call order by id").fetchall()
    assert (reasons[:3], set(reasons[3:])) == ([("tick",)] * 3, {("wake",)})


def test_an_enum_that_has_none_of_the_words(database: Database, connection: Connection) -> None:
    connection.execute("create type mood as enum ('fine'); create table tasks (status mood)")
    install(database, BUNKD_QUEUE_TABLE="tasks", **OFF)
    assert "none of the waiting status values (queued)" in tick(connection)


def test_null_and_unknown_words_are_not_called_for(
    database: Database, connection: Connection
) -> None:
    connection.execute("create table analysis_jobs (status text)")
    connection.execute("insert into analysis_jobs values (null), ('QUEUED'), ('paused'), ('')")
    install(database)
    assert tick(connection) == "0 sent, 0 settled"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        ("create schema jobs; create table jobs.q (status text)", "jobs.q"),
        ('create table "My Queue; --" (status text)', 'public."My Queue; --"'),
        ('create schema "a.b"; create table "a.b"."c.d" (status text)', '"a.b"."c.d"'),
        ("create table tÄsks (status text)", "tÄsks"),
        ("create unlogged table u (status text)", "u"),
    ],
)
def test_other_names(database: Database, connection: Connection, make: str, name: str) -> None:
    connection.execute(make.encode())
    lines = install(database, BUNKD_QUEUE_TABLE=name, **OFF)
    assert lines[-1].startswith("native:"), lines
    assert not any("not ready" in line for line in lines), lines
    connection.execute(f"insert into {name} values ('queued'), ('queued')".encode())  # noqa: S608
    tick(connection)
    assert len(outcomes(connection)) == 2
    assert problem(connection) is None


def test_a_partitioned_table(database: Database, connection: Connection) -> None:
    connection.execute("""
        create table analysis_jobs (id int, status text) partition by list (id);
        create table part1 partition of analysis_jobs for values in (1);
        create table part2 partition of analysis_jobs for values in (2)
    """)
    install(database, BUNKD_WAKE="off")  # a refused call would free its slot before the tick
    connection.execute("insert into analysis_jobs values (1, 'queued'), (2, 'queued')")
    connection.execute("insert into part2 values (2, 'queued')")
    tick(connection)
    assert len(outcomes(connection)) == 3
    create_queue(connection)


def test_a_view_in_the_place_of_the_table_ticks_without_wake(
    database: Database, connection: Connection
) -> None:
    connection.execute("create table hidden (status text)")
    connection.execute("create view analysis_jobs as select * from hidden")
    lines = install(database)
    connection.execute("insert into hidden values ('queued')")
    assert tick(connection).startswith("1 sent")
    assert "no wake, only ticks" in str(
        connection.execute("select problem from bunkd.status").fetchone()
    ) + "\n".join(lines)


@pytest.mark.parametrize(
    "what",
    [
        "create sequence analysis_jobs",
        "create table t (status text); create index analysis_jobs on t (status)",
        "create type analysis_jobs as (status text)",
    ],
    ids=["sequence", "index", "type"],
)
def test_something_that_is_no_table_at_all(
    database: Database, connection: Connection, what: str
) -> None:
    connection.execute(what.encode())
    install(database)
    assert "is not a table" in tick(connection)


def test_a_table_without_the_status_column(database: Database, connection: Connection) -> None:
    connection.execute("create table analysis_jobs (state text)")
    install(database)
    assert "public.analysis_jobs has no column status" in tick(connection)
    upgrade(database, BUNKD_STATUS_COLUMN="state")
    assert tick(connection) == "0 sent, 0 settled"


@pytest.mark.parametrize("condition", ["attempts < 5", "priority > 2 or true", "id % 2 = 0"])
def test_a_condition_of_ones_own(
    database: Database, connection: Connection, condition: str
) -> None:
    connection.execute(
        "create table analysis_jobs (id serial, status text, attempts int default 4, priority int)"
    )
    install(database, BUNKD_QUEUE_WHERE=condition, **OFF)
    connection.execute("insert into analysis_jobs (status) values ('done'), ('queued'), ('done')")
    tick(connection)
    assert len(outcomes(connection)) == 1
    assert problem(connection) is None


@pytest.mark.parametrize("condition", ["no_such_column = 1", "1 +", "priority", "(true"])
def test_a_condition_that_does_not_fit_is_refused(
    database: Database, connection: Connection, condition: str
) -> None:
    connection.execute("create table analysis_jobs (status text, priority int)")
    with pytest.raises(
        ConfigurationError, match=r"BUNKD_QUEUE_WHERE does not fit public.analysis_jobs: "
    ):
        install(database, BUNKD_QUEUE_WHERE=condition)


def test_a_condition_that_fits_no_longer_is_recorded_not_raised(
    database: Database, connection: Connection
) -> None:
    connection.execute("create table analysis_jobs (status text, priority int)")
    install(database, BUNKD_QUEUE_WHERE="priority > 0")
    connection.execute("alter table analysis_jobs drop column priority")
    connection.execute("insert into analysis_jobs values ('queued')")
    assert 'column "priority" does not exist' in tick(connection)
    assert 'column "priority" does not exist' in str(problem(connection))


CLOSE = """
revoke all on public.analysis_jobs from postgres, anon, authenticated, service_role;
revoke pg_read_all_data from postgres
"""


def test_a_role_that_may_not_read_the_queue(database: Database, connection: Connection) -> None:
    with database.admin() as admin:
        admin.execute("create table public.analysis_jobs (status text)")
        admin.execute(CLOSE)
    lines = install(database)
    assert any("role postgres cannot read public.analysis_jobs" in line for line in lines)
    assert "cannot read" in tick(connection)


def test_a_role_that_may_only_read_the_queue(database: Database, connection: Connection) -> None:
    with database.admin() as admin:
        admin.execute("create table public.analysis_jobs (id int primary key, status text)")
        admin.execute(CLOSE)
        admin.execute("grant select on public.analysis_jobs to postgres")
        admin.execute("insert into public.analysis_jobs values (1, 'queued')")
    install(database)
    assert tick(connection).startswith("1 sent")
    assert "only ticks: role postgres does not own public.analysis_jobs" in str(problem(connection))


def test_a_queue_of_another_role_with_every_right_but_ownership(
    database: Database, connection: Connection
) -> None:
    """A trigger can be made by whoever may, but dropped by the table's owner alone."""
    with database.admin() as admin:
        admin.execute("create table public.analysis_jobs (id int primary key, status text)")
        admin.execute("grant all on public.analysis_jobs to postgres")
        install(database)
        admin.execute("insert into public.analysis_jobs values (1, 'queued')")
        tick(connection)
        assert outcomes(connection) != []
        upgrade(database, BUNKD_WAKE="off")
        tick(connection)
        downgrade(database)
        left = admin.execute(
            "select tgname from pg_trigger where tgrelid = 'analysis_jobs'::regclass"
        )
        assert left.fetchall() == []


def test_row_level_security_that_hides_rows_is_said(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role deployer login password 'postgres'")
        admin.execute("grant create on database postgres to deployer")
        create_queue(admin)
        admin.execute("grant select, trigger on analysis_jobs to deployer")
        admin.execute("create extension pg_cron; create extension pg_net with schema extensions")
        admin.execute(
            "grant usage on schema cron to deployer; grant select on cron.job to deployer"
        )
    lines = install(database.url_as("deployer"))
    assert any("row level security of public.analysis_jobs hides rows" in line for line in lines)
    with database.connect("deployer") as deployer:
        assert "hides rows from role deployer" in tick(deployer)


HOSTILE = """
create function public.now() returns timestamptz language sql as 'select (1/0)::text::timestamptz';
create function public.clock_timestamp() returns timestamptz language sql as 'select public.now()';
create function public.format(text, text) returns text language sql as 'select (1/0)::text';
create function public.trap(text, text) returns boolean language sql as 'select 1/0 > 0';
create operator public.= (leftarg = text, rightarg = text, function = public.trap);
create temp table schedule (name text);
create temp table slot (n int);
create temp table analysis_jobs (status text);
set search_path = public, pg_temp, pg_catalog;
"""


def test_objects_of_strangers_on_the_path_are_not_met(
    database: Database, connection: Connection
) -> None:
    """Whoever may create in public or pg_temp cannot put anything under ours."""
    create_queue(connection)
    install(database, **OFF)
    add_jobs(connection)
    with database.connect() as fooled:
        fooled.execute(HOSTILE)
        with pytest.raises(DivisionByZero):
            fooled.execute("select now()")
        assert tick(fooled).startswith("1 sent")
    assert len(outcomes(connection)) == 1
