"""What all commands share: the options, the settings, and how an error is shown."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output
from bunkd_db.cli.shared import Group
from bunkd_db.errors import BunkdError, Interrupted, NotPossible, PermissionMissing

if TYPE_CHECKING:
    from bunkd_db.settings import Settings


@dataclass
class Options:
    """The shared options, wherever they stood."""

    database_url: str | None = None
    env_file: str | None = None
    schedule: str | None = None
    wait: str | None = None
    json: bool = False
    verbose: bool = False

    def settings(self) -> Settings:
        """Read the settings; what is set is meant for the schedule that BUNKD_SCHEDULE names, not for another.

        Raises:
            ConfigurationError: one cannot be used.
        """
        settings = self.load()
        return settings.about(self.schedule) if self.schedule else settings

    def load(self, schedule: str | None = None, *, config: bool = False) -> Settings:
        """Read the settings as they are set, for `schedule` where one is named; with `config` bunkd.toml, too.

        Raises ConfigurationError as `settings` does.
        """
        import os
        from pathlib import Path

        from bunkd_db.settings import Settings

        settings = Settings.load(
            os.environ,
            database_url=self.database_url,
            env_file=Path(self.env_file) if self.env_file else None,
            schedule=schedule,
            config=config,
        )
        for warning in settings.warnings:
            output.say(f"{click.style('Warning:', fg='yellow')} {warning}", err=True)
        if self.verbose and settings.database_url:
            from bunkd_db.database.url import foreign_parameters

            if left_out := foreign_parameters(settings.database_url):
                names = ", ".join(left_out)
                click.echo(
                    f"Ignored in DATABASE_URL, as a setting of other tools: {names}", err=True
                )
        if self.wait:
            self._wait_for(settings.database_url, self.wait)
        return settings

    @staticmethod
    def _wait_for(url: str | None, time: str) -> None:
        from bunkd_db import database
        from bunkd_db.settings.parse import timeout

        seconds = timeout("--wait", time) / 1000
        database.wait_for(url, seconds, lambda line: output.tell(line, err=True))


class Defect(BunkdError):
    """Something that should not happen did; the answer could not be had."""

    exit_code = 3


class RootGroup(Group):
    """The root: turns our errors into click's, and anything unforeseen into one line."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        context.ensure_object(Options)
        return super().parse_args(context, args)

    def invoke(self, context: click.Context) -> object:
        options = context.ensure_object(Options)
        try:
            return super().invoke(context)
        except BunkdError as error:
            failure = error
        except BrokenPipeError:
            raise click.exceptions.Exit(141) from None  # click would make it 1: the answer is no
        except (click.ClickException, click.Abort, click.exceptions.Exit, OSError):
            raise
        except Exception as error:  # noqa: BLE001 -- a defect of ours: still no traceback
            failure = Defect(
                f"internal error: {type(error).__name__}: {error}",
                "This is a bug in bunkd-db. Run it again with -v and report what it prints.",
            )
            failure.__cause__ = error
        if options.json:
            click.echo(_as_json(failure))
        if options.verbose:
            _explain(failure)
        # who interrupts it can be a terminal that goes away
        with suppress(OSError) if isinstance(failure, Interrupted) else nullcontext():
            output.fail(failure)
        raise click.exceptions.Exit(failure.exit_code)


def _explain(failure: BunkdError) -> None:
    """Write the traceback; of a refusal, which is an answer, only what the database said."""
    cause = failure.__cause__
    if not isinstance(failure, (NotPossible, PermissionMissing)):
        output.say("".join(traceback.format_exception(failure)).rstrip(), err=True)
    elif cause and str(cause).strip() and str(cause) != failure.args[0]:
        output.say(f"Cause: {type(cause).__name__}: {str(cause).strip()}", err=True)


def wants_json(arguments: list[str]) -> bool:
    """Whether one JSON object is promised, by arguments that could not be read to their end."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    given = " ".join(options).replace("--format=", "--format ")
    return "--json" in options or "--format json" in given


def usage_as_json(error: click.ClickException) -> str:
    """Return a usage error as `--json` has errors."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    text = error.format_message()
    if context and text == context.get_help():  # a command is missing: its help is no sentence
        text = "no command was given"
    command = context.command_path if context else "bunkd-db"
    return _shown(text, "Run:", (f"{command} --help",), error.exit_code)


def interrupted_as_json(exit_code: int) -> str:
    """Return the end of a command that a signal ended, as `--json` has errors."""
    return _shown("interrupted", "", (), exit_code)


def _as_json(error: BunkdError) -> str:
    return _shown(error.args[0], error.remedy, error.commands, error.exit_code)


def _shown(error: str, remedy: str, commands: Sequence[str], exit_code: int) -> str:
    import json

    shown = {"error": error, "remedy": remedy, "commands": list(commands), "exit_code": exit_code}
    return json.dumps(shown, indent=2)
