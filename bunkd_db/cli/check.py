"""`bunkd-db check`."""

from __future__ import annotations

import click

from bunkd_db.cli.context import Options
from bunkd_db.cli.shared import Command
from bunkd_db.printable import in_github_actions


@click.command(cls=Command, takes=("schedule", "wait", "json"))
@click.option(
    "--cron",
    is_flag=True,
    help="Look at every cron job that makes an HTTP call, whoever made it, instead.",
)
@click.option("--probe", is_flag=True, help="Send one real call and wait for its answer.")
@click.option(
    "--expect",
    type=click.Choice(["native", "external"]),
    help="The answer that exits 0; external is also one that BUNKD_MODE=external chose"
    " [default: native].",
)
@click.option(
    "--require-active",
    is_flag=True,
    help="Deploy gate: exit 1 unless calls are being made, or would be for a job queued now; with"
    " --probe, also if the call fails.",
)
@click.pass_context
def check(
    context: click.Context, cron: bool, probe: bool, expect: str | None, require_active: bool
) -> None:
    """Check if this database can make the calls.

    Also says what is wrong and how to fix it. Read-only (except --probe); works for any role, before
    anything is installed, on a standby and through a pooler. Exit codes: 0 the verdict is native (or
    what --expect names), 1 it is not, or --require-active says no, 2 a setting cannot be used, 3 the
    database could not be asked, or could not say whether calls are being made. With --cron: 1 a job
    fails or a key can be read.

    \b
    Example:
      bunkd-db check
      bunkd-db check -v --probe
      bunkd-db check --json --expect external --require-active
      bunkd-db check --schedule reports
      bunkd-db check --cron
    """
    options: Options = context.obj
    if cron:
        _refuse_beside_cron(context, options)
        _check_cron(options)
        return
    import json

    from bunkd_db import capabilities
    from bunkd_db.cli import output
    from bunkd_db.cli import report as screen
    from bunkd_db.cli.gate import PASSED, gate_of, meets

    report = capabilities.examine(options.settings(), probe=probe)
    met = meets(report, expect)
    gate = gate_of(report, expect) if require_active and met else PASSED
    if options.json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        screen.show(report, verbose=options.verbose, gated=bool(gate.reasons))
        for reason in gate.reasons:
            output.say(output.paragraph(reason.text))
            output.commands(reason.commands, "   ")
        if not met and expect == "external":
            output.say(
                "Expected external, but this database can make the calls itself. To choose it:"
            )
            output.commands(["BUNKD_MODE=external bunkd-db upgrade"], "   ")
    if in_github_actions():
        screen.annotate(report)
    if not met:
        raise click.exceptions.Exit(1)
    if gate.code:
        raise click.exceptions.Exit(gate.code)


def _refuse_beside_cron(context: click.Context, options: Options) -> None:
    """Refuse what asks about one schedule: `--cron` is about every job."""
    default = click.core.ParameterSource.DEFAULT
    given = [
        f"--{name.replace('_', '-')}"
        for name in ("probe", "expect", "require_active")
        if context.get_parameter_source(name) is not default
    ]
    given += ["--schedule"] if options.schedule else []
    if given:
        raise click.UsageError(f"{given[0]} cannot be combined with --cron.", context)


def _check_cron(options: Options) -> None:
    import json

    from bunkd_db.capabilities.cron.examine import examine_cron
    from bunkd_db.cli import cron as screen

    report = examine_cron(options.settings())
    if options.json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        screen.show(report)
    if in_github_actions():
        screen.annotate(report)
    if report.failed:
        raise click.exceptions.Exit(1)
