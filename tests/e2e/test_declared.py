"""Several schedules of one `bunkd.toml`, end to end: on one table, and on tables of other shapes."""

from contextlib import ExitStack
from pathlib import Path

import pytest

import bunkd_db
from bunkd_db import provision
from bunkd_db.credential import Credential
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.held import HOLD, Held, stop_cron
from tests.support.queue import count_by_status, create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until

# each function claims of the one table what is its own
ONE_TABLE = """
create view public.reports as select * from public.analysis_jobs where fingerprint like 'report%';
create view public.mails as select * from public.analysis_jobs where fingerprint like 'mail%';
"""
ONE_FILE = """
[schedule.reports]
call_url = "${REPORTS}"
max_in_flight = 2
queue_where = "fingerprint like 'report%'"

[schedule.mails]
call_url = "${MAILS}"
max_in_flight = 1
queue_where = "fingerprint like 'mail%'"
"""
SHAPES = """
create schema app;
create type app.state as enum ('new', 'doing', 'sent', 'broken');
create table app.mails (id bigserial primary key, state int not null default 0, made timestamp default now());
create table app."Post" ("id" text primary key default gen_random_uuid(), "state" app.state not null default 'new',
  "createdAt" timestamp(3) not null default now());
"""
SHAPES_FILE = f"""
[schedule.{SCHEDULE}]
call_url = "http://127.0.0.1:9/run_job"

[schedule.mails]
call_url = "http://127.0.0.1:9/mail"
max_in_flight = 2
queue_table = "app.mails"
status_column = "state"
status_waiting = "0"
status_active = "1"
status_done = "2"
status_failed = "3"

[schedule.posts]
call_url = "http://127.0.0.1:9/post"
max_in_flight = 2
queue_table = 'app."Post"'
status_column = "state"
status_waiting = "new"
status_active = "doing"
status_done = "sent"
status_failed = "broken"
"""


def deploy(database: Database, file: Path, text: str, *stored: str, **settings: str) -> list[str]:
    file.write_text(text)
    bunkd_db.upgrade(database.url, settings, config=file)
    for name in stored:
        provision.set_credential(database.url, name, Credential(f"token-of-{name}"))
    return bunkd_db.upgrade(database.url, settings, config=file)


def test_two_on_one_table_each_get_their_own_jobs(
    database: Database, connection: Connection, tmp_path: Path
) -> None:
    create_queue(connection, 1)
    connection.execute(ONE_TABLE.encode())
    server = database.server
    with ExitStack() as stack:
        reports, mails = (
            stack.enter_context(
                Endpoint(
                    database.url,
                    work=0.05,
                    host=server.bind,
                    public_host=server.callback_host,
                    table=f"public.{table}",
                    require=("Authorization", f"Bearer token-of-{table}"),
                )
            )
            for table in ("reports", "mails")
        )
        urls = {"REPORTS": reports.url, "MAILS": mails.url}
        lines = deploy(database, tmp_path / "bunkd.toml", ONE_FILE, "reports", "mails", **urls)
        assert not [line for line in lines if "NOT SCHEDULED" in line or "changed from" in line]
        connection.execute(
            "insert into public.analysis_jobs (fingerprint, input_data)"
            " select kind || n, '{}' from generate_series(1, 6) as n, unnest(array['report', 'mail']) as kind"
        )
        wait_until(
            lambda: count_by_status(connection) == {"completed": 12}, 30, "both kinds are done"
        )
        assert (reports.peak, mails.peak) == (2, 1)
        for each in (reports, mails):
            assert {call.status for call in each.received} == {200}
            assert len({call.job_id for call in each.received} - {None}) == 6
        ledger = "select schedule, count(distinct job_id) from bunkd.call group by 1 order by 1"
        settled = "select bool_and(settled is not null) from bunkd.call"

        def all_are_settled() -> bool:
            for name in ("reports", "mails"):
                connection.execute("select bunkd.tick(%s)", [name])
            return connection.execute(settled).fetchone() == (True,)

        wait_until(all_are_settled, 30, "every call is settled")
        assert connection.execute(ledger).fetchall() == [("mails", 6), ("reports", 6)]


@pytest.mark.parametrize(
    ("name", "slots", "add", "claim", "finish"),
    [
        (
            SCHEDULE,
            5,
            "insert into analysis_jobs (input_type, input_value, normalized_input, cache_key)"
            " values ('text', 'a', 'a', gen_random_uuid()::text)",
            "update analysis_jobs set status = 'running' where id in (select id from analysis_jobs limit 1)",
            "update analysis_jobs set status = 'done' where status = 'running'",
        ),
        (
            "mails",
            2,
            "insert into app.mails default values",
            "update app.mails set state = 1 where id = 1",
            "update app.mails set state = 2 where state = 1",
        ),
        (
            "posts",
            2,
            'insert into app."Post" default values',
            """update app."Post" set state = 'doing' where id in (select id from app."Post" limit 1)""",
            """update app."Post" set state = 'sent' where state = 'doing'""",
        ),
    ],
)
def test_tables_of_other_shapes(
    database: Database,
    connection: Connection,
    tmp_path: Path,
    name: str,
    slots: int,
    add: str,
    claim: str,
    finish: str,
) -> None:
    create_queue(connection, 2)
    connection.execute(SHAPES.encode())
    names = (SCHEDULE, "mails", "posts")
    lines = deploy(database, tmp_path / "bunkd.toml", SHAPES_FILE, *names)
    assert not [line for line in lines if "NOT SCHEDULED" in line]
    stop_cron(connection)
    with database.admin() as admin:
        admin.execute(HOLD)
    held = Held(database, connection)
    for _ in range(slots + 1):
        connection.execute(add.encode())
    assert held.calls(name) == ["wake"] * slots, "each is called for at its commit"
    held.take()
    for statement in (claim, finish):
        connection.execute(statement.encode())
    assert held.calls(name) == ["wake"] * slots + ["refill"], "and the next one when one is done"
    assert [each for each in names if held.calls(each)] == [name]
    for session in held.sessions:
        session.close()
