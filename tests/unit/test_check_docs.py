"""Every check has a page, every reason is on it, and the JSON is documented key by key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bunkd_db.capabilities import judge
from tests.support.facts import HEALTHY

ROOT = Path(__file__).resolve().parents[2]
PAGES = {page.stem: page.read_text() for page in (ROOT / "docs/checks").glob("*.md")}
SOURCES = sorted((ROOT / "bunkd_db/capabilities").rglob("*.py"))
CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
NO_CODES = {"POST", "OPTIONS"}


def strings() -> Iterator[str]:
    """Every string in the capabilities that looks like a reason."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


CODES = sorted({s for s in strings() if CODE.fullmatch(s) and len(s) > 2} - NO_CODES)


@pytest.mark.parametrize("name", [check.name for check in judge(HEALTHY).checks])
def test_a_page_for_each_check(name: str) -> None:
    assert PAGES[name].startswith(f"# {name}\n")
    assert f"[{name}]({name}.md)" in PAGES["README"]


@pytest.mark.parametrize("code", CODES)
def test_each_reason_is_explained(code: str) -> None:
    assert any(f"`{code}`" in page for page in PAGES.values())


def test_no_page_is_about_nothing() -> None:
    source = "".join(path.read_text() for path in SOURCES)
    for name in set(PAGES) - {"README"}:
        general = re.sub(r"^pg_(cron|net)_", "{name}_", name)
        assert f'"{name}"' in source or f'"{general}"' in source, name
    for text in PAGES.values():
        for code in re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE):
            assert code in CODES


def test_the_json_is_documented() -> None:
    page = (ROOT / "docs/check-json.md").read_text()

    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value[:1]:
                yield from keys(inner)

    missing = {key for key in keys(judge(HEALTHY).as_json()) if not re.search(rf"\b{key}\b", page)}
    assert not missing
