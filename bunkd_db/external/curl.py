"""The call as a curl command."""

from __future__ import annotations

from bunkd_db.calling.request import Request
from bunkd_db.external.quote import Command, Verbatim


def command(
    request: Request, header: str, *, timeout: int, show: bool = False, program: str = "curl"
) -> Command:
    """Return curl's words, an option with its value in a group of its own.

    `header` is where curl reads the credential's line from, in the syntax around it: `@-` or
    `@FILE`. With `show` the answer is printed, also that of a failure. It fails on every status
    but 2xx: a redirect, which curl takes for a success, is an error where none may be followed.
    """
    answer = (
        ("--fail-with-body", "--write-out", r"\n") if show else ("--fail", "--output", "/dev/null")
    )
    return (
        (program, "--silent", "--show-error", "--globoff", "--location", "--max-redirs", "0"),
        answer,
        ("--max-time", str(timeout)),
        ("--header", Verbatim(header)),
        ("--header", "Content-Type: application/json"),
        *(("--header", _line(name, text)) for name, text in request.headers.items()),
        ("--data", request.body),
        (request.url,),
    )


def _line(name: str, text: str) -> str:
    """A header without a value ends with a semicolon: with a colon, curl would leave it out."""
    return f"{name}: {text}" if text.strip() else f"{name};"
