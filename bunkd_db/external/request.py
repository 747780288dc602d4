"""The call that an external scheduler has to make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bunkd_db.credential import header_of
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import Settings

_TIMEOUT_MS = 35_000


@dataclass(frozen=True)
class Request:
    """A POST, without the credential: its value is nobody's business here.

    Everything but the credential's place comes from settings, so from outside: any printable ASCII
    character may be in it, and nothing else.

    Attributes:
        credential_header: the header that the credential goes into.
        credential_prefix: what stands before it there: `Bearer ` or nothing.
        headers: further ones, by name; Content-Type is not among them, it is application/json.
        body: JSON, one line of ASCII.
        timeout_seconds: how long to wait for the answer.
    """

    url: str
    credential_header: str
    credential_prefix: str
    headers: Mapping[str, str]
    body: str
    timeout_seconds: int

    @classmethod
    def of(cls, settings: Settings) -> Request:
        """Take it from the settings; of the credential only its kind.

        Raises:
            ConfigurationError: they name no url.
        """
        given = settings.schedule
        url, chosen = given.get("url"), given.get("credential_header")
        if not isinstance(url, str):
            raise ConfigurationError(
                "no URL is set to be called",
                "Set SUPABASE_URL or BUNKD_CALL_URL (in the environment or in .env).",
            )
        name, prefix = header_of(settings.credential, chosen if isinstance(chosen, str) else None)
        more, timeout = given.get("headers"), given.get("timeout_ms")
        return cls(
            url=url,
            credential_header=name,
            credential_prefix=prefix,
            headers={
                other: str(text)
                for other, text in (more.items() if isinstance(more, Mapping) else ())
                if other.lower() != name.lower()
            },
            body=json.dumps(given.get("body", {})).replace("\x7f", "\\u007f"),
            timeout_seconds=-(-(timeout if isinstance(timeout, int) else _TIMEOUT_MS) // 1000),
        )

    @property
    def credential_line(self) -> str:
        """What stands before the credential in a line of HTTP."""
        return f"{self.credential_header}: {self.credential_prefix}"
