"""The table on stdout, docs/benchmark.md and docs/benchmark.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from benchmarks.result import Results, Row, Unit

HEAD = ("what", "plain recipe", "ours", "ratio", "target", "")
LEGEND = (
    "~ is extrapolated from what was measured in this run, as the notes say; all else is measured."
)


def value(number: float, unit: Unit) -> str:
    """A number as people say it: 3.1 ms, 24.6 s, 6 h 40 min, 97 %."""
    if unit == "percent":
        return f"{number:.1f} %"
    if unit == "calls":
        return f"{number:,.0f}" if number == int(number) else f"{number:,.3g}"
    if abs(number) < 0.001:
        return f"{1000 * number:.2f} ms"
    if abs(number) < 1:
        return f"{1000 * number:.3g} ms"
    if number < 100:
        return f"{number:.1f} s"
    minutes = round(number / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def verdict(row: Row) -> str:
    """Met, or missed by how much."""
    if row.met is None or row.target is None:
        return ""
    if row.met:
        return "met"
    return f"missed by {value(abs(row.ours - row.target), row.unit)}"


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table; what is extrapolated carries a ~."""
    plain = "" if row.plain is None else value(row.plain, row.unit)
    mark = "~" if plain and row.plain_how == "extrapolated" else ""
    ratio = "" if row.ratio is None else f"{row.ratio:,.{0 if row.ratio >= 10 else 1}f} ×"  # noqa: RUF001
    target = "" if row.target is None else value(row.target, row.unit)
    return (
        row.what,
        mark + plain,
        value(row.ours, row.unit),
        ratio,
        f"{'≥' if row.at_least else '≤'} {target}" if target else "",
        verdict(row),
    )


def plain_text(header: Mapping[str, str], results: Results) -> str:
    """For a terminal: aligned columns."""
    lines = [HEAD, *map(cells, results.ordered)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    table = [
        "  ".join(
            cell.ljust(width) if n in (0, 5) else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    table.insert(1, "  ".join("-" * width for width in widths))
    head = [f"{name:<8} {text}" for name, text in header.items()]
    return "\n".join([*head, "", *table, "", LEGEND, *results.notes, ""])


def markdown(header: Mapping[str, str], results: Results) -> str:
    """For docs/: the same table, the notes and the plans."""
    lines = [
        "# Benchmark",
        "",
        "`make bench` wrote this: the plain recipe (pg_cron every minute, one"
        " unconditional POST) and bunkd-db, on one server with one endpoint in one run.",
        "",
    ]
    lines += [f"- {name}: {text}" for name, text in header.items()]
    lines += ["", "![Seconds, plain recipe and bunkd-db](benchmark.svg)", ""]
    lines += ["| " + " | ".join(HEAD) + " |", "|---|--:|--:|--:|--:|---|"]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in results.ordered]
    lines += ["", LEGEND, ""]
    lines += [f"- {note}" for note in results.notes]
    for name, plan in results.plans.items():
        lines += ["", f"Counting the {name} rows:", "", "```", *plan, "```"]
    return "\n".join([*lines, ""])


def as_json(header: Mapping[str, str], results: Results) -> str:
    """Everything, samples included; times in seconds."""
    rows = [{**asdict(row), "met": row.met, "ratio": row.ratio} for row in results.ordered]
    document = {"header": header, "rows": rows, "notes": results.notes, "plans": results.plans}
    return json.dumps(document, indent=1, ensure_ascii=False, default=list) + "\n"
