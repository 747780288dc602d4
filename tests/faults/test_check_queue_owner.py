"""The queue of another role: its code runs as ours."""

from tests.support.checked import check, named
from tests.support.database import Database
from tests.support.queue import create_queue
from tests.support.server import Connection
from tests.support.ticks import tick
from tests.support.upgrade import SCHEDULE, install


def queue_of_the_application(database: Database) -> None:
    with database.admin() as admin:
        admin.execute("create role app login password 'postgres'")
        admin.execute("create schema app authorization app")
    with database.connect("app") as app:
        create_queue(app, table="app.jobs")
        app.execute("alter table app.jobs disable row level security")
        app.execute("grant usage on schema app to postgres; grant select on app.jobs to postgres")


def test_a_queue_of_another_role_is_refused_until_it_is_trusted(database: Database) -> None:
    queue_of_the_application(database)
    for _ in ("before", "after"):
        found = named(check(database, BUNKD_QUEUE_TABLE="app.jobs"), "queue_owner")
        assert (found.status, found.reason) == ("fail", "FOREIGN_QUEUE")
        assert "belongs to role app" in found.detail
        assert "BUNKD_QUEUE_OWNER=app" in found.remedy
        install(database, BUNKD_QUEUE_TABLE="app.jobs")
    with database.connect() as connection:
        assert "BUNKD_QUEUE_OWNER=app" in tick(connection)
        commands = "select commands from bunkd.find_obstacles(%s) where code = 'QUEUE_PROBLEM'"
        assert connection.execute(commands, [SCHEDULE]).fetchall() == [
            (["bunkd-db upgrade", "alter table app.jobs owner to postgres;"],)
        ]
        install(database, BUNKD_QUEUE_OWNER="app")
        assert "BUNKD_QUEUE_OWNER" not in tick(connection)
    assert named(check(database), "queue_owner").status == "pass"


def test_an_owner_that_may_become_ours_is_no_danger(database: Database) -> None:
    queue_of_the_application(database)
    with database.admin() as admin:
        admin.execute("grant postgres to app")
    found = named(check(database, BUNKD_QUEUE_TABLE="app.jobs"), "queue_owner")
    assert found.status == "pass"


def test_a_queue_of_ones_own(database: Database, connection: Connection) -> None:
    create_queue(connection)
    assert named(check(database), "queue_owner").status == "pass"


def test_who_can_refer_to_the_queue_is_named(database: Database, connection: Connection) -> None:
    """PostgreSQL checks a foreign key as the owner of the table that it refers to."""
    create_queue(connection)
    with database.admin() as admin:
        admin.execute("create role intern login password 'postgres'")
        admin.execute("create schema theirs authorization intern")
        admin.execute("grant usage on schema public to intern")
        admin.execute("grant references (id, status) on public.analysis_jobs to intern")
    found = named(check(database), "queue_owner")
    assert (found.status, found.reason) == ("fail", "CODE_WRITABLE")
    assert "intern" in found.detail
    [revoke] = found.commands
    assert revoke == "revoke references on public.analysis_jobs from public, intern;"
    connection.execute(revoke.encode())
    connection.execute("revoke references (id, status) on public.analysis_jobs from intern")
    assert named(check(database), "queue_owner").status == "pass"
    connection.execute("grant all on public.analysis_jobs to intern")
    assert named(check(database), "queue_owner").reason == "CODE_WRITABLE"
    assert named(check(database, BUNKD_QUEUE_OWNER="intern"), "queue_owner").status == "pass"
