"""Every check has a page, every code is on one, and the JSON is documented key by key."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bunkd_db.capabilities import evaluate
from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.cron.report import CronReport
from bunkd_db.capabilities.cron.rows import NetAnswers
from bunkd_db.capabilities.registry import registered
from bunkd_db.capabilities.report import Report
from bunkd_db.capabilities.verdict import BLOCKS_NATIVE
from tests.support.facts import HEALTHY
from tests.unit.test_cron_jobs import job, judged

ROOT = Path(__file__).resolve().parents[2]
PAGES = {page.stem: page.read_text() for page in (ROOT / "docs/checks").glob("*.md")}
INDEX = PAGES.pop("README")
JSON = (ROOT / "docs/check-json.md").read_text()
NAMES = [*(check.name for check in registered()), "probe", "cron"]
ROW = re.compile(r"^\| `([A-Z_]+)` \| (pass|warn|fail|skip)\b", re.MULTILINE)
SQL = ROOT / "bunkd_db/sql/functions"
NO_CODES = {"CREATE", "BUNKD"}  # a privilege, and our own SQLSTATE


def codes_in(*paths: Path) -> set[str]:
    """Every code that these functions give."""
    return {
        code
        for path in paths
        for code in re.findall(r"'([A-Z]+(?:_[A-Z]+)*)'", path.read_text())
        if code not in NO_CODES
    }


OBSTACLES = codes_in(*(SQL / "obstacles").glob("find_*.sql"))


def every_cron_job() -> CronReport:
    """A report of `--cron` that has every key."""
    text = "select net.http_get('https://a.example/')"
    report = judged(job(text), NetAnswers(1, 0, 1.0))
    assert report.jobs[0].findings
    assert report.findings
    return report


def question(name: str) -> str:
    """What the page says that the check asks."""
    heading, empty, first, *_ = PAGES[name].splitlines()
    assert (heading, empty) == (f"# {name}", "")
    assert first.partition("?")[1]
    return first


def test_every_check_has_a_page_and_every_page_a_check() -> None:
    assert set(NAMES) == set(PAGES)


def test_the_index_is_that_of_the_pages_in_the_order_of_the_checks() -> None:
    rows = [f"| [{name}]({name}.md) | {question(name)} |" for name in NAMES]
    assert [line for line in INDEX.splitlines() if line.startswith("| [")] == rows


@pytest.mark.parametrize("code", Code)
def test_every_code_is_explained(code: Code) -> None:
    assert any(f"`{code}`" in page for page in PAGES.values())


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_explained_code_exists(name: str) -> None:
    assert {code for code, _ in ROW.findall(PAGES[name])} <= set(Code)


@pytest.mark.parametrize("code", sorted(OBSTACLES))
def test_each_obstacle_is_a_code_and_on_its_page(code: str) -> None:
    assert Code(code)
    assert (code, "fail") in ROW.findall(PAGES["calls_made"])


def test_an_upgrade_gives_no_other_codes() -> None:
    deploy = SQL / "deploy"
    given = codes_in(deploy / "enable_extensions.sql")
    assert given <= {*BLOCKS_NATIVE, Code.EXTENSION_REFUSED}


@pytest.mark.parametrize("code", BLOCKS_NATIVE)
def test_the_codes_of_the_verdict_are_listed(code: Code) -> None:
    assert f"`{code}`" in JSON


@pytest.mark.parametrize("report", [evaluate(HEALTHY), every_cron_job()], ids=["check", "cron"])
def test_the_json_is_documented(report: Report | CronReport) -> None:
    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value[:1]:
                yield from keys(inner)

    found = set(keys(report.as_json()))
    assert "commands" in found
    assert not {key for key in found if not re.search(rf"\b{key}\b", JSON)}
