"""The options that stand before or after a command, each declared once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import click

_EVERYWHERE = ("database_url", "env_file", "verbose")


def require_text(parameter: click.Parameter, value: object) -> None:
    """Refuse bytes that are no UTF-8 where a text is meant; a path may have them."""
    if not isinstance(value, str) or not isinstance(parameter.type, click.types.StringParamType):
        return
    name = (
        parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    )
    try:
        value.encode()
    except UnicodeEncodeError:
        text = f"{name} is not valid UTF-8. Set it again in a UTF-8 terminal."
        raise click.UsageError(text) from None


def _remember(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep it in the root's `Options`: what stands nearer to the command is read later and wins."""
    require_text(parameter, value)
    options = context.find_root().obj
    if value and parameter.name:
        setattr(options, parameter.name, value)


def _option(*names: str, **given: Any) -> click.Option:
    return click.Option(names, expose_value=False, callback=_remember, **given)


_OPTIONS = {
    "database_url": _option(
        "--database-url", metavar="URL", help="Database URL [env: DATABASE_URL]."
    ),
    "env_file": _option(
        "--env-file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False),
        help="Read settings from FILE [default: ./.env if present].",
    ),
    "schedule": _option(
        "--schedule", metavar="NAME", help="Schedule [default: process-analysis-jobs]."
    ),
    "wait": _option(
        "--wait", metavar="TIME", help="Wait up to TIME, like 30s, for a database that starts."
    ),
    "json": _option("--json", is_flag=True, help="Print one JSON object, even on errors."),
    "verbose": _option("-v", "--verbose", is_flag=True, help="Verbose output."),
}


_EVERY_SCHEDULE = _option(
    "--schedule", metavar="NAME", help="Only this schedule [default: all schedules]."
)


class Command(click.Command):
    """A command with the shared options; `takes` names those of `schedule`, `wait` and `json` it knows.

    `every_schedule`: without the option it is about all schedules, not about the default one.
    """

    def __init__(
        self,
        *arguments: Any,
        takes: Collection[str] = (),
        every_schedule: bool = False,
        **given: Any,
    ) -> None:
        super().__init__(*arguments, **given)
        self.takes = (*_EVERYWHERE, *takes)
        options = _OPTIONS | ({"schedule": _EVERY_SCHEDULE} if every_schedule else {})
        self.params += [option for name, option in options.items() if name in self.takes]

    def invoke(self, context: click.Context) -> Any:
        for parameter in self.params:
            require_text(parameter, context.params.get(parameter.name or ""))
        for name, option in _OPTIONS.items():
            if name not in self.takes and getattr(context.obj, name):
                raise click.UsageError(f"{option.opts[0]} does not apply to {self.name}.", context)
        return super().invoke(context)


class Group(click.Group):
    """A group of such commands: before the command's name every shared option may stand."""

    command_class = Command

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.params += _OPTIONS.values()


Group.group_class = Group
