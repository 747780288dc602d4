"""Every object of ours against every role that is not its owner: nothing readable, nothing executable."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.acl import Kind, default_privileges
from tests.support.database import Database
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import NATIVE, install, offline

# Every privilege that a role holds on anything in our schema, the schema itself included.
HELD = """
select r.rolname || ': ' || p.privilege || ' on ' || p.kind || ' ' || p.name
  from pg_roles r
  cross join lateral (
    select 'schema' as kind, 'bunkd' as name, a.privilege
      from unnest(array['usage', 'create']) as a (privilege)
     where has_schema_privilege(r.oid, 'bunkd', a.privilege)
    union all
    select 'relation', c.oid::regclass::text, a.privilege
      from pg_class c
      cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as a (privilege)
     where c.relnamespace = 'bunkd'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')
       and (has_table_privilege(r.oid, c.oid, a.privilege)
            or a.privilege in ('select', 'insert', 'update', 'references')
               and has_any_column_privilege(r.oid, c.oid, a.privilege))
    union all
    select 'sequence', c.oid::regclass::text, a.privilege
      from pg_class c cross join unnest(array['usage', 'select', 'update']) as a (privilege)
     where c.relnamespace = 'bunkd'::regnamespace and c.relkind = 'S'
       and has_sequence_privilege(r.oid, c.oid, a.privilege)
    union all
    select 'function', f.oid::regprocedure::text, 'execute'
      from pg_proc f
     where f.pronamespace = 'bunkd'::regnamespace and has_function_privilege(r.oid, f.oid, 'execute')
  ) as p
 where r.rolname = any (%s)
 order by 1
"""
STRANGERS = ["anon", "authenticated", "service_role", "authenticator", "plain"]
RELATIONS = """
select oid::regclass::text from pg_class
 where relnamespace = 'bunkd'::regnamespace and relkind in ('r', 'v', 'm', 'p', 'S')
"""
OWNED = """
select (select count(*) from pg_class where relnamespace = 'bunkd'::regnamespace and relkind in ('r', 'v')),
       (select count(*) from pg_proc where pronamespace = 'bunkd'::regnamespace)
"""


def privileges_of(connection: Connection, *roles: str) -> list[str]:
    return [str(line) for (line,) in connection.execute(HELD, [list(roles)]).fetchall()]


@pytest.fixture
def plain(database: Database) -> str:
    """A login role that nobody granted anything."""
    with database.admin() as admin:
        admin.execute("create role plain login password 'postgres'")
    return "plain"


@pytest.fixture
def hostile(connection: Connection) -> Iterator[None]:
    """Default privileges that would open everything new of the owner's, in any schema."""
    change = (
        "alter default privileges for role postgres {} all on {} {} anon, authenticated, public"
    )
    kinds = ("tables", "sequences", "functions", "schemas")
    for kind in kinds:
        connection.execute(change.format("grant", kind, "to").encode())
    yield
    for kind in kinds:
        connection.execute(change.format("revoke", kind, "from").encode())
    connection.execute(
        "alter default privileges for role postgres grant all on functions to public"
    )


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("kind", ["old", "new"])
@pytest.mark.parametrize("way", ["online", "offline"])
def test_nobody_else_holds_anything(
    database: Database, connection: Connection, kind: Kind, way: str
) -> None:
    with database.admin() as admin:
        default_privileges(admin, kind)
    closed(database, connection, way)


@pytest.mark.usefixtures("plain", "hostile")
@pytest.mark.parametrize("way", ["online", "offline"])
def test_not_even_by_default_privileges_for_everything(
    database: Database, connection: Connection, way: str
) -> None:
    closed(database, connection, way)


def closed(database: Database, connection: Connection, way: str) -> None:
    """Install, tick, and see that strangers hold nothing where the owner holds all."""
    if way == "offline":
        connection.execute(offline(**NATIVE).out.encode())
    else:
        create_queue(connection)
        install(database)
        add_jobs(connection)
        tick(connection)
    row = connection.execute(OWNED).fetchone()
    assert row is not None
    relations, functions = int(str(row[0])), int(str(row[1]))
    assert relations >= 10
    assert functions >= 30
    assert len(privileges_of(connection, "postgres")) > relations + functions
    assert privileges_of(connection, *STRANGERS) == []


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("role", STRANGERS)
@pytest.mark.parametrize(
    "statement",
    [
        "select * from bunkd.secret",
        "select * from bunkd.status",
        "select * from bunkd.recent_calls",
        "select bunkd.tick('process-analysis-jobs')",
        "select bunkd.read_credential('process-analysis-jobs')",
        "select bunkd.count_queue('process-analysis-jobs')",
        "select * from bunkd.read_status()",
        "select * from bunkd.explain_job('x')",
        "insert into bunkd.credential_inbox values ('process-analysis-jobs', 'mine', 'operator')",
    ],
)
def test_and_indeed_gets_nothing(database: Database, role: str, statement: str) -> None:
    install(database)
    with database.connect("plain" if role == "plain" else "authenticator") as session:
        if role not in ("plain", "authenticator"):
            session.execute(f"set role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement.encode())


def test_a_reader_gets_exactly_the_views_and_the_status(
    database: Database, connection: Connection
) -> None:
    with database.admin() as admin:
        admin.execute("create role oncall login password 'postgres'")
    create_queue(connection)
    add_jobs(connection, 2)
    install(database, BUNKD_READER_ROLE="oncall")
    assert privileges_of(connection, "oncall") == [
        "oncall: execute on function bunkd.count_queue(text)",
        "oncall: execute on function bunkd.explain_job(text,text)",
        "oncall: execute on function bunkd.fence(bunkd.schedule)",
        "oncall: execute on function bunkd.find_obstacles(text)",
        "oncall: execute on function bunkd.find_pace(bunkd.schedule)",
        "oncall: execute on function bunkd.is_failure(text,text)",
        "oncall: execute on function bunkd.is_paused(bunkd.schedule)",
        "oncall: execute on function bunkd.read_history(text)",
        "oncall: execute on function bunkd.read_schedules(text)",
        "oncall: execute on function bunkd.read_state(text)",
        "oncall: execute on function bunkd.read_status(text)",
        "oncall: select on relation bunkd.call_history",
        "oncall: select on relation bunkd.history",
        "oncall: select on relation bunkd.obstacles",
        "oncall: select on relation bunkd.recent_calls",
        "oncall: select on relation bunkd.status",
        "oncall: usage on schema bunkd",
    ]
    tick(connection)
    with database.connect("oncall") as reader:
        assert reader.execute("select waiting, problem from bunkd.status").fetchone() is not None
        assert reader.execute("select count(*) from bunkd.recent_calls").fetchone() is not None
        open_views = {
            "bunkd.status",
            "bunkd.obstacles",
            "bunkd.recent_calls",
            "bunkd.call_history",
            "bunkd.history",
        }
        for view in open_views:
            reader.execute(f"select * from {view}".encode())  # noqa: S608 -- names of ours
        relations = [str(name) for (name,) in connection.execute(RELATIONS).fetchall()]
        assert open_views < set(relations)
        for closed in {*relations, "public.analysis_jobs"} - open_views:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"select * from {closed}".encode())  # noqa: S608 -- names of ours
        for view in open_views:
            for change in ("delete from {}", "insert into {} default values", "truncate {}"):
                with pytest.raises(psycopg.Error):
                    reader.execute(change.format(view).encode())
        # what it can execute only reads
        volatile = reader.execute(
            "select oid::regprocedure::text from pg_proc where pronamespace = 'bunkd'::regnamespace"
            " and has_function_privilege(oid, 'execute') and provolatile = 'v'"
        )
        assert volatile.fetchall() == []


def test_every_function_has_a_path_of_its_own(database: Database, connection: Connection) -> None:
    """So that nobody's public.now() or pg_temp.net is met."""
    install(database)
    loose = connection.execute(
        "select oid::regprocedure::text, proconfig::text from pg_proc"
        " where pronamespace = 'bunkd'::regnamespace"
        " and not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false)"
    ).fetchall()
    # it commits, which a SET clause would forbid: its first statement sets the path
    assert loose == [("bunkd.run_lane(text,integer)", None)]


def test_security_definer_only_where_a_stranger_has_to_reach_it(
    database: Database, connection: Connection
) -> None:
    install(database)
    definers = connection.execute(
        "select proname from pg_proc where pronamespace = 'bunkd'::regnamespace and prosecdef"
        " order by 1"
    ).fetchall()
    # count_queue, fence, find_obstacles and read_state are what bunkd.status asks as its reader,
    # read_status, explain_job, read_history and read_schedules are what the commands ask
    assert definers == [
        ("count_queue",),
        ("dispatch_at_commit",),
        ("explain_job",),
        ("fence",),
        ("find_obstacles",),
        ("on_queue_write",),
        ("read_history",),
        ("read_schedules",),
        ("read_state",),
        ("read_status",),
        ("worker_exchange_v1",),
    ]


def test_a_writer_without_any_right_to_ours_still_wakes(
    database: Database, connection: Connection
) -> None:
    create_queue(connection, 1)
    install(database)
    with database.connect("authenticator") as application:
        application.execute("set role authenticated")
        application.execute(
            "insert into analysis_jobs (fingerprint, input_data) values ('f', '{}')"
        )
    found = connection.execute("select reason from bunkd.call").fetchall()
    assert found == [("wake",)]
