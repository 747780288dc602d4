"""One small chart: the plain recipe's times and ours on a logarithmic axis, as SVG by hand."""

import math
from collections.abc import Callable
from html import escape

from benchmarks.report import value
from benchmarks.result import Results, Row

WIDTH, LEFT, RIGHT, TOP, GROUP, BAR = 772, 264, 92, 62, 50, 15
TICKS = (
    (0.001, "1 ms"),
    (0.01, "10 ms"),
    (0.1, "0.1 s"),
    (1.0, "1 s"),
    (10.0, "10 s"),
    (60.0, "1 min"),
    (600.0, "10 min"),
    (3600.0, "1 h"),
    (36000.0, "10 h"),
)
SHOWN = (
    "pickup_idle_p50",
    "pickup_paced_p50",
    "pickup_behind_release_p95",
    "pickup_behind_detach_p95",
    "drain_short",
    "drain_slow",
)
STYLE = """
.ground { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif }
.title { font-weight: 600; font-size: 14px } .soft { fill: #59636e } .grid { stroke: #d0d7de }
.plain { fill: #9aa4af } .ours { fill: #1a7f5a }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; stroke: #30363d } text { fill: #f0f6fc } .soft { fill: #9198a1 }
  .grid { stroke: #30363d } .plain { fill: #6b7480 } .ours { fill: #3fb98a }
}
"""


def draw(results: Results, subtitle: str) -> str:
    """The chart's text; bars whose value is extrapolated are marked with ~."""
    rows = [row for row in results.ordered if row.name in SHOWN]
    longest = max([row.plain or row.ours for row in rows], default=1.0)
    shortest = min([row.ours for row in rows], default=0.001)
    ticks = [tick for tick in TICKS if shortest / 20 < tick[0] <= longest * 2]
    low = math.log10(min([shortest / 2, *(seconds for seconds, _ in ticks)]))
    scale = (WIDTH - LEFT - RIGHT) / (math.log10(longest) - low)
    bottom = TOP + GROUP * len(rows)

    def x(seconds: float) -> float:
        return LEFT + max(1.0, (math.log10(max(seconds, 1e-9)) - low) * scale)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 34}" role="img"'
        ' aria-label="Times of the plain recipe and of bunkd-db">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{bottom + 33}" rx="6"/>',
        '<text class="title" x="16" y="24">Time until a job is called, and until a backlog is done</text>',
        f'<text class="soft" x="16" y="42">{escape(subtitle)}</text>',
        *_key(),
    ]
    for seconds, label in ticks:
        at = f"{x(seconds):.1f}"
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP - 6}" y2="{bottom}"/>')
        parts.append(
            f'<text class="soft" x="{at}" y="{bottom + 18}" text-anchor="middle">{label}</text>'
        )
    for n, row in enumerate(rows):
        parts += _group(row, TOP + n * GROUP + 6, x)
    return "\n".join([*parts, "</svg>", ""])


def _group(row: Row, y: int, x: Callable[[float], float]) -> list[str]:
    """One measurement: its name, the plain recipe's bar above ours, each with its value."""
    parts = [f'<text x="{LEFT - 10}" y="{y + BAR + 4}" text-anchor="end">{escape(row.what)}</text>']
    for kind, seconds, top in (("plain", row.plain, y), ("ours", row.ours, y + BAR + 2)):
        if seconds is None:
            continue
        mark = "~" if kind == "plain" and row.plain_how == "extrapolated" else ""
        end = x(seconds)
        parts.append(
            f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{end - LEFT:.1f}" height="{BAR}" rx="2"/>'
        )
        parts.append(
            f'<text x="{end + 6:.1f}" y="{top + 12}">{mark}{value(seconds, row.unit)}</text>'
        )
    return parts


def _key() -> list[str]:
    """Which bar is whose."""
    parts = []
    for kind, label, at in (("plain", "plain recipe", 552), ("ours", "bunkd-db", 664)):
        parts.append(f'<rect class="{kind}" x="{at}" y="14" width="12" height="12" rx="2"/>')
        parts.append(f'<text x="{at + 18}" y="24">{label}</text>')
    return parts
