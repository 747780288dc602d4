"""The verbs as another program calls them: by `bunkd_db`, and by Alembic in its own process."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic import command
from alembic.config import Config

import bunkd_db
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


# What docs/deploy.md shows


def blocks() -> list[str]:
    page = (Path(__file__).parents[2] / "docs/deploy.md").read_text()
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_the_page_s_programs_run(embedded: Server, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"url": embedded.url, "call_url": CALLED["BUNKD_CALL_URL"], "credential": "x"}
    [alembic_s, ours] = [block for block in blocks() if "import" in block]
    exec(alembic_s, dict(given))
    capsys.readouterr()
    exec(ours, dict(given))
    assert "external False" in capsys.readouterr().out.splitlines()


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
