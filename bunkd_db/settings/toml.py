"""TOML with the line of each key, and `${NAME}` in its texts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str, ...]
Table = Mapping[str, Any]  # what tomllib returns: whoever reads it asks for the type of each value

_HOLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Invalid(ValueError):
    """It is no TOML; `line` is where."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def parse(text: str) -> tuple[Table, dict[Path, int]]:
    """Return a file's tables, and the line of each of its tables and keys, by path.

    Raises:
        Invalid: it cannot be parsed.

    >>> parse('a = 1\\n[b."c d"]\\nlist = [\\n  1,\\n]\\ne = 2')[1]
    {('a',): 1, ('b',): 2, ('b', 'c d'): 2, ('b', 'c d', 'list'): 3, ('b', 'c d', 'e'): 6}
    """
    text = text.replace("\r\n", "\n")
    rows = text.split("\n")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at and at[1] else len(rows)
        raise Invalid(_AT_LINE.sub("", str(error)), line) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or as many brackets
        raise Invalid("a value is too long or too deep", 1) from None
    return found, _lines(rows)


def _lines(rows: list[str]) -> dict[Path, int]:
    """A statement goes on to the first line with which it can be parsed alone."""
    lines: dict[Path, int] = {}
    table: Path = ()
    start = 0
    while start < len(rows):
        for end in range(start + 1, len(rows) + 1):
            try:
                part = tomllib.loads("\n".join(rows[start:end]))
            except tomllib.TOMLDecodeError:
                continue
            break
        paths = list(_paths(part))
        if rows[start].lstrip().startswith("["):
            table = paths[-1]
            within: Path = ()
        else:
            within = table
        for path in paths:
            lines.setdefault(within + path, start + 1)
        start = end
    return lines


def _paths(part: Table) -> Iterator[Path]:
    for key, value in part.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, *path) for path in _paths(value))


def filled(value: Any, values: Mapping[str, str], secret: re.Pattern[str]) -> Any:
    """Put the variables into the texts of a value; `$${` stands for `${`.

    Raises:
        ValueError: one is not set, is secret, or the text is malformed; the message is a sentence's end.

    >>> filled({"a": ["${X}/y", "$${X}"]}, {"X": "https://x/"}, re.compile("KEY"))
    {'a': ['https://x/y', '${X}']}
    """
    if isinstance(value, dict):
        return {key: filled(each, values, secret) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, values, secret) for each in value]
    if not isinstance(value, str):
        return value

    def fill(hole: re.Match[str]) -> str:
        name = hole[1]
        if hole[0] == "$${":
            return "${"
        if name is None:
            raise ValueError("has ${ without a variable's name and }. Write ${NAME}, or $${ for ${")
        if secret.search(name):
            raise ValueError(f"takes ${{{name}}}, a secret, which would be stored in plain text")
        if not values.get(name, "").strip():
            raise ValueError(f"takes ${{{name}}}, which is not set")
        filling = values[name].strip()
        # https://PROJECT.supabase.co/ is as good as without its last stroke
        return filling.rstrip("/") if value[hole.end() :].startswith("/") else filling

    return _HOLE.sub(fill, value)
