"""Fixtures for workers: on the embedded server, the plan that can't."""

from collections.abc import Iterator

import pytest
from psycopg import sql

from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.queue import create_queue
from tests.support.server import Server
from tests.worker.place import Place

ROLES = (
    "select rolname from pg_roles where rolname !~ '^pg_' and rolname not in ('admin', 'postgres')"
)


@pytest.fixture
def place(embedded: Server) -> Iterator[Place]:
    """A queue, its function, and an installation in external mode with three slots."""
    clean(embedded)
    with (
        embedded.connect() as connection,
        Endpoint(embedded.url, host="127.0.0.1", public_host="127.0.0.1") as function,
    ):
        create_queue(connection)
        place = Place(Database(embedded, embedded.mark()), connection, function)
        place.upgrade()
        yield place
        place.connection.close()


def clean(server: Server) -> None:
    """Remove what a test left, its sessions first."""
    with server.admin() as admin:
        admin.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        admin.execute(
            "drop schema if exists bunkd cascade; drop table if exists public.analysis_jobs"
        )
        for (role,) in admin.execute(ROLES).fetchall():
            name = sql.Identifier(str(role))
            admin.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(name))
