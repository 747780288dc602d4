"""Which index serves the waiting rows: what the tick believes, and what check says, is what the planner does."""

import pytest

from bunkd_db.capabilities.checks.queue_index import QueueIndex
from tests.support.checked import check
from tests.support.database import Database
from tests.support.server import Connection
from tests.support.upgrade import install

OFF = {"BUNKD_WAKE": "off"}
FILL = """
insert into public.analysis_jobs (id, "st.tus", tenant, pad)
select n, 'done', 1, repeat('x', 60) from generate_series(1, 20000) n;
analyze public.analysis_jobs
"""


@pytest.mark.parametrize(
    ("kind", "index", "serves"),
    [
        ("text", '("st.tus")', True),
        ("text", '("st.tus", id)', True),
        ("text", '(id, "st.tus")', False),
        ("text", """(id) where "st.tus" = 'queued'""", True),
        ("text", """(id) where "st.tus" in ('queued', 'retry')""", True),
        ("text", """(id) where "st.tus" = 'retry'""", False),
        ("text", """(id) where "st.tus" = 'queued' and tenant = 7""", False),
        ("text", """(id) where "st.tus" <> 'queued'""", False),
        ("text", """(id) where pad = 'queued' and "st.tus" is not null""", False),
        ("text", """(id) where "st.tus" is null or "st.tus" = 'queued'""", False),
        ("varchar(20)", '("st.tus")', True),
        ("varchar(20)", """(id) where "st.tus" in ('queued', 'it''s')""", True),
        ("char(10)", """(id) where "st.tus" = 'queued'""", True),
        ("mood", '("st.tus")', True),
        ("mood", """(id) where "st.tus" in ('queued', 'it''s')""", True),
        ("mood", """(id) where "st.tus" = 'queued'""", True),
        ("extensions.citext", '("st.tus")', False),
        ("extensions.citext", """(id) where "st.tus" = 'queued'""", False),
    ],
)
def test_what_is_believed_is_what_the_planner_does(
    database: Database, connection: Connection, kind: str, index: str, serves: bool
) -> None:
    with database.admin() as admin:
        admin.execute("create extension if not exists citext with schema extensions")
    connection.execute("create type mood as enum ('queued', 'it''s', 'done')")
    connection.execute(
        f'create table public.analysis_jobs (id int, "st.tus" {kind}, tenant int, pad text)'.encode()
    )
    connection.execute(f"create index wanted on public.analysis_jobs {index}".encode())
    connection.execute(FILL)
    install(database, BUNKD_STATUS_COLUMN="st.tus", **OFF)
    shape = connection.execute(
        "select q.waiting, bunkd.has_index(q.queue, s.status_column, s.status_waiting)"
        " from bunkd.schedule s, bunkd.read_queue_shape(s) q"
    ).fetchone()
    assert shape is not None
    assert shape[1] is serves
    found = check(database).facts.one(QueueIndex)
    assert found is not None
    assert (found.is_small, found.waiting) == (False, serves)
    with connection.transaction():
        connection.execute("set local search_path = pg_catalog, pg_temp")
        connection.execute("set local enable_seqscan = off")
        plan = "\n".join(
            str(row[0])
            for row in connection.execute(
                f"explain select from public.analysis_jobs where {shape[0]} limit 5".encode()
            )
        )
    uses = "using wanted" in plan or "on wanted" in plan
    if serves:
        assert uses, plan
    elif "citext" not in kind and " where " in index:
        assert not uses or "Filter" in plan, plan
