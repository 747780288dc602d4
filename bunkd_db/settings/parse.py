"""How the text of each variable is read: into what `bunkd.schedule` holds, or a clear error.

Every function takes the variable's name, for the message, and its text.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.interval import parse_every

_NAME = r"[^\W\d][\w$]{0,62}"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
# bunkd.store_credential asks the same
_SECRET_URL = re.compile(
    r"https?://([a-zA-Z0-9._-]+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?([/?][!\"$-~]*)?", re.ASCII
)
_RESERVED_HEADERS = {"content-type", "content-length", "host", "x-bunkd-call", "x-bunkd-reason"}

SCHEDULE_NAME = "[a-z0-9][a-z0-9_-]{0,39}"

JSON = str | int | float | bool | None | list["JSON"] | dict[str, "JSON"]


def unquoted(text: str) -> str:
    """Take away one pair of quotes around a value: `docker run --env-file` hands them on.

    >>> unquoted('"a"'), unquoted("' a '"), unquoted('"a'), unquoted('"')
    ('a', ' a ', '"a', '"')
    """
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'":
        return bare[1:-1]
    return text


def every(variable: str, text: str) -> str:
    try:
        return parse_every(text)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{variable}: {error.args[0]}", error.remedy, *error.commands
        ) from None


def url(variable: str, text: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        port_is_odd = parts.port == 0
    except ValueError:
        raise ConfigurationError(f"{variable} is not a valid URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port_is_odd:
        raise ConfigurationError(
            f"{variable} is not an http or https URL", "Write it like https://PROJECT.supabase.co."
        )
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"{variable} contains a user or password", "Put the credential into BUNKD_CREDENTIAL."
        )
    if parts.fragment or any(not "!" <= character <= "~" for character in text):
        raise ConfigurationError(
            f"{variable} has a fragment, a space or a character that must be percent-encoded"
        )
    return parts.scheme + text[len(parts.scheme) :]  # urlsplit has lowered it


def secret_url(variable: str, text: str) -> Credential:
    """A URL that holds a key, as that of a webhook does; no message quotes it.

    >>> secret_url("BUNKD_ALERT_WEBHOOK", "https://hooks.example.com/T0/B0/key")
    Credential(***)
    """
    found = text.strip()
    match = _SECRET_URL.fullmatch(found)
    if len(found) > 2000 or not match or not 0 < int((match[2] or ":443")[1:]) < 65536:
        raise ConfigurationError(
            f"{variable} is not an http or https URL",
            "Write it as its service shows it, like https://HOST/PATH, without a user or a fragment.",
        )
    return Credential(found)


def function_url(variable: str, text: str) -> str:
    """The url of the function in the Supabase project that a url names."""
    return f"{url(variable, text).rstrip('/')}/functions/v1/run_job"


def count(variable: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= 1000:
        raise ConfigurationError(f"{variable} is {text!r}", "Use a whole number from 1 to 1000.")
    return int(text)


def timeout(variable: str, text: str) -> int:
    """Milliseconds, from `35s` or `2m`."""
    match = re.fullmatch(r"(\d{1,5})(ms|s|m)", text, re.ASCII)
    milliseconds = int(match[1]) * {"ms": 1, "s": 1000, "m": 60_000}[match[2]] if match else 0
    if not 100 <= milliseconds <= 600_000:
        raise ConfigurationError(
            f"{variable} is {text!r}", "Use a time from 100ms to 10m with its unit, like 35s."
        )
    return milliseconds


def on_timeout(variable: str, text: str) -> str:
    if text not in ("release", "detach"):
        raise ConfigurationError(f"{variable} is {text!r}", "Use release or detach.")
    return text


def on_restore(variable: str, text: str) -> str:
    if text not in ("hold", "probe", "go"):
        raise ConfigurationError(f"{variable} is {text!r}", "Use hold, probe or go.")
    return text


def transport(variable: str, text: str) -> str:
    if text not in ("auto", "pg_net", "http", "both"):
        raise ConfigurationError(f"{variable} is {text!r}", "Use auto, pg_net, http or both.")
    return text


def rescue_after(variable: str, text: str) -> str:
    """An interval as Postgres reads it, from `10m`; `0` turns the rescue off."""
    match = re.fullmatch(r"(\d{1,5})([smh]?)", text, re.ASCII)
    seconds = int(match[1]) * {"s": 1, "m": 60, "h": 3600, "": 0}[match[2]] if match else -1
    if text != "0" and not 10 <= seconds <= 86_400:
        raise ConfigurationError(
            f"{variable} is {text!r}", "Use a time from 10s to 24h with its unit, or 0 for never."
        )
    return f"{seconds} s"


def switch(variable: str, text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ConfigurationError(f"{variable} is {text!r}", "Use on or off.")
    return words[text.lower()]


def schedule_name(variable: str, text: str) -> str:
    """The name of a schedule, of which names of cron jobs and triggers are made.

    >>> schedule_name("BUNKD_SCHEDULE", " reports ")
    'reports'
    """
    name = text.strip()
    if not re.fullmatch(SCHEDULE_NAME, name, re.ASCII):
        raise ConfigurationError(
            f"{variable} is {text!r}",
            "Name a schedule with a-z, 0-9, _ and -, at most 40 characters, like reports.",
        )
    return name


def table(variable: str, text: str) -> str:
    match = re.fullmatch(rf"({_NAME}|\"[^\"\0]{{1,63}}\")(\.({_NAME}|\"[^\"\0]{{1,63}}\"))?", text)
    if not match:
        raise ConfigurationError(
            f"{variable} is {text!r}",
            'Name one table, like public.analysis_jobs or jobs."My Queue".',
        )
    # a name without a schema would depend on who asks: our functions have a search_path of their own
    return text if match[2] else f"public.{text}"


def column(variable: str, text: str) -> str:
    return _bare_name(variable, text, "column")


def require_utf8(variable: str, text: str) -> None:
    """Refuse a value of other bytes, which a database of today could not store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            f"{variable} is not valid UTF-8", "Set it again in a UTF-8 terminal."
        ) from None


def role(variable: str, text: str) -> str:
    return _bare_name(variable, text, "role")


def _bare_name(variable: str, text: str, of: str) -> str:
    if not 1 <= len(text.encode()) <= 63 or "\0" in text:
        raise ConfigurationError(f"{variable} is {text!r}", f"Give the bare name of one {of}.")
    return text


def where(variable: str, text: str) -> str:
    if ";" in text or "\0" in text or "--" in text or "/*" in text:
        raise ConfigurationError(
            f"{variable} is not one SQL condition",
            "Write it like: attempts < 5 (no ; and no comment).",
        )
    return text


def status_values(variable: str, text: str) -> tuple[str, ...]:
    values = [value.strip() for value in text.split(",")]
    if not all(0 < len(value) <= 63 for value in values) or len(values) > 20 or "\0" in text:
        raise ConfigurationError(
            f"{variable} is {text!r}", "List status values separated by commas, like queued,retry."
        )
    return tuple(dict.fromkeys(values))


def body(variable: str, text: str) -> dict[str, JSON]:
    return _object(variable, text)


def headers(variable: str, text: str) -> dict[str, str]:
    found = {}
    for name, value in _object(variable, text).items():
        header_name(variable, name)
        if not isinstance(value, str) or any(not " " <= character <= "~" for character in value):
            raise ConfigurationError(
                f"{variable}: the value of {name} is not a string of printable ASCII characters"
            )
        if name.lower() in ("authorization", "apikey"):
            raise ConfigurationError(
                f"{variable} sets {name}, which would be stored in plain text",
                "Put the credential into BUNKD_CREDENTIAL.",
            )
        found[name] = value
    return found


def header_name(variable: str, text: str) -> str:
    if not _TOKEN.fullmatch(text) or text.lower() in _RESERVED_HEADERS:
        raise ConfigurationError(f"{variable}: {text!r} cannot be set as a header")
    return text


def _object(variable: str, text: str) -> dict[str, JSON]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{variable} is not a JSON object", 'Write it like {"limit": 1}.')
    return value
