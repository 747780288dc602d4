"""What all commands share: the root options, the settings, and how an error is shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from bunkd_db.errors import BunkdError

if TYPE_CHECKING:
    from bunkd_db.settings import Settings

Decorated = TypeVar("Decorated", bound=Callable[..., object] | click.Command)


@dataclass
class Options:
    """The options before the command."""

    database_url: str | None = None
    env_file: str | None = None
    verbose: bool = False

    def settings(self) -> Settings:
        """Read the settings. Raises ConfigurationError where one cannot be used."""
        import os
        from pathlib import Path

        from bunkd_db.settings import Settings

        return Settings.load(
            os.environ,
            database_url=self.database_url,
            env_file=Path(self.env_file) if self.env_file else None,
        )


def verbose_option(function: Decorated) -> Decorated:
    """Accept `-v` here too: it may stand before and after the command."""

    def remember(context: click.Context, _: click.Parameter, value: bool) -> None:
        options = context.find_root().ensure_object(Options)
        options.verbose = options.verbose or value

    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Say more: all checks, the cause of an error.",
    )(function)


class Defect(BunkdError):
    """Something that should not happen did; the answer could not be had."""

    exit_code = 3


class RootGroup(click.Group):
    """The root: turns our errors into click's, and anything unforeseen into one line."""

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
                "This is a defect of bunkd-db. Run it again with -v and report what it prints.",
            )
            failure.__cause__ = error
        if options.verbose:
            click.echo("".join(traceback.format_exception(failure)).rstrip(), err=True)
        click.echo(f"{click.style('Error:', fg='red')} {failure}", err=True)
        raise click.exceptions.Exit(failure.exit_code)
