"""A secret that is given by standard input."""

from __future__ import annotations

import sys


def read(what: str, command: str) -> str:
    """Return it as it came, but for quotes around it; `command` asks for it on a terminal.

    Raises:
        ConfigurationError: there is none.
    """
    from bunkd_db.errors import ConfigurationError
    from bunkd_db.settings.parse import unquoted

    # bytes that are no text become characters that neither a header nor a URL can have
    text = unquoted(sys.stdin.buffer.read().decode("ascii", "surrogateescape"))
    if not text.strip():
        raise ConfigurationError(
            f"{what} from standard input is empty",
            "Redirect a file that contains it into this command, or run this on a terminal, which asks for it:",
            command,
        )
    return text
