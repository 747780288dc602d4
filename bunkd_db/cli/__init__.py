"""The command line. Only click is imported here and beside: everything heavy waits for its command."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from contextlib import suppress

import click

from bunkd_db.cli.alert import alert
from bunkd_db.cli.call import call
from bunkd_db.cli.check import check
from bunkd_db.cli.context import RootGroup, interrupted_as_json, usage_as_json, wants_json
from bunkd_db.cli.credential import credential
from bunkd_db.cli.explain import explain
from bunkd_db.cli.external import external
from bunkd_db.cli.history import history
from bunkd_db.cli.schedule import schedule
from bunkd_db.cli.smoke import smoke
from bunkd_db.cli.status import status
from bunkd_db.cli.upgrade import downgrade, upgrade
from bunkd_db.cli.worker import worker
from bunkd_db.errors import Terminated, exit_code_of
from bunkd_db.version import __version__

# what is imported stays: to look through it again and again is a tenth of the time
_COLLECT_EVERY = 50_000


@click.group(
    cls=RootGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 success, 1 the answer is no, 2 usage or configuration error, 3 the database"
    " could not be asked.",
)
@click.version_option(__version__, prog_name="bunkd-db")
def root() -> None:
    """Postgres calls your job function itself.

    bunkd-db sets up pg_cron and pg_net, or pgsql-http, to make the calls, and checks whether your
    database plan allows it.

    \b
    Example:
      export DATABASE_URL=postgresql://postgres:…@db.example.com:5432/postgres
      bunkd-db check
      bunkd-db upgrade
    """


for command in (
    check,
    upgrade,
    downgrade,
    status,
    explain,
    schedule,
    history,
    call,
    smoke,
    credential,
    alert,
    external,
    worker,
):
    root.add_command(command)


def main() -> None:
    """Run, and end with an exit code that means something: never with a traceback."""
    gc.set_threshold(_COLLECT_EVERY)
    _open_streams()
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, _terminate)
    try:
        code = root.main(prog_name="bunkd-db", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        if wants_json(sys.argv[1:]):
            click.echo(usage_as_json(error))
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        code = _interrupted(_interrupt_in(error) or error)
    except OSError as error:
        interrupt = _interrupt_in(error)  # whose own words could not be written
        code = _interrupted(interrupt) if interrupt else _unwritten(error)
    _flush()
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt_in(error: BaseException) -> KeyboardInterrupt | None:
    """Return the signal that led to an error: click puts one of its own in its place, and writes a line before."""
    found: BaseException | None = error
    while found:
        if isinstance(found, KeyboardInterrupt):
            return found
        found = found.__cause__ or found.__context__
    return None


def _interrupted(interrupt: BaseException) -> int:
    code = exit_code_of(interrupt)
    with suppress(OSError):  # the terminal has gone, too
        if wants_json(sys.argv[1:]):
            click.echo(interrupted_as_json(code))
        click.echo("Interrupted.", err=True)
    return code


def _unwritten(error: OSError) -> int:
    _say_no_more()
    if isinstance(error, BrokenPipeError):  # the reader went away (| head)
        return 141
    with suppress(OSError):
        click.echo(f"Error: cannot write the output: {error.strerror}", err=True)
    return 3


def _terminate(number: int, _: object) -> None:
    if number == signal.SIGHUP:  # the shell sends another one, which must not end what is put back
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise Terminated(number)


def _open_streams() -> None:
    """Put something in the place of a standard stream that the caller has closed (`<&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale without our characters


def _say_no_more() -> None:
    """Drop whatever is still to be written to standard output, what the exit flushes included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush() -> None:
    """Drop what nobody takes any more: at the exit it would change the code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
