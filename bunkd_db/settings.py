"""What the operator asked for: flags, then the environment, then `.env`.

What is not set here stays as the database has it, and only there are the defaults: so a deploy
never reverts what was changed live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bunkd_db import readers
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.readers import JSON

DEFAULT_SCHEDULE = "process-analysis-jobs"
MODES = ("auto", "native", "external")


@dataclass(frozen=True)
class Settings:
    """One run's settings, checked.

    Attributes:
        database_url: libpq's URL of the database, None where none is set.
        credential: sent with every call, None where none is set.
        schedule: the columns of `bunkd.schedule` that are set in this run, by column name.
        mode: `auto`, `native` or `external`; None where none is set: the last deploy's, else auto.
        reader_role: a role that may read our views, None where none is set.
        worker_role: a role that workers may connect as, None where none is set.
    """

    database_url: str | None = field(default=None, repr=False)
    credential: Credential | None = None
    schedule: Mapping[str, JSON] = field(default_factory=dict)
    mode: str | None = None
    reader_role: str | None = None
    worker_role: str | None = None

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
            worker_role=values.get("BUNKD_WORKER_ROLE"),
        )

    def as_json(self) -> dict[str, JSON]:
        """What `bunkd.provision` takes. The credential is not in it, only whether there is one."""
        return {
            "schedule": DEFAULT_SCHEDULE,
            "mode": self.mode,
            "reader_role": self.reader_role,
            "worker_role": self.worker_role,
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
        columns["url"] = readers.url("BUNKD_CALL_URL", values["BUNKD_CALL_URL"])
    elif "SUPABASE_URL" in values:
        base = readers.url("SUPABASE_URL", values["SUPABASE_URL"]).rstrip("/")
        columns["url"] = f"{base}/functions/v1/run_job"
    columns_by_variable: dict[str, tuple[str, Callable[[str, str], JSON]]] = {
        "BUNKD_EVERY": ("every", readers.every),
        "BUNKD_MAX_IN_FLIGHT": ("max_in_flight", readers.count),
        "BUNKD_JOBS_PER_CALL": ("jobs_per_call", readers.count),
        "BUNKD_CALL_TIMEOUT": ("timeout_ms", readers.timeout),
        "BUNKD_ON_TIMEOUT": ("on_timeout", readers.on_timeout),
        "BUNKD_RESCUE_AFTER": ("rescue_after", readers.rescue_after),
        "BUNKD_WAKE": ("wake", readers.switch),
        "BUNKD_QUEUE_TABLE": ("queue_table", readers.table),
        "BUNKD_QUEUE_WHERE": ("queue_where", readers.where),
        "BUNKD_STATUS_COLUMN": ("status_column", readers.column),
        "BUNKD_STATUS_WAITING": ("status_waiting", readers.words),
        "BUNKD_STATUS_ACTIVE": ("status_active", readers.words),
        "BUNKD_STATUS_DONE": ("status_done", readers.words),
        "BUNKD_STATUS_FAILED": ("status_failed", readers.words),
        "BUNKD_BODY": ("body", readers.body),
        "BUNKD_HEADERS": ("headers", readers.headers),
        "BUNKD_CREDENTIAL_HEADER": ("credential_header", readers.header_name),
    }
    for variable, (column, read) in columns_by_variable.items():
        if variable in values:
            columns[column] = read(variable, values[variable].strip())
    return columns
