"""The table on stdout, docs/benchmark.md and docs/benchmark.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from benchmarks.result import Results, Row, Unit

HEAD = ("what", "plain recipe", "ours", "ratio", "target", "")
LEGEND = (
    "~ is extrapolated from what was measured in this run, as the notes say; all else is measured."
)

BESIDE = (
    "Beside what one would pick instead: each makes one POST a job to the same function, which does the"
    " same two statements for everybody, on the same server, one system after the other."
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


def beside(results: Results) -> list[tuple[str, ...]]:
    """The table of systems, its head first; empty where none was measured."""
    if not results.compared:
        return []
    lines = [
        (
            line.what,
            *(
                value(line.values[name], line.unit) if name in line.values else ""
                for name in results.systems
            ),
        )
        for line in results.compared
    ]
    return [("what", *results.systems), *lines]


def _columns(lines: list[tuple[str, ...]], left: tuple[int, ...]) -> list[str]:
    """Aligned, with a line below the head."""
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    table = [
        "  ".join(
            cell.ljust(width) if n in left else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return [table[0], "  ".join("-" * width for width in widths), *table[1:]]


def plain_text(header: Mapping[str, str], results: Results) -> str:
    """For a terminal: aligned columns."""
    table = _columns([HEAD, *map(cells, results.ordered)], (0, 5)) if results.rows else []
    others = _columns(lines, (0,)) if (lines := beside(results)) else []
    head = [f"{name:<8} {text}" for name, text in header.items()]
    parts = [*head, "", *table, "", LEGEND, "", *others, "", *results.notes, ""]
    return "\n".join(parts)


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
    if table := beside(results):
        lines += [BESIDE, "", "| " + " | ".join(table[0]) + " |"]
        lines += ["|---|" + "--:|" * len(results.systems)]
        lines += ["| " + " | ".join(line) + " |" for line in table[1:]]
        lines += [""]
    lines += [f"- {note}" for note in results.notes]
    for name, plan in results.plans.items():
        lines += ["", f"Counting the {name} rows:", "", "```", *plan, "```"]
    return "\n".join([*lines, ""])


def as_json(header: Mapping[str, str], results: Results) -> str:
    """Everything, samples included; times in seconds."""
    rows = [{**asdict(row), "met": row.met, "ratio": row.ratio} for row in results.ordered]
    compared = [asdict(line) for line in results.compared]
    document = {
        "header": header,
        "rows": rows,
        "compared": compared,
        "notes": results.notes,
        "plans": results.plans,
    }
    return json.dumps(document, indent=1, ensure_ascii=False, default=list) + "\n"
