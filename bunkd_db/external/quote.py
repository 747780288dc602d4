"""How a text from outside is written in each syntax, so that it arrives as it is.

All of them take printable ASCII (`Request` holds nothing else).
"""

from __future__ import annotations

import json as json_
import shlex
import textwrap
from collections.abc import Callable

Command = tuple[tuple[str, ...], ...]
"""The words of a command, in groups that belong on one line."""


class Verbatim(str):
    """A word of a command that is already written in the syntax around it."""

    __slots__ = ()


def shell(words: str | Command) -> str:
    """Quote a word, or a command over several lines, for a POSIX shell."""
    return shlex.quote(words) if isinstance(words, str) else _lines(words, shlex.quote)


def systemd(words: Command) -> str:
    """Quote a command over several lines for `ExecStart=`: specifiers, variables, C escapes."""
    return _lines(words, _systemd)


def json(value: object) -> str:
    """Write a value as JSON: as a string it is one of YAML, TOML, JavaScript and Python, too."""
    return json_.dumps(value)


def compose(text: str) -> str:
    """Keep Docker Compose from putting variables into a text."""
    return text.replace("$", "$$")


def actions(text: str) -> str:
    """Keep GitHub Actions from evaluating expressions in a text."""
    return text.replace("${{", "${{ '${{' }}")


def comment(text: str, mark: str = "#") -> str:
    """Put a mark before every line of a text."""
    return textwrap.indent(text.strip("\n"), f"{mark} ", lambda _: True).replace(
        f"{mark} \n", f"{mark}\n"
    )


def _lines(words: Command, quote: Callable[[str], str]) -> str:
    groups = (
        " ".join(word if isinstance(word, Verbatim) else quote(word) for word in group)
        for group in words
    )
    return " \\\n  ".join(groups)


def _systemd(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    plain = escaped == word and word.replace("-", "").replace("/", "").isalnum()
    return word if plain else f'"{escaped}"'
