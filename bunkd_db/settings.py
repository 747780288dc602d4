"""What the operator asked for: flags, then the environment, then `.env`.

What is not set here stays as the database has it, and only there are the defaults (design
section 8): so a deploy never reverts what was changed live.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.interval import parse_every

DEFAULT_SCHEDULE = "process-analysis-jobs"
MODES = ("auto", "native", "external")
_NAME = r"[^\W\d][\w$]{0,62}"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)
_RESERVED_HEADERS = {"content-type", "content-length", "host", "x-bunkd-call", "x-bunkd-reason"}

JSON = str | int | float | bool | None | list["JSON"] | dict[str, "JSON"]


@dataclass(frozen=True)
class Settings:
    """One run's settings, checked.

    Attributes:
        database_url: libpq's URL of the database, None where none is set.
        credential: sent with every call, None where none is set.
        schedule: the columns of `bunkd.schedule` that are set in this run, by column name.
        mode: `auto`, `native` or `external`; None where none is set: the last deploy's, else auto.
        reader_role: a role that may read our views, None where none is set.
    """

    database_url: str | None = field(default=None, repr=False)
    credential: Credential | None = None
    schedule: Mapping[str, JSON] = field(default_factory=dict)
    mode: str | None = None
    reader_role: str | None = None

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str],
        *,
        database_url: str | None = None,
        env_file: Path | None = None,
    ) -> Settings:
        """Read the settings: `database_url` is the flag's, `env_file` the one that was named.

        Without `env_file` a `.env` in the current directory is read where there is one.

        Raises:
            ConfigurationError: a value cannot be used; the message names the variable.
        """
        values = {**_env_file(env_file), **{k: v for k, v in environ.items() if v.strip()}}
        if database_url is not None:
            values["DATABASE_URL"] = database_url
        mode = values["BUNKD_MODE"].strip().lower() if "BUNKD_MODE" in values else None
        if mode not in (None, *MODES):
            raise ConfigurationError(f"BUNKD_MODE is {mode!r}", f"Use one of {', '.join(MODES)}.")
        return cls(
            database_url=values.get("DATABASE_URL"),
            credential=_credential(values),
            schedule=_schedule(values),
            mode=mode,
            reader_role=values.get("BUNKD_READER_ROLE"),
        )

    def as_json(self) -> dict[str, JSON]:
        """What `bunkd.provision` takes. The credential is not in it, only whether there is one."""
        return {
            "schedule": DEFAULT_SCHEDULE,
            "mode": self.mode,
            "reader_role": self.reader_role,
            "credential_given": self.credential is not None,
            "set": dict(self.schedule),
        }


def _env_file(path: Path | None) -> dict[str, str]:
    if path is None and not Path(".env").is_file():
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path or Path(".env"), interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path or '.env'}: {error}") from error
    return {name: value for name, value in found.items() if value and value.strip()}


def _credential(values: Mapping[str, str]) -> Credential | None:
    for name in ("BUNKD_CREDENTIAL", "SUPABASE_SERVICE_ROLE_KEY"):
        if name in values:
            return Credential.parse(values[name], name)
    return None


def _schedule(values: Mapping[str, str]) -> dict[str, JSON]:
    columns: dict[str, JSON] = {}
    if "BUNKD_CALL_URL" in values:
        columns["url"] = _url("BUNKD_CALL_URL", values["BUNKD_CALL_URL"])
    elif "SUPABASE_URL" in values:
        base = _url("SUPABASE_URL", values["SUPABASE_URL"]).rstrip("/")
        columns["url"] = f"{base}/functions/v1/run_job"
    readers: dict[str, tuple[str, Callable[[str, str], JSON]]] = {
        "BUNKD_EVERY": ("every", _every),
        "BUNKD_MAX_IN_FLIGHT": ("max_in_flight", _count),
        "BUNKD_JOBS_PER_CALL": ("jobs_per_call", _count),
        "BUNKD_CALL_TIMEOUT": ("timeout_ms", _timeout),
        "BUNKD_ON_TIMEOUT": ("on_timeout", _on_timeout),
        "BUNKD_RESCUE_AFTER": ("rescue_after", _rescue_after),
        "BUNKD_WAKE": ("wake", _switch),
        "BUNKD_QUEUE_TABLE": ("queue_table", _table),
        "BUNKD_QUEUE_WHERE": ("queue_where", _where),
        "BUNKD_STATUS_COLUMN": ("status_column", _column),
        "BUNKD_STATUS_WAITING": ("status_waiting", _words),
        "BUNKD_STATUS_ACTIVE": ("status_active", _words),
        "BUNKD_STATUS_DONE": ("status_done", _words),
        "BUNKD_STATUS_FAILED": ("status_failed", _words),
        "BUNKD_BODY": ("body", _body),
        "BUNKD_HEADERS": ("headers", _headers),
        "BUNKD_CREDENTIAL_HEADER": ("credential_header", _header_name),
    }
    for variable, (column, read) in readers.items():
        if variable in values:
            columns[column] = read(variable, values[variable].strip())
    return columns


def _every(variable: str, text: str) -> str:
    try:
        return parse_every(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"{variable}: {error.args[0]}", error.remedy) from None


def _url(variable: str, text: str) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        port_is_odd = parts.port == 0
    except ValueError:
        raise ConfigurationError(f"{variable} is not a URL that can be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port_is_odd:
        raise ConfigurationError(
            f"{variable} is not an http or https URL", "Write it like https://PROJECT.supabase.co."
        )
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"{variable} carries a user or password", "Put the credential into BUNKD_CREDENTIAL."
        )
    if parts.fragment or any(not "!" <= character <= "~" for character in text):
        raise ConfigurationError(
            f"{variable} has a fragment, a space or a character that belongs percent-encoded"
        )
    return parts.scheme + text[len(parts.scheme) :]  # urlsplit has lowered it


def _count(variable: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= 1000:
        raise ConfigurationError(f"{variable} is {text!r}", "Use a whole number from 1 to 1000.")
    return int(text)


def _timeout(variable: str, text: str) -> int:
    """Milliseconds, from `35s` or `2m`."""
    match = re.fullmatch(r"(\d{1,5})(ms|s|m)", text, re.ASCII)
    milliseconds = int(match[1]) * {"ms": 1, "s": 1000, "m": 60_000}[match[2]] if match else 0
    if not 100 <= milliseconds <= 600_000:
        raise ConfigurationError(
            f"{variable} is {text!r}", "Use a time from 100ms to 10m with its unit, like 35s."
        )
    return milliseconds


def _on_timeout(variable: str, text: str) -> str:
    if text not in ("release", "detach"):
        raise ConfigurationError(f"{variable} is {text!r}", "Use release or detach.")
    return text


def _rescue_after(variable: str, text: str) -> str:
    """An interval as Postgres reads it, from `10m`; `0` turns the rescue off."""
    match = re.fullmatch(r"(\d{1,5})([smh]?)", text, re.ASCII)
    seconds = int(match[1]) * {"s": 1, "m": 60, "h": 3600, "": 0}[match[2]] if match else -1
    if text != "0" and not 10 <= seconds <= 86_400:
        raise ConfigurationError(
            f"{variable} is {text!r}", "Use a time from 10s to 24h with its unit, or 0 for never."
        )
    return f"{seconds} s"


def _switch(variable: str, text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ConfigurationError(f"{variable} is {text!r}", "Use on or off.")
    return words[text.lower()]


def _table(variable: str, text: str) -> str:
    match = re.fullmatch(rf"({_NAME}|\"[^\"\0]{{1,63}}\")(\.({_NAME}|\"[^\"\0]{{1,63}}\"))?", text)
    if not match:
        raise ConfigurationError(
            f"{variable} is {text!r}",
            'Name one table, like public.analysis_jobs or jobs."My Queue".',
        )
    # a name without a schema would depend on who asks: our functions have a search_path of their own
    return text if match[2] else f"public.{text}"


def _column(variable: str, text: str) -> str:
    if not 1 <= len(text.encode()) <= 63 or "\0" in text:
        raise ConfigurationError(f"{variable} is {text!r}", "Give the bare name of one column.")
    return text


def _where(variable: str, text: str) -> str:
    if ";" in text or "\0" in text or "--" in text or "/*" in text:
        raise ConfigurationError(
            f"{variable} is not one SQL condition",
            "Write it like: attempts < 5 (no ; and no comment).",
        )
    return text


def _words(variable: str, text: str) -> list[JSON]:
    words = [word.strip() for word in text.split(",")]
    if not all(0 < len(word) <= 63 for word in words) or len(words) > 20 or "\0" in text:
        raise ConfigurationError(
            f"{variable} is {text!r}", "List status words with commas: queued,retry."
        )
    return list(dict.fromkeys(words))


def _object(variable: str, text: str) -> dict[str, JSON]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{variable} is not a JSON object", 'Write it like {"limit": 1}.')
    return value


def _body(variable: str, text: str) -> dict[str, JSON]:
    return _object(variable, text)


def _headers(variable: str, text: str) -> dict[str, JSON]:
    headers = _object(variable, text)
    for name, value in headers.items():
        _header_name(variable, name)
        if not isinstance(value, str) or any(not " " <= character <= "~" for character in value):
            raise ConfigurationError(
                f"{variable}: the value of {name} is not plain text without line breaks"
            )
        if name.lower() in ("authorization", "apikey"):
            raise ConfigurationError(
                f"{variable} names {name}: it would be stored in the clear",
                "Put the credential into BUNKD_CREDENTIAL.",
            )
    return headers


def _header_name(variable: str, text: str) -> str:
    if not _TOKEN.fullmatch(text) or text.lower() in _RESERVED_HEADERS:
        raise ConfigurationError(f"{variable}: {text!r} is not a header that can be set")
    return text
