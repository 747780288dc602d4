"""The verbs as another program calls them: by `bunkd_db`, and by Alembic in its own process."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config

import bunkd_db
from tests.support.command import run
from tests.support.server import Server

CALLED = {"BUNKD_CALL_URL": "http://127.0.0.1:9/x", "BUNKD_EVERY": "5m"}
ELSEWHERE = "postgresql://nobody@127.0.0.1:9/d"


@pytest.fixture
def silent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the environment nor a .env is read, and nothing is printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("BUNKD_EVERY=nonsense\n")
    monkeypatch.setenv("BUNKD_EVERY", "nonsense")
    monkeypatch.setenv("DATABASE_URL", ELSEWHERE)
    del capsys


@pytest.mark.usefixtures("silent")
def test_upgrade_check_and_downgrade(embedded: Server, capsys: pytest.CaptureFixture[str]) -> None:
    url = embedded.url.replace("postgresql://", "postgresql+psycopg2://")
    assert bunkd_db.upgrade(url, CALLED)[-1].startswith("external: ")
    report = bunkd_db.check(url)
    assert (report.verdict, report.active) == ("external", False)
    assert any("Removed" in line for line in bunkd_db.downgrade(url))
    with embedded.connect() as connection:
        row = connection.execute("select to_regnamespace('bunkd') is null").fetchone()
    assert row == (True,)
    assert capsys.readouterr() == ("", "")


def test_what_a_deploy_changes_is_said(embedded: Server) -> None:
    first = bunkd_db.upgrade(embedded.url, CALLED)
    assert not [line for line in first if "changed from" in line]
    given = CALLED | {"BUNKD_QUEUE_TABLE": "reports", "BUNKD_QUEUE_WHERE": "true"}
    assert bunkd_db.upgrade(embedded.url, given)[:2] == [
        "Schedule process-analysis-jobs: queue_table changed from public.analysis_jobs to public.reports.",
        "Schedule process-analysis-jobs: queue_where changed from nothing to true.",
    ]
    again = bunkd_db.upgrade(embedded.url, given)
    assert not [line for line in again if "changed from" in line]
    secret = {"BUNKD_CALL_URL": "http://127.0.0.1:9/x?key=s3cret", "BUNKD_BODY": '{"a": "s3cret"}'}
    said = "\n".join(bunkd_db.upgrade(embedded.url, secret))
    assert "s3cret" not in said


@pytest.mark.usefixtures("silent")
def test_errors_are_exceptions(embedded: Server) -> None:
    with pytest.raises(bunkd_db.BunkdError, match="unrecognised interval 'often'"):
        bunkd_db.upgrade(embedded.url, {"BUNKD_EVERY": "often"})
    with pytest.raises(bunkd_db.BunkdError, match=r"127\.0\.0\.1"):
        bunkd_db.check(ELSEWHERE)
    with pytest.raises(bunkd_db.BunkdError, match="Did you mean BUNKD_EVERY"):
        bunkd_db.upgrade(embedded.url, {"BUNKD_EVRY": "5m"})
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        bunkd_db.nonsense  # noqa: B018 -- that asks for it


def alembic(url: str | None = None, x: str | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "bunkd_db:migrations")
    if url:
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    if x:
        config.cmd_opts = SimpleNamespace(x=[f"url={x}"])  # type: ignore[assignment]
    return config


@pytest.mark.parametrize("by", ["option", "x", "environment"])
def test_alembic_in_process(embedded: Server, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    url = embedded.url
    monkeypatch.setenv("DATABASE_URL", url if by == "environment" else ELSEWHERE)
    config = {
        "option": alembic(url),
        "x": alembic(ELSEWHERE, x=url),
        "environment": alembic(),
    }[by]
    command.upgrade(config, "head")
    with embedded.connect() as connection:
        row = connection.execute("select count(*) from bunkd.schedule").fetchone()
    assert row == (1,)


def test_alembic_in_process_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(bunkd_db.BunkdError, match="no database is named"):
        command.upgrade(alembic(), "head")
    with pytest.raises(bunkd_db.BunkdError, match=r"127\.0\.0\.1"):
        command.upgrade(alembic(ELSEWHERE), "head")


def test_other_revisions_than_ours_are_refused(embedded: Server, tmp_path: Path) -> None:
    """As where pyproject.toml has version_locations: Alembic reads it for each section."""
    (tmp_path / "aaaa_x.py").write_text('revision = "aaaa"\ndown_revision = None\n')
    config = alembic(embedded.url)
    config.set_main_option("version_locations", str(tmp_path))
    config.set_main_option("path_separator", "os")
    with pytest.raises(bunkd_db.BunkdError, match="other revisions than bunkd-db's"):
        command.upgrade(config, "head")


# In a transaction of the caller's


SCHEMA = "select pg_catalog.to_regnamespace('bunkd') is not null"
SET = (
    "select array_agg(name || '=' || setting order by name),"
    " coalesce(current_setting('bunkd.origin', true), '') from pg_settings"
    " where name !~ '^plpgsql[.]'"
)


def engine(server: Server, **given: object) -> sqlalchemy.Engine:
    url = server.url.replace("postgresql://", "postgresql+psycopg://")
    return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, **given)


def installed(server: Server) -> bool:
    with server.connect() as other:
        return other.execute(SCHEMA).fetchone() == (True,)


def test_the_caller_s_transaction_decides(embedded: Server) -> None:
    with engine(embedded).connect() as connection:
        with suppress(ZeroDivisionError), connection.begin():
            assert bunkd_db.upgrade(connection, CALLED)[-1].startswith("external: ")
            raise ZeroDivisionError
        assert not installed(embedded)
        with connection.begin():
            connection.exec_driver_sql("create table of_the_caller (id int)")
            connection.exec_driver_sql("set local lock_timeout = '7s'")
            before = connection.exec_driver_sql(SET).one()
            bunkd_db.upgrade(connection, CALLED)
            assert connection.exec_driver_sql(SET).one() == before
            assert connection.exec_driver_sql("select every from bunkd.schedule").scalar() == "5m"
            assert not installed(embedded)
            with pytest.raises(bunkd_db.BunkdError, match="names role nobody"):
                bunkd_db.upgrade(connection, {"BUNKD_READER_ROLE": "nobody"})
            assert connection.exec_driver_sql(SET).one() == before  # and it can go on
        assert installed(embedded)
        with connection.begin():
            bunkd_db.downgrade(connection)
    assert not installed(embedded)


def test_a_connection_without_a_transaction_is_committed(embedded: Server) -> None:
    with engine(embedded).connect() as connection:
        bunkd_db.upgrade(connection, CALLED)
        assert installed(embedded)
        bunkd_db.downgrade(connection)
        with connection.begin():
            pass
    assert not installed(embedded)


@pytest.mark.usefixtures("silent")
def test_what_is_no_database_is_refused(embedded: Server) -> None:
    given = {**CALLED, "DATABASE_URL": embedded.url}
    nothing: Any
    for nothing in (None, "", engine(embedded), 7):
        for verb in (bunkd_db.upgrade, bunkd_db.check):
            with pytest.raises(bunkd_db.BunkdError, match=r"the database is an? "):
                verb(nothing, given)
    with engine(embedded).connect() as connection:
        nothing = connection
        with pytest.raises(bunkd_db.BunkdError, match="the database is a Connection"):
            bunkd_db.check(nothing, given)
    assert not installed(embedded)


def test_a_url_of_sqlalchemy_s(embedded: Server) -> None:
    bunkd_db.upgrade(engine(embedded).url, CALLED)
    assert bunkd_db.check(engine(embedded).url).verdict == "external"
    with pytest.raises(bunkd_db.BunkdError, match="as SQLAlchemy prints"):
        bunkd_db.check(str(sqlalchemy.make_url("postgresql://u:secret@h/d")))


def test_connections_that_cannot_be_used(embedded: Server) -> None:
    with (
        engine(embedded, isolation_level="AUTOCOMMIT").connect() as connection,
        pytest.raises(bunkd_db.BunkdError, match="commits each statement by itself"),
    ):
        bunkd_db.upgrade(connection, CALLED)
    with (
        engine(embedded, isolation_level="SERIALIZABLE").begin() as connection,
        pytest.raises(bunkd_db.BunkdError, match="the transaction is serializable"),
    ):
        bunkd_db.upgrade(connection, CALLED)
    with (
        sqlalchemy.create_engine("sqlite://").begin() as connection,
        pytest.raises(bunkd_db.BunkdError, match=r"by the driver sqlite3; .* psycopg \(3\)"),
    ):
        bunkd_db.upgrade(connection, CALLED)
    assert not installed(embedded)


def test_alembic_takes_the_connection_that_a_program_hands_over(
    embedded: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL={ELSEWHERE}\nBUNKD_EVERY=nonsense\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    config = alembic()
    with engine(embedded).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.current(config)
        assert not installed(embedded)
    assert installed(embedded)
    config.attributes["connection"] = "postgresql://"
    with pytest.raises(bunkd_db.BunkdError, match="is a str, not a Connection"):
        command.upgrade(config, "head")


ENV = """
import sqlalchemy
from alembic import context
import bunkd_db

engine = sqlalchemy.create_engine(
    context.config.get_main_option("sqlalchemy.url"), poolclass=sqlalchemy.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
        {env}
context.get_context()
"""
REVISION = """
from alembic import op
import bunkd_db
revision = "aaaa"
down_revision = None


def upgrade():
    op.execute("create table first_of_the_caller (id int)")
    {revision}
    op.execute("create table second_of_the_caller (id int)")
"""


@pytest.mark.parametrize("chained_from", ["env", "revision"])
def test_chained_from_another_project(embedded: Server, tmp_path: Path, chained_from: str) -> None:
    ours = {"env": "bunkd_db.upgrade(connection)", "revision": "bunkd_db.upgrade(op.get_bind())"}
    calls = {name: call if name == chained_from else "pass" for name, call in ours.items()}
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV.format_map(calls))
    (tmp_path / "versions/aaaa_first.py").write_text(REVISION.format_map(calls))
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option(
        "sqlalchemy.url", embedded.url.replace("postgresql://", "postgresql+psycopg://")
    )
    command.upgrade(config, "head")
    command.upgrade(config, "head")
    with embedded.connect() as connection:
        row = connection.execute(
            "select (select version_num from public.alembic_version),"
            " to_regclass('public.second_of_the_caller') is not null,"
            " (select count(*) from bunkd.schedule)"
        ).fetchone()
    assert row == ("aaaa", True, 1)


# What docs/deploy.md shows


def blocks() -> list[str]:
    page = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_the_page_s_programs_run(embedded: Server, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"url": embedded.url, "call_url": CALLED["BUNKD_CALL_URL"], "credential": "x"}
    [alembic_s, ours, connected] = [block for block in blocks() if "import" in block]
    exec(alembic_s, dict(given))
    capsys.readouterr()
    exec(ours, dict(given))
    assert "external False" in capsys.readouterr().out.splitlines()
    assert not installed(embedded)
    scope: dict[str, Any] = dict(given)
    exec(connected, scope)
    scope["engine"].dispose()
    assert installed(embedded)


PYPROJECT = """
[tool.alembic]
script_location = "%(here)s/mine"
version_locations = ["%(here)s/mine/versions"]
prepend_sys_path = ["."]
"""


def test_the_page_s_section_beside_a_pyproject(embedded: Server, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    [section] = re.findall(r"```ini\n(\[bunkd\].*?)```", page, re.DOTALL)
    (tmp_path / "alembic.ini").write_text(section)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "mine/versions").mkdir(parents=True)
    (tmp_path / "mine/versions/aaaa_x.py").write_text('revision = "aaaa"\ndown_revision = None\n')
    done = run(
        *("-n", "bunkd", "upgrade", "head"),
        module="alembic",
        cwd=tmp_path,
        env={"DATABASE_URL": embedded.url, **CALLED},
    )
    assert done.code == 0, done.err
    assert installed(embedded)


def test_the_page_s_filter_leaves_the_extensions_alone() -> None:
    [block] = [block for block in blocks() if "include_name" in block]
    found: dict[str, Callable[[str, str, object], bool]] = {}
    exec(block.partition("\n\n")[0], {}, found)
    kept = [
        name
        for name in ("public", "bunkd", "cron", "net", "vault")
        if found["include_name"](name, "schema", {})
    ]
    assert kept == ["public"]
    assert found["include_name"]("net", "table", {})
