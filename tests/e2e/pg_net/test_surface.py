"""The functions, tables and grants, and who may do what with them."""

import pytest

from tests.e2e.pg_net.asking import JSON, hanging, post, restarted
from tests.e2e.pg_net.versions import WAKES, Version
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.wait import wait_until


def arguments(net: Connection, function: str) -> str:
    row = net.execute(
        "select pg_get_function_arguments(%s::regproc), pg_get_function_result(%s::regproc)",
        [function, function],
    ).fetchone()
    assert row is not None
    return f"({row[0]}) -> {row[1]}"


def test_http_post_has_the_known_signature_and_defaults(net: Connection) -> None:
    assert arguments(net, "net.http_post") == (
        "(url text, body jsonb DEFAULT '{}'::jsonb, params jsonb DEFAULT '{}'::jsonb, "
        'headers jsonb DEFAULT \'{"Content-Type": "application/json"}\'::jsonb, '
        "timeout_milliseconds integer DEFAULT 5000) -> bigint"
    )


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (
            "net.http_get",
            "(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
            "timeout_milliseconds integer DEFAULT 5000) -> bigint",
        ),
        (
            "net.http_delete",
            "(url text, params jsonb DEFAULT '{}'::jsonb, headers jsonb DEFAULT '{}'::jsonb, "
            "timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL::jsonb) -> bigint",
        ),
        ("net.worker_restart", "() -> boolean"),
        ("net.wait_until_running", "() -> void"),
        ("net.check_worker_is_up", "() -> void"),
    ],
)
def test_the_other_functions_have_theirs(net: Connection, function: str, signature: str) -> None:
    assert arguments(net, function) == signature


def test_whether_a_commit_can_wake_it_is_told_by_a_function(
    net: Connection, version: Version
) -> None:
    found = net.execute("select to_regproc('net.wake') is not null").fetchone()
    assert found == (version >= WAKES,)
    if version >= WAKES:
        assert arguments(net, "net.wake") == "() -> void"


def test_functions_run_as_their_caller(net: Connection) -> None:
    definers = net.execute(
        "select proname from pg_proc where pronamespace = 'net'::regnamespace and prosecdef"
    )
    assert definers.fetchall() == []


def test_the_tables_have_the_known_columns_and_are_unlogged(net: Connection) -> None:
    columns = net.execute(
        "select attrelid::regclass::text, string_agg(attname, ',' order by attnum) "
        "from pg_attribute where attnum > 0 and attrelid in "
        "('net.http_request_queue'::regclass, 'net._http_response'::regclass) group by 1"
    ).fetchall()
    assert {str(table): str(names) for table, names in columns} == {
        "net.http_request_queue": "id,method,url,headers,body,timeout_milliseconds",
        "net._http_response": (
            "id,status_code,content_type,headers,content,timed_out,error_msg,created"
        ),
    }
    kinds = net.execute(
        "select distinct relpersistence from pg_class "
        "where relnamespace = 'net'::regnamespace and relkind = 'r'"
    ).fetchall()
    assert kinds == [("u",)]


def test_everything_belongs_to_the_administrator(net: Connection) -> None:
    owners = net.execute(
        "select distinct relowner::regrole::text from pg_class "
        "where relnamespace = 'net'::regnamespace"
    ).fetchall()
    assert owners == [("supabase_admin",)]


def test_the_sender_is_named_in_the_activity_view(net: Connection) -> None:
    row = net.execute(
        "select count(*) from pg_stat_activity where application_name = "
        "(select 'pg_net ' || extversion from pg_extension where extname = 'pg_net')"
    ).fetchone()
    assert row == (1,)


def test_it_is_listed_as_available_before_it_is_installed(database: Database) -> None:
    with database.connect() as session:
        listed = session.execute(
            "select installed_version from pg_available_extensions where name = 'pg_net'"
        ).fetchall()
    assert listed == [(None,)]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", "bystander"])
def test_any_role_can_read_what_is_queued(
    net: Connection, database: Database, function: Endpoint, role: str
) -> None:
    """The known exposure: why the credential that is sent is one that can do little."""
    with database.admin() as admin, hanging(function) as release:
        admin.execute("create role bystander login")
        request = post(net, function.url, headers={**JSON, "Authorization": "Bearer seen"})
        wait_until(lambda: function.open == 1, message="the request is open")
        admin.execute(f"set role {role}")
        row = admin.execute(
            "select headers ->> 'Authorization' from net.http_request_queue where id = %s",
            [request],
        ).fetchone()
        assert row == ("Bearer seen",)
        release()


def test_the_owner_of_the_database_cannot_revoke_that(net: Connection) -> None:
    notices: list[str | None] = []
    net.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
    net.execute("revoke all on net.http_request_queue from public")
    assert set(notices) == {"01006"}
    row = net.execute(
        "select has_table_privilege('anon', 'net.http_request_queue', 'select')"
    ).fetchone()
    assert row == (True,)


def test_any_role_can_restart_the_sender(net: Connection, database: Database) -> None:
    with database.admin() as admin, restarted(net):
        admin.execute("set role anon")
        assert admin.execute("select net.worker_restart()").fetchone() == (True,)
