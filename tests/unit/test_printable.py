"""What others have written is shown, and acted upon by nobody."""

import click
import pytest

from bunkd_db.cli.output import mark
from bunkd_db.printable import printable, printable_line


def test_what_a_terminal_would_act_upon_is_a_question_mark() -> None:
    assert printable("a\x1b[2K\r\n\t\u202eb…") == "a?[2K????b…"


def test_our_own_colours_stay() -> None:
    line = click.style("pass", fg="green") + click.style("x", fg="bright_black", bold=True)
    assert printable_line(line) == line
    assert printable_line("\x1b[8mhidden\x1b[1A") == "?[8mhidden?[1A"


@pytest.mark.parametrize(
    "line", ["::add-mask::x", "   ::add-mask::x", "\x1b[31m::add-mask::x", "a ##[add-mask]x"]
)
def test_no_command_of_github_actions(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = click.unstyle(printable_line(line))
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert printable_line(line) == line


def test_a_type_is_named_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert printable_line("select 'a'::regclass") == "select 'a'::regclass"


@pytest.mark.parametrize("status", ["pass", "warn", "fail", "skip"])
def test_the_styles_of_our_own_are_kept(status: str) -> None:
    assert printable_line(mark(status)) == mark(status)
