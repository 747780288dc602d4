"""The screen of `smoke`: a line a step as it happens, then how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bunkd_db.cli import output
from bunkd_db.printable import printable
from bunkd_db.smoke.conclusion import Conclusion
from bunkd_db.smoke.step import Kind
from bunkd_db.status.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bunkd_db.smoke import Smoked, Step, Verdict

_INDENT = " " * output.LABEL
_COLOURS = {Kind.DONE: "green", Kind.FAILED: "red", Kind.RESCUED: "red", Kind.TIMEOUT: "red"}
_FINDINGS = {
    Conclusion.GOES_ON: ("green", "detach", "the function goes on when its connection ends"),
    Conclusion.ENDS: ("green", "release", "the function ends with its connection"),
    Conclusion.UNKNOWN: ("red", "not known", "nothing was learned"),
}


def show_step(step: Step) -> None:
    """Write one step: when it happened, and how long after the one before."""
    word = click.style(f"{step.kind:<{output.LABEL - 1}} ", fg=_COLOURS.get(step.kind))
    parts = [] if step.kind is Kind.QUEUED else [f"+{duration(step.took)}"]
    if step.about:
        parts.append(printable(step.about))
    output.say((word + "  ".join(parts)).rstrip())


def show_end(smoked: Smoked) -> None:
    """Write how it ended, and what to do where it did not end well."""
    if smoked.completed:
        label = click.style(f"{'passed':<{output.LABEL}}", fg="green", bold=True)
        output.say(f"{label}the job was completed in {duration(smoked.steps[-1].seconds)}")
        return
    label = click.style(f"{'failed':<{output.LABEL}}", fg="red", bold=True)
    code = f" ({smoked.code})" if smoked.code else ""
    text = output.paragraph(printable(f"{smoked.why}{code}"), _INDENT, _INDENT)
    output.say(f"{label}{text.lstrip()}")
    _remedy(smoked.remedy, smoked.commands)


def show_verdict(verdict: Verdict) -> None:
    """Write what a closed connection has shown, and what on_timeout is now."""
    colour, word, finding = _FINDINGS[verdict.conclusion]
    label = click.style(f"{word:<{output.LABEL}}", fg=colour, bold=True)
    text = output.paragraph(printable(f"{finding}: {verdict.why}"), _INDENT, _INDENT)
    output.say(f"{label}{text.lstrip()}")
    if verdict.setting:
        output.say(output.labelled("", _setting(verdict)))
        if not verdict.applied and verdict.setting != verdict.before:
            output.say(output.paragraph("-> Set it:", _INDENT, _INDENT + "   "))
            output.commands([_command(verdict)], _INDENT + "   ")
    _remedy(verdict.remedy, verdict.commands)


def _setting(verdict: Verdict) -> str:
    if verdict.applied:
        return f"on_timeout was {verdict.before}, and is {verdict.setting} now; deploys keep it"
    if verdict.setting == verdict.before:
        return f"on_timeout is {verdict.before}, which is right"
    return f"on_timeout is {verdict.before}, but {verdict.setting} is right"


def _command(verdict: Verdict) -> str:
    return f"bunkd-db schedule set --on-timeout {verdict.setting} --schedule {verdict.schedule}"


def _remedy(remedy: str, commands: Iterable[str]) -> None:
    if remedy:
        output.say(output.paragraph(f"-> {printable(remedy)}", _INDENT, _INDENT + "   "))
        output.commands(commands, _INDENT + "   ")
