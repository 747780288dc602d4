"""Every SQL file: one object, named like the file, with all that the conventions ask of it."""

import re
from pathlib import Path

import pytest

from bunkd_db import sql

FOLDER = Path(sql.__file__).parent
FUNCTIONS = sorted(FOLDER.glob("functions/*/*.sql"))
PROCEDURES = [each for each in FUNCTIONS if " procedure " in each.read_text()[:30]]
VIEWS = sorted(FOLDER.glob("views/*.sql"))
TRIGGERS = sorted(FOLDER.glob("triggers/*.sql"))
EVERY = sorted(FOLDER.rglob("*.sql"))
REVISIONS = sorted((FOLDER.parents[1] / "migrations/versions").glob("*.py"))
WIDTH = 120


def name(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("path", PROCEDURES, ids=name)
def test_a_procedure(path: Path) -> None:
    """It commits: a SET clause or the owner's rights would forbid that, so it sets the path first."""
    text = path.read_text()
    assert text.startswith(f"create or replace procedure bunkd.{path.stem}(")
    assert re.search(r"^language plpgsql\b(?!.*\bsecurity)", text, re.MULTILINE)
    body = text[text.index("\nbegin\n") :]
    first = next(line for line in body.splitlines()[2:] if not line.strip().startswith("--"))
    assert first.startswith("  perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp'")
    assert re.search(rf"^comment on procedure bunkd\.{path.stem}\(.*?\) is\s", text, re.M)


@pytest.mark.parametrize("path", [each for each in FUNCTIONS if each not in PROCEDURES], ids=name)
def test_a_function(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"create or replace function bunkd.{path.stem}(")
    assert len(re.findall(r"^create ", text, re.MULTILINE)) == 1
    head = text[: re.search(r"\bas \$\$", text).start()]  # type: ignore[union-attr]
    [volatility] = re.findall(
        r"^language (?:sql|plpgsql) (immutable|stable|volatile)\b", head, re.M
    )
    assert volatility
    assert re.search(r"^set search_path = pg_catalog, pg_temp$", head, re.MULTILINE)
    [comment] = re.findall(
        r"^comment on function bunkd\.(\w+)\(.*?\) is(?:\s+'(?:[^']|'')+')+;$", text, re.M
    )
    assert comment == path.stem


@pytest.mark.parametrize("path", VIEWS, ids=name)
def test_a_view(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(f"create or replace view bunkd.{path.stem} as\n")
    assert re.search(rf"^comment on view bunkd\.{path.stem} is\s", text, re.MULTILINE)


@pytest.mark.parametrize("path", TRIGGERS, ids=name)
def test_a_trigger(path: Path) -> None:
    text = path.read_text()
    assert re.search(r"create (or replace |constraint )trigger \w+", text)
    assert "comment on trigger " in text


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_any_file(path: Path) -> None:
    text = path.read_text()
    assert text.isascii(), "the offline script goes through any locale"
    assert "\t" not in text
    assert "\r" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    code = re.sub(r"'(?:[^']|'')*'|--.*", "", text)
    shouted = set(
        re.findall(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|FROM|WHERE|AND|OR|NOT|NULL)\b", code)
    )
    assert shouted == set()
    assert not re.search(r"(?i)\bversion\s+'", code), "an extension is never created with VERSION"
    assert not re.search(
        r"(?i)\bdrop extension\b|\bcascade\b.*\bdrop\b|\bdrop schema .*cascade", code
    )


def test_no_line_is_too_wide() -> None:
    assert [
        name(path) for path in EVERY if max(map(len, path.read_text().splitlines())) > WIDTH
    ] == []


def test_a_schema_is_named_before_every_table_of_ours() -> None:
    tables = {
        table
        for revision in REVISIONS
        for table in re.findall(r'op\.create_table\(\s*"(\w+)"', revision.read_text())
    }
    assert {"schedule", "slot", "call", "worker"} <= tables
    unqualified = re.compile(rf"\b(?:from|join|into|update|table)\s+(?:{'|'.join(tables)})\b")
    assert [name(path) for path in EVERY if unqualified.search(path.read_text())] == []


def test_everything_restated_is_there_once() -> None:
    text = sql.restated()
    for path in (*FUNCTIONS, *TRIGGERS):
        assert text.count(sql.read(name(path).removesuffix(".sql"))) == 1
    for path in VIEWS:
        statement, comment = sql.read(name(path).removesuffix(".sql")).split(";\n", 1)
        assert (text.count(statement), text.count(comment)) == (1, 1)
    assert "\x00" not in text


def test_a_downgrade_names_every_function() -> None:
    text = sql.switched_off() + sql.taken_off()
    assert [path.stem for path in FUNCTIONS if f"'{path.stem}'" not in text] == []
    assert [path.stem for path in VIEWS if f"bunkd.{path.stem}" not in text] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("shared/*.sql")), ids=name)
def test_a_shared_piece_is_put_in_everywhere(path: Path) -> None:
    """Functions and queries with parameters take it word for word: it has no percent sign."""
    assert "%" not in path.read_text()
    mark = f"/* shared/{path.stem} */"
    users = [user for user in EVERY if mark in user.read_text()]
    assert len(users) > 1
    for user in users:
        last = sql.read(f"shared/{path.stem}").splitlines()[-1]
        assert last in sql.read(name(user).removesuffix(".sql"))


LITERAL = re.compile(r"--[^\n]*|(?P<escape>[eE]?)'(?P<text>(?:[^']|'')*)'")


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_no_literal_depends_on_standard_conforming_strings(path: Path) -> None:
    """Bodies are read by the session that calls them first, with its settings."""
    for found in LITERAL.finditer(path.read_text()):
        if found["text"] is not None and "\\" in found["text"]:
            assert found["escape"], found[0]
