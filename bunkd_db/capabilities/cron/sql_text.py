"""Tell the code of SQL from its literals, well enough to see which function is called with what.

The text is anybody's: it is never run, and every step takes time in proportion to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST = 100_000  # characters of a text that are looked at; the queries cut it there
_DEEPEST = 3  # code in a literal in the code of a literal …
_MARK = "\x00"  # no text of PostgreSQL's has it

# a literal that does not end goes on to the end of the text, as it does for PostgreSQL
_NEXT = re.compile(
    r"--[^\n]*+"
    r"|(?P<comment>/\*)"
    r"|\b[eE](?P<escape>'(?:[^'\\]|\\.|'')*+'?)"
    r"|(?P<quoted>'(?:[^']|'')*+'?)"
    r"|(?<![\w$])\$(?P<tag>(?:[^\W\d]\w{0,62})?)\$",
    re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@dataclass
class SqlText:
    """A text without its comments; each literal is a numbered mark in `code`, and is kept apart."""

    code: str = ""
    literals: list[str] = field(default_factory=list)


LITERAL = rf"{_MARK}(\d+){_MARK}"  # the pattern of a mark; its group is the literal's number
_EDGE = re.compile(r"[()\[\],]")


def read_sql(text: str, is_code: re.Pattern[str]) -> SqlText:
    """Split a text; a literal in which `is_code` is found is code itself (`do $$…$$`)."""
    found = SqlText()
    pieces: list[str] = []
    _read(text[:LONGEST].replace(_MARK, " "), is_code, found.literals, pieces, 0)
    found.code = "".join(pieces)
    return found


def _read(
    text: str, is_code: re.Pattern[str], literals: list[str], pieces: list[str], depth: int
) -> None:
    at = 0
    while token := _NEXT.search(text, at):
        pieces.append(text[at : token.start()])
        at = token.end()
        if token["comment"]:
            at = _after_comment(text, at)
            value = None
        elif (tag := token["tag"]) is not None:
            end = text.find(f"${tag}$", at)
            value = text[at:] if end < 0 else text[at:end]
            at = len(text) if end < 0 else end + len(tag) + 2
        else:
            raw = token["quoted"] or token["escape"]
            value = None if raw is None else raw[1:].removesuffix("'").replace("''", "'")
        if value is None:
            pieces.append(" ")
        elif depth < _DEEPEST and is_code.search(value):
            pieces.append("; ")
            _read(value, is_code, literals, pieces, depth + 1)
            pieces.append(" ;")
        else:
            pieces.append(f"{_MARK}{len(literals)}{_MARK}")
            literals.append(value)
    pieces.append(text[at:])


def _after_comment(text: str, at: int) -> int:
    """Return where a comment ends that has begun before `at`: they nest."""
    open_ones = 1
    while open_ones:
        edge = _COMMENT_EDGE.search(text, at)
        if edge is None:
            return len(text)
        open_ones += 1 if edge[0] == "/*" else -1
        at = edge.end()
    return at


def arguments_at(code: str, start: int) -> list[str]:
    """Return the arguments of a call whose parenthesis opened just before `start`."""
    depth, begin, found = 0, start, []
    for edge in _EDGE.finditer(code, start):
        if edge[0] in "([":
            depth += 1
        elif depth and edge[0] in ")]":
            depth -= 1
        elif edge[0] == ")":
            found.append(code[begin : edge.start()])
            return found
        elif edge[0] == "," and not depth:
            found.append(code[begin : edge.start()])
            begin = edge.end()
    return [*found, code[begin:]]
