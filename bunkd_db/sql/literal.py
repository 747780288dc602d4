"""A text as SQL has it."""

from __future__ import annotations


def literal(text: str) -> str:
    """Return a text as a literal, for a server whose standard_conforming_strings is on.

    >>> literal("bob's")
    "'bob''s'"
    """
    return "'" + text.replace("'", "''") + "'"
