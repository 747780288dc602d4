"""Whatever printable ASCII comes from outside arrives as it is, in every syntax."""

import json
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bunkd_db.calling.request import Request
from bunkd_db.external import quote
from bunkd_db.external.curl import command

TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40)


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_shell(words: list[str]) -> None:
    assert shlex.split(quote.shell((tuple(words),))) == words


def test_shell_by_a_shell() -> None:
    word = "'\"$HOME`id`%\\n!*~ #"
    script = f"printf %s {quote.shell(word)}"
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout == word


@given(TEXT)
def test_systemd(word: str) -> None:
    [back] = shlex.split(quote.systemd(((word,),)).replace("$$", "$").replace("%%", "%"))
    assert back == word


@given(TEXT)
def test_compose(text: str) -> None:
    quoted = quote.compose(text)
    assert "$" not in quoted.replace("$$", "")
    assert quoted.replace("$$", "$") == text


@given(TEXT)
def test_actions(text: str) -> None:
    quoted = quote.actions(text + "${{ secrets.X }}")
    assert quoted.count("${{") == 2 * (text.count("${{") + 1)
    assert quoted.replace("${{ '${{' }}", "${{") == text + "${{ secrets.X }}"


def test_json_is_one_line() -> None:
    assert json.loads(quote.json("a\n\"'\\")) == "a\n\"'\\"
    assert "\n" not in quote.json("a\nb")


@pytest.mark.parametrize(
    ("text", "commented"),
    [("a\n\n  b\n", "# a\n#\n#   b"), ("one", "# one")],
)
def test_comment(text: str, commented: str) -> None:
    assert quote.comment(text) == commented


def test_what_is_verbatim_is_not_quoted() -> None:
    request = Request("https://x.example/a b", "apikey", "", {"X-Empty": ""}, {}, 5)
    words = quote.shell(command(request, '"$header"', timeout=5))
    assert '--header "$header"' in words
    assert "'https://x.example/a b'" in words
    assert "--header 'X-Empty;'" in words
