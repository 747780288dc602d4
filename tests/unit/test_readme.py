"""The README, CONTRIBUTING and the pages of docs name nothing that is not there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from bunkd_db.cli import root
from tests.support import image

CHECKOUT = Path(__file__).parents[2]
README = (CHECKOUT / "README.md").read_text()
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text()
SETTINGS = "".join(
    (CHECKOUT / "bunkd_db/settings" / name).read_text()
    for name in ("run.py", "schedule.py", "actor.py", "declared.py")
)
PAGES = {
    path: path.read_text()
    for path in (
        CHECKOUT / "README.md",
        CHECKOUT / "CONTRIBUTING.md",
        *(CHECKOUT / "docs").rglob("*.md"),
    )
}
VARIABLE = r"\b(?:BUNKD|SUPABASE)_[A-Z_]+[A-Z]\b|\bDATABASE_URL\b"


def code(text: str) -> list[str]:
    """Every piece of code in a page: inline and in fences."""
    fences = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for fence in fences for line in fence.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", rest)


def mentioned(pattern: str) -> set[str]:
    return {
        hit for page in PAGES.values() for piece in code(page) for hit in re.findall(pattern, piece)
    }


def commands() -> list[str]:
    found = {
        match[1].partition(" #")[0].partition(" >")[0].strip()
        for page in PAGES.values()
        for piece in code(page)
        if (match := re.match(r"(?:\$ )?bunkd-db ((?:-|[a-z])[^`]*)", piece))
    }
    return sorted(found)


@pytest.mark.parametrize("line", commands())
def test_every_command_exists_with_its_options(line: str) -> None:
    command: click.Command = root
    context = click.Context(root)
    words = shlex.split(line)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"bunkd-db {line}"
        command = found
    known = {option for param in command.params for option in param.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_pages_have_commands() -> None:
    assert len(commands()) > 10


def test_the_readme_is_short() -> None:
    lines = README.splitlines()
    assert len(lines) <= 120
    assert len(README.split()) <= 1100
    assert [line for line in lines if len(line) > 100] == []


def test_the_table_of_settings_is_complete() -> None:
    read = set(re.findall(rf'"({VARIABLE})"', SETTINGS))
    page = PAGES[CHECKOUT / "docs/settings.md"]
    rows = set(re.findall(rf"^\| `({VARIABLE})` \|", page, re.MULTILINE))
    assert rows == read


def test_no_page_names_another_variable() -> None:
    support = "".join(path.read_text() for path in (CHECKOUT / "tests/support").glob("*.py"))
    for_tests = set(re.findall(r"\bBUNKD_TEST_[A-Z_]+[A-Z]\b", support))
    known = set(re.findall(VARIABLE, SETTINGS)) | for_tests
    assert {name.removesuffix("_FILE") for name in mentioned(VARIABLE)} <= known
    assert set(re.findall(VARIABLE, (CHECKOUT / ".env.example").read_text())) <= known


def test_every_make_target_exists() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE),
    )
    named = mentioned(r"^make ([a-z]+)\b") | mentioned(r"BUNKD_\w+=\S+ make ([a-z]+)\b")
    assert {"test", "demo", "unit", "lint"} <= named <= targets


def test_every_path_in_contributing_exists() -> None:
    paths = mentioned(r"^(?:bunkd_db|tests|migrations|docs)/[\w./]+")
    assert len(paths) > 10
    assert {path for path in paths if not (CHECKOUT / path).exists()} == set()


def linked(page: str) -> list[str]:
    return re.findall(r"\]\((?!https?:)([^)#]+)", page)


def test_a_reader_of_the_readme_comes_to_every_page() -> None:
    reached: set[Path] = set()
    ahead = [CHECKOUT / "README.md"]
    while ahead:
        path = ahead.pop()
        if path not in reached and path in PAGES:
            reached.add(path)
            ahead += [(path.parent / link).resolve() for link in linked(PAGES[path])]
    assert set(PAGES) - reached == set()


def test_every_link_leads_to_a_file() -> None:
    links = {(path, link) for path, page in PAGES.items() for link in linked(page)}
    assert links
    assert {(path, link) for path, link in links if not (path.parent / link).is_file()} == set()


def test_the_compose_file_starts_the_image_that_the_tests_do() -> None:
    compose = (CHECKOUT / "docker-compose.yml").read_text()
    assert f"${{BUNKD_POSTGRES_IMAGE:-{image.PUBLIC}}}" in compose
    assert image.PUBLIC in CONTRIBUTING
