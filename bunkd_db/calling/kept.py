"""What is kept of an answer: bounded, and without the credential that it may quote."""

from __future__ import annotations

import json

from bunkd_db.credential import Credential

LONGEST = 65536
_KEPT = 1000
_FIELDS = ("success", "job_id", "error", "message")


def kept(text: str, credential: Credential | None) -> str:
    """Return a few fields of an object, the beginning of what is no JSON.

    The credential is looked for in what the text means, however it is escaped.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return hidden(text, credential)[:_KEPT]
    if not isinstance(found, dict):
        return ""
    fields = {key: _field(found[key], credential) for key in _FIELDS if found.get(key) is not None}
    return json.dumps(fields, ensure_ascii=False)


def hidden(text: str, credential: Credential | None) -> str:
    """Return a text with `***` in the place of the credential."""
    # no text in PostgreSQL holds a NUL or half a character
    plain = text.encode(errors="replace").decode().replace("\0", "")
    return plain.replace(credential.reveal(), "***") if credential else plain


def _field(value: object, credential: Credential | None) -> object:
    if isinstance(value, bool):
        return value
    return hidden(value if isinstance(value, str) else json.dumps(value), credential)[:_KEPT]
