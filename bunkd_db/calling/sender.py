"""Who sends calls, by name: in the ledger, in `status` and in the log."""

from __future__ import annotations

import os
import secrets
import socket


def sender_name(kind: str = "") -> str:
    """Return a name that tells an operator where this process is, and is no other's.

    `kind` stands before it, and says what the process is where it is no worker.
    """
    host = "".join(c for c in socket.gethostname() if c.isascii() and (c.isalnum() or c in "-."))
    return f"{kind}{host[:60] or 'worker'}-{os.getpid()}-{secrets.token_hex(3)}"
