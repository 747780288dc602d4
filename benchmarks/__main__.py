"""Measure and write it down: `python -m benchmarks [--quick] [--only NAME …]`; see `make bench`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from benchmarks import chart, drain, minutes, pickup, place, report, startup, tick, wake, workers
from benchmarks.peers import measure as beside
from benchmarks.plain import Plain
from benchmarks.progress import say
from benchmarks.result import Results
from benchmarks.sizes import FULL, QUICK, Sizes
from bunkd_db.errors import BunkdError
from tests.support.server import Unavailable

PARTS = ("startup", "plain", "tick", "pickup", "drain", "wake", "workers", "ours", "peers")
DOCS = Path(__file__).parents[1] / "docs"


def main(only: list[str], sizes: Sizes, output: Path) -> int:
    """Run the parts, print the table, write the files; no target fails a run."""
    load = os.getloadavg()[0]
    with place.provide(sizes) as here:
        header = {
            **here.header(),
            "run": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {load:.1f} before it"
            + ("" if sizes is FULL else "; quick: smaller sizes, not comparable with the targets"),
        }
        for name, text in header.items():
            say(f"{name}: {text}")
        results = run(here, only)
    write(output, header, results, whole=sizes is FULL and set(only) == set(PARTS))
    sys.stdout.write(report.plain_text(header, results))
    return 1 if results.failed else 0


def run(here: place.Place, only: list[str]) -> Results:
    """Each part leaves the server as the next one expects it; one that fails is a note."""
    results, reference = Results(), Plain()
    parts: dict[str, Callable[[], None]] = {
        "startup": lambda: startup.measure(here, results),
        "plain": lambda: minutes.measure(here, reference),
        "tick": lambda: tick.measure(here, reference, results),
        "pickup": lambda: pickup.measure(here, reference, results),
        "drain": lambda: drain.measure(here, reference, results),
        "wake": lambda: wake.measure(here, results),
        "workers": lambda: workers.measure(here, results),
        "ours": lambda: beside.measure_ours(here, results),
        "peers": lambda: beside.measure_peers(here, results),
    }
    for name, measure in parts.items():
        if name in only:
            with guarded(name, results):
                measure()
    results.notes[:0] = reference.notes()
    return results


@contextmanager
def guarded(part: str, results: Results) -> Iterator[None]:
    """What fails after ten minutes must not take the others' numbers with it."""
    try:
        yield
    except (AssertionError, RuntimeError, BunkdError, psycopg.Error) as error:
        results.failed.append(part)
        results.notes.append(f"{part} was not measured to its end: {error}")
        say(results.notes[-1])


def write(output: Path, header: dict[str, str], results: Results, *, whole: bool) -> None:
    """The three files, where the run was the whole one or the folder was named."""
    if not whole and output == DOCS:
        say("not the whole measurement: docs/ stays as it is (--output FOLDER writes it elsewhere)")
        return
    output.mkdir(parents=True, exist_ok=True)
    versions = f"{header['server'].partition(',')[0]}, pg_net {header['pg_net']}"
    subtitle = f"{versions}; logarithmic axis, ~ is extrapolated"
    (output / "benchmark.json").write_text(report.as_json(header, results))
    (output / "benchmark.md").write_text(report.markdown(header, results))
    (output / "benchmark.svg").write_text(chart.draw(results, subtitle))
    say(f"wrote benchmark.md, benchmark.json and benchmark.svg to {output}")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, some minutes")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        metavar="NAME",
        help=f"some parts: {', '.join(PARTS)}",
    )
    parser.add_argument("--output", type=Path, default=DOCS, help="folder for the three files")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = options()
    try:
        sys.exit(main(asked.only, QUICK if asked.quick else FULL, asked.output))
    except Unavailable as error:
        sys.exit(f"bench: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
