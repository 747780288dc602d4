"""One run's settings, from wherever they are set.

What is not set here stays as the database has it: so a deploy never reverts what was changed live.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import defaults, names, parse
from bunkd_db.settings.parse import JSON
from bunkd_db.settings.schedule import ScheduleSettings
from bunkd_db.version import __version__

if TYPE_CHECKING:
    from bunkd_db.settings.declared import Declared

MODES = ("auto", "native", "external")
# in SQL quotes mean something
_SQL = ("BUNKD_QUEUE_TABLE", "BUNKD_QUEUE_WHERE")
_LONGEST = 65_536  # bytes of a setting that a file has
# where it is not set, another variable is taken
_WITH_SECOND = ("BUNKD_CREDENTIAL", "BUNKD_ANON_KEY")
_DATABASE = ("DATABASE_URL", "DATABASE_URL_FILE")
_ANOTHER = ".env is not read: it names another database. To read it: --env-file .env"


@dataclass(frozen=True)
class Settings:
    """One run's settings, checked.

    Attributes:
        database_url: libpq's URL of the database, None where none is set.
        credential: sent with every call, None where none is set.
        alert_webhook: where alerts go, None where none is set; its path is a secret.
        heartbeat_url: what is pinged while the queue moves, None where none is set; likewise.
        schedule_name: which schedule this run, and its variables, are about.
        schedule: the columns of `bunkd.schedule`, as far as they are set in this run.
        mode: `auto`, `native` or `external`; None where none is set: the last deploy's, else auto.
        reader_role: a role that may read our views, None where none is set.
        worker_role: a role that workers may connect as, None where none is set.
        app_url: the Supabase project, whose functions a test asks; None where it is not set.
        anon_key: the public key that they are asked with, None where none is set.
        declared: what bunkd.toml declares, None where none was read.
        named: the schedule was named, by BUNKD_SCHEDULE or a flag.
        url_of_project: the url is made of SUPABASE_URL, which gives way to one that the file declares.
        warnings: what is odd about the names of the variables, a sentence each; never a value.
    """

    database_url: str | None = field(default=None, repr=False)
    credential: Credential | None = None
    alert_webhook: Credential | None = None
    heartbeat_url: Credential | None = None
    schedule_name: str = defaults.SCHEDULE
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    mode: str | None = None
    reader_role: str | None = None
    worker_role: str | None = None
    app_url: str | None = None
    anon_key: Credential | None = None
    declared: Declared | None = None
    named: bool = False
    url_of_project: bool = False
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str],
        *,
        database_url: str | None = None,
        env_file: Path | None = None,
        read_env_file: bool = True,
        schedule: str | None = None,
        config: bool | Path = False,
    ) -> Settings:
        """Read the settings: `database_url` is the flag's, `env_file` the one that was named.

        Without `env_file` a `.env` in the current directory is read where there is one, but not if
        it names another database than the one that is named otherwise. An empty variable of the
        environment is not set, and hides the file's. `schedule` is the flag's; else BUNKD_SCHEDULE
        names it. `config` is the file that declares schedules, True where it is to be looked for.

        Raises:
            ConfigurationError: a value cannot be used; the message names the variable.
        """
        origins: dict[str, str] = {}
        given = _with_files(environ, () if database_url is None else ("DATABASE_URL",), origins)
        hidden = {*environ, *given}
        found = _env_file(env_file) if read_env_file else {}
        # first what names the database: where it is another, no other file is read
        file = _with_files({k: v for k, v in found.items() if k in _DATABASE}, hidden, origins)
        url = parse.unquoted(database_url or given.get("DATABASE_URL", "")).strip()
        named = file.get("DATABASE_URL", "").strip() if env_file is None else ""
        another = url and named and named != url
        if another:  # its url and credential are of that database's functions
            file = {}
        else:
            rest = {k: v for k, v in found.items() if k not in _DATABASE}
            file |= _with_files(rest, hidden, origins)
        merged = {**file, **given}
        values = {name: value for name, value in merged.items() if value.strip()}
        if database_url is not None:
            values["DATABASE_URL"] = parse.unquoted(database_url)
        for name, value in values.items():
            if name.startswith(("BUNKD_", "SUPABASE_", "DATABASE_URL")):
                parse.require_utf8(name, value)
        mode = values["BUNKD_MODE"].strip().lower() if "BUNKD_MODE" in values else None
        if mode not in (None, *MODES):
            raise ConfigurationError(f"BUNKD_MODE is {mode!r}", f"Use one of {', '.join(MODES)}.")
        about = _schedule_name(schedule, values)
        declared = _declared(values, None if config is True else config) if config else None
        return cls(
            database_url=values.get("DATABASE_URL"),
            credential=_credential(
                values, origins, "BUNKD_CREDENTIAL", "SUPABASE_SERVICE_ROLE_KEY"
            ),
            alert_webhook=_secret_url(values, "BUNKD_ALERT_WEBHOOK"),
            heartbeat_url=_secret_url(values, "BUNKD_HEARTBEAT_URL"),
            schedule_name=about or defaults.SCHEDULE,
            schedule=ScheduleSettings.of(values),
            declared=declared,
            named=about is not None,
            url_of_project="SUPABASE_URL" in values and "BUNKD_CALL_URL" not in values,
            mode=mode,
            reader_role=values.get("BUNKD_READER_ROLE"),
            worker_role=values.get("BUNKD_WORKER_ROLE"),
            app_url=parse.url("SUPABASE_URL", values["SUPABASE_URL"])
            if "SUPABASE_URL" in values
            else None,
            anon_key=_credential(values, origins, "BUNKD_ANON_KEY", "SUPABASE_ANON_KEY"),
            warnings=(
                *names.warnings(merged),
                *((_ANOTHER,) if another else ()),
                *(_mixed(file, given) if url and not named and env_file is None else ()),
            ),
        )

    def about(self, schedule: str) -> Settings:
        """For another schedule: what is set in this run is meant for the one that it is about.

        >>> Settings(schedule=ScheduleSettings(every="5m")).about("reports").schedule.as_json()
        {}
        """
        if schedule == self.schedule_name:
            return self
        return replace(self, schedule_name=schedule, schedule=ScheduleSettings())

    @property
    def others(self) -> list[Settings]:
        """Of each further schedule that the file declares: no variable is about it but the mode of a run for all."""
        names = sorted(self.declared.schedules) if self.declared else []
        return [
            Settings(
                schedule_name=name, declared=self.declared, mode=None if self.named else self.mode
            )
            for name in names
            if name != self.schedule_name
        ]

    @property
    def is_left_out(self) -> bool:
        """Whether a file declares schedules, and this run's is none of them, nor was it named."""
        return self.declared is not None and not self.named and not self.is_declared

    @property
    def is_declared(self) -> bool:
        """Whether the file declares the schedule that this run is about."""
        return self.declared is not None and self.schedule_name in self.declared.schedules

    def without_own(self) -> Settings:
        """About a schedule that the file declares, where nobody has named another one."""
        assert self.declared is not None
        return replace(
            self,
            schedule_name=max(self.declared.schedules),
            schedule=ScheduleSettings(),
            credential=None,
            alert_webhook=None,
            heartbeat_url=None,
        )

    def as_json(self, *, more: bool = False) -> dict[str, JSON]:
        """What `bunkd.provision` takes. The credential is not in it, only whether there is one.

        `more`: another schedule of the same run follows.
        """
        given = self.schedule
        file: dict[str, JSON] = {}
        if self.declared:
            file = {"more": True} if more else {"declared": [*sorted(self.declared.schedules)]}
            if own := self.declared.schedules.get(self.schedule_name):
                file |= {"by": "file", "file_set": own.as_json()}
                if own.url and self.url_of_project:
                    given = replace(given, url=None)
        return {
            "schedule": self.schedule_name,
            "by": None if self.schedule_name == defaults.SCHEDULE else "name",
            "mode": self.mode,
            "reader_role": self.reader_role,
            "worker_role": self.worker_role,
            "credential_given": self.credential is not None,
            "set": given.as_json(),
            "version": __version__,
            "named": self.named,
            **file,
        }


def _schedule_name(given: str | None, values: Mapping[str, str]) -> str | None:
    if given is not None:
        return parse.schedule_name("--schedule", given)
    if "BUNKD_SCHEDULE" in values:
        return parse.schedule_name("BUNKD_SCHEDULE", values["BUNKD_SCHEDULE"])
    return None


def _declared(values: Mapping[str, str], named: Path | None) -> Declared | None:
    from bunkd_db.settings.declared import find  # only upgrades read it

    return find(values, named)


def _mixed(file: Mapping[str, str], given: Collection[str]) -> Iterator[str]:
    """Say what a .env without a database adds to a run whose database is named otherwise."""
    shown = [
        name
        for name, value in sorted(file.items())
        if value.strip()
        and name not in given
        and (name in names.OURS or name.startswith("SUPABASE_"))
    ]
    if shown:
        yield f"Read from .env, which names no database: {', '.join(shown)}."


def _env_file(path: Path | None) -> dict[str, str]:
    if path is None and not os.path.isfile(".env"):  # Path.is_file raises where the folder is shut
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path or Path(".env"), interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path or '.env'}: {error}") from error
    return {name: value or "" for name, value in found.items()}


def _with_files(
    found: Mapping[str, str], skip: Collection[str], origins: dict[str, str]
) -> dict[str, str]:
    """Take quotes off, and read what NAME_FILE names, as Docker mounts secrets, but what `skip` has.

    `origins` gets NAME_FILE by NAME.
    """
    values = {k: v if k in _SQL else parse.unquoted(v) for k, v in found.items()}
    for file in sorted(values.keys() & names.FILES):
        name, path = file.removesuffix("_FILE"), values.pop(file).strip()
        if values.get(name, "").strip() and path:
            raise ConfigurationError(f"{name} and {file} are both set", "Set one of them.")
        if path and name not in skip and file not in skip:
            text, origins[name] = _content(file, path), file
            value = text if name in _SQL else parse.unquoted(text)
            if not value.strip() and name in _WITH_SECOND:
                raise ConfigurationError(
                    f"the file that {file} names is empty",
                    f"Write the value into it, or unset {file}.",
                )
            values[name] = value
    return values


def _content(variable: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise ConfigurationError(
                f"the file that {variable} names is longer than {_LONGEST} bytes",
                "Name the file that has the value, and nothing else.",
            )
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"the file that {variable} names is not valid UTF-8", "Save it as plain text in UTF-8."
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is not valid"
        raise ConfigurationError(
            f"cannot read {variable}: {why}", "Name a file that this user can read."
        ) from None


def _credential(
    values: Mapping[str, str], origins: Mapping[str, str], *variables: str
) -> Credential | None:
    for name in variables:
        if name in values:
            return Credential.parse(values[name], origins.get(name, name))
    return None


def _secret_url(values: Mapping[str, str], name: str) -> Credential | None:
    return parse.secret_url(name, values[name]) if name in values else None
