"""The call: a POST, without the credential's value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from bunkd_db.credential import Credential, header_of
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import JSON, RequestSettings, Settings, defaults


@dataclass(frozen=True)
class Request:
    """What is sent, and where the credential goes.

    What comes from settings may hold any printable ASCII character, and nothing else.

    Attributes:
        credential_header: the header that the credential goes into.
        credential_prefix: what stands before it there: `Bearer ` or nothing.
        headers: further ones, by name; Content-Type is not among them, it is application/json.
        data: a JSON value.
        timeout: seconds until the whole answer has to be there.
    """

    url: str
    credential_header: str
    credential_prefix: str
    headers: Mapping[str, str]
    data: JSON | Mapping[str, JSON]
    timeout: float

    @classmethod
    def of(cls, settings: Settings) -> Request:
        """Take it from the settings; of the credential only its kind.

        Raises:
            ConfigurationError: they name no url.
        """
        if settings.schedule.url is None:
            raise ConfigurationError(
                "no URL to call is set",
                "Set SUPABASE_URL or BUNKD_CALL_URL (in the environment or in .env).",
            )
        timeout_ms = settings.schedule.timeout_ms or defaults.TIMEOUT_MS
        return cls.to(settings.schedule.url, settings.schedule, timeout_ms, settings.credential)

    @classmethod
    def to(
        cls, url: str, given: RequestSettings, timeout_ms: float, credential: Credential | None
    ) -> Request:
        """Make the call to a url; of the credential only its kind counts."""
        header, prefix = header_of(credential, given.credential_header)
        more = given.headers or {}
        return cls(
            url,
            header,
            prefix,
            {name: text for name, text in more.items() if name.lower() != header.lower()},
            given.body or {},
            timeout_ms / 1000,
        )

    @property
    def body(self) -> str:
        """The data as JSON, one line of ASCII."""
        return json.dumps(self.data).replace("\x7f", "\\u007f")

    @property
    def timeout_seconds(self) -> int:
        """The timeout in whole seconds, for those who count in no others."""
        return math.ceil(self.timeout)

    @property
    def credential_line(self) -> str:
        """What stands before the credential in a line of HTTP."""
        return f"{self.credential_header}: {self.credential_prefix}"
