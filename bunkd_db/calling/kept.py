"""What is kept of an answer: bounded, and without the credential that it may quote."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bunkd_db.credential import Credential

LONGEST = 65536
_KEPT = 1000
_FIELDS = ("success", "job_id", "error", "message")


def kept(text: str, secrets: Iterable[Credential]) -> str:
    """Return a few fields of an object, the beginning of what is no JSON.

    Secrets are looked for in what the text means, however it is escaped.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return hidden(text, secrets)[:_KEPT]
    if not isinstance(found, dict):
        return ""
    fields = {key: _field(found[key], secrets) for key in _FIELDS if found.get(key) is not None}
    return json.dumps(fields, ensure_ascii=False)


def hidden(text: str, secrets: Iterable[Credential]) -> str:
    """Return a text with `***` in the place of each secret, also where it stands in quotes."""
    # no text in PostgreSQL holds a NUL or half a character
    plain = text.encode(errors="replace").decode().replace("\0", "")
    for secret in secrets:
        value = secret.reveal()
        plain = plain.replace(value, "***").replace(json.dumps(value)[1:-1], "***")
    return plain


def _field(value: object, secrets: Iterable[Credential]) -> object:
    if isinstance(value, bool):
        return value
    return hidden(value if isinstance(value, str) else json.dumps(value), secrets)[:_KEPT]
