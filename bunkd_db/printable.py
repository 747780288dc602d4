"""Text that others have written, fit for a terminal and for the log of GitHub Actions."""

from __future__ import annotations

import os
import re

# the styles of our own; what conceals or moves is not among them
_COLOUR = re.compile("(\x1b\\[(?:[01]|22|3[1-6]|9[0-6])m)")
_COMMAND = re.compile("^((?:\x1b\\[\\d+m|\\s)*)::")


def in_github_actions() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def printable(text: str) -> str:
    """Return the text with a question mark for each character that could move the cursor or end the line."""
    return "".join(c if c.isprintable() else "?" for c in text)


def without_query(url: str) -> str:
    """Return a url without its query, which can hold a secret.

    >>> without_query("https://example.com/run_job?key=s3cret#top")
    'https://example.com/run_job'
    """
    return url.partition("#")[0].partition("?")[0]


def printable_command(command: str) -> str:
    """Return a command that can be pasted, or why it is not shown: with a question mark in it, it would name another thing.

    >>> printable_command("drop table x;"), printable_command("drop table x\\ny;")[:31]
    ('drop table x;', '# not shown: a name in it has c')
    """
    if command.isprintable():
        return command
    return "# not shown: a name in it has characters that cannot be printed; --json has the command"


def printable_line(text: str) -> str:
    """Return one line that can be written as it is: printable, our colours kept, no command of GitHub Actions."""
    parts = _COLOUR.split(text)
    line = "".join(part if n % 2 else printable(part) for n, part in enumerate(parts))
    if in_github_actions():
        line = _COMMAND.sub(r"\1: :", line).replace("##[", "# #[")
    return line
