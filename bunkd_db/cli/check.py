"""`bunkd-db check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bunkd_db.cli.context import Options, verbose_option

if TYPE_CHECKING:
    from bunkd_db.capabilities.report import Report


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, also when it cannot ask.")
@click.option("--probe", is_flag=True, help="Send one real call and wait for its answer.")
@click.option(
    "--expect",
    type=click.Choice(["native", "external"]),
    default="native",
    show_default=True,
    help="Which verdict ends with exit code 0.",
)
@click.option(
    "--require-active",
    is_flag=True,
    help="Exit 1 unless the calls are being made, and a --probe succeeds: the deploy gate.",
)
@verbose_option
@click.pass_obj
def check(options: Options, as_json: bool, probe: bool, expect: str, require_active: bool) -> None:
    """Say whether this database can make the calls itself, and what is not well.

    Reads only (but for --probe), needs no privilege, and works before anything is installed, on a
    standby and through a pooler. Exit codes: 0 the verdict is native (or the one that --expect
    names), 1 it is not, 2 a setting cannot be used, 3 the database could not be asked.

    \b
    Example:
      bunkd-db check
      bunkd-db check -v --probe
      bunkd-db check --json --expect external --require-active
    """
    import json

    from bunkd_db import capabilities
    from bunkd_db.cli import output
    from bunkd_db.cli import report as screen
    from bunkd_db.errors import BunkdError

    try:
        report = capabilities.examine(options.settings(), probe=probe)
    except BunkdError as error:
        if as_json:
            failed = {"error": error.args[0], "remedy": error.remedy, "exit_code": error.exit_code}
            click.echo(json.dumps(failed, indent=2))
        raise
    gate = _gate(report, expect, require_active)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        screen.show(report, verbose=options.verbose)
        if gate:
            output.say(output.paragraph(gate))
        if report.verdict != expect == "external":
            output.say("Not what was expected: --expect external.")
    if output.in_github_actions():
        screen.annotate(report)
    if gate or report.verdict != expect:
        raise click.exceptions.Exit(1)


def _gate(report: Report, expect: str, require_active: bool) -> str:
    """Return why --require-active says no, empty where it does not."""
    if not require_active or report.verdict != expect:
        return ""
    if any(check.name == "probe" and check.status == "fail" for check in report.checks):
        return "Not active: the probe failed."
    if report.verdict == "native":
        return "" if report.active else "Not active: this database does not make the calls yet."
    if report.workers or report.moving:
        return ""
    return "Not active: " + (
        "there is no worker, and the queue cannot be read."
        if report.moving is None
        else "there is no worker, and what waits is not worked off."
    )
