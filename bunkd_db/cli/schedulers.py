"""The external schedulers on the screen, for `check` and `external list`."""

from __future__ import annotations

from collections.abc import Sequence

from bunkd_db.cli import output
from bunkd_db.external.about import interval, words
from bunkd_db.external.option import Option

FASTEST = "Fastest option: bunkd-db worker (a process of your own, woken by each new job)"
_HEADINGS = {
    True: "External schedulers that keep {every}:",
    None: "Not confirmed for {every}:",
    False: "Too slow for {every}:",
}
_COSTS = {
    "free": "free",
    "included": "no extra cost",
    "usage": "pay per use",
    "paid": "on a paid plan",
}
_COLUMNS = 100
_ANSWERS = {True: "yes", None: "not confirmed", False: "no"}


def show(
    options: Sequence[Option], every: str, *, notes: bool = True, details: bool = False
) -> None:
    """Write them in their order, below a heading for each answer to whether they keep the interval."""
    wide = max((len(option.name) for option in options), default=0)
    groups = {
        heading: [option for option in options if option.meets(every) is answer]
        for answer, heading in _HEADINGS.items()
    }
    written = False
    for heading, group in groups.items():
        if group:
            output.say(("\n" if written else "") + heading.format(every=every))
            written = True
        for option in group:
            _option(option, wide, notes, details)


def columns(options: Sequence[Option], every: str) -> list[str]:
    """Return a line for each below one with the names of the columns, as a pipe gets them."""
    rows = [("NAME", "KEEPS", "INTERVAL", "COST", "TIMEOUT", "OVERLAP")]
    rows += [
        (
            option.name,
            _ANSWERS[option.meets(every)],
            interval(option),
            _COSTS[option.cost],
            f"{option.timeout_seconds} s" if option.timeout_seconds else "-",
            "prevented" if option.prevents_overlap else "possible",
        )
        for option in options
    ]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{text:<{size}}" for text, size in zip(row, wide, strict=True)).rstrip()
        for row in rows
    ]


def _option(option: Option, wide: int, notes: bool, details: bool) -> None:
    indent = " " * (wide + 12)
    keeps = "?" if option.interval_seconds is None else words(option.interval_seconds)
    overlaps = "" if option.prevents_overlap else "; calls can overlap"
    about = [f"{option.title} ({_COSTS[option.cost]}{overlaps})."]
    if notes:
        about += [option.note, option.warning]
    lead = f"  {option.name:<{wide}}  {keeps:>6}  "
    most = _COLUMNS if details else 0
    text = output.paragraph(" ".join(filter(None, about)), indent, indent, most)
    output.say(lead + text[len(indent) :])
    if details:
        for label, detail in (
            ("overlap", option.overlap),
            ("timeout", _timeout(option)),
            ("credential", option.secret),
            ("failure", option.failure),
        ):
            output.say(output.paragraph(f"{label}: {detail}", indent, indent + "  ", most))


def _timeout(option: Option) -> str:
    return (
        f"{option.timeout_seconds} s at most" if option.timeout_seconds else "no documented limit"
    )
