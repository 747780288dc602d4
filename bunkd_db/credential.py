"""The credential: the secret sent with every call, so that the function can authenticate it."""

from __future__ import annotations

import re

from bunkd_db.errors import ConfigurationError

_LONGEST = 8192


class Credential:
    """A value that never shows itself: not in a repr, a log line or an error.

    The one way to the text is `reveal`, called where it is handed to the database.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def parse(cls, text: str, origin: str) -> Credential:
        """Check a credential that came from `origin` (a variable, stdin, a prompt).

        Raises:
            ConfigurationError: it is empty, too long, or could not stand in an HTTP header.
        """
        value = text.removesuffix("\n").removesuffix("\r")
        if not value:
            raise ConfigurationError(f"the credential from {origin} is empty")
        if "\n" in value or "\r" in value:
            raise ConfigurationError(
                f"the credential from {origin} has a line break in it",
                "Give the bare value on one line.",
            )
        if any(not "!" <= character <= "~" for character in value):
            raise ConfigurationError(
                f"the credential from {origin} has a space or a character that an HTTP header cannot carry",
                "Give the bare value: no quotes, no 'Bearer', ASCII only.",
            )
        if len(value) > _LONGEST:
            raise ConfigurationError(
                f"the credential from {origin} is longer than {_LONGEST} characters"
            )
        return cls(value)

    def reveal(self) -> str:
        """The bare value."""
        return self._value

    @property
    def is_api_key(self) -> bool:
        """Whether it is a Supabase key of the new kind, as `bunkd.request_headers` tells it."""
        return re.match("sb_(secret|publishable)_", self._value) is not None

    def __repr__(self) -> str:
        return "Credential(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credential) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def header_of(credential: Credential | None, chosen: str | None = None) -> tuple[str, str]:
    """Return the name of the header that it goes into, and what stands before it there.

    `chosen` is the header that the operator named, None to go by the credential's kind; without a
    credential it is taken for a token.
    """
    name = chosen or ("apikey" if credential and credential.is_api_key else "Authorization")
    return name, "Bearer " if name.lower() == "authorization" else ""
