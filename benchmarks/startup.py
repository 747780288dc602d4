"""How long the commands take to start, and an upgrade from nothing."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.place import Place
from benchmarks.progress import say
from benchmarks.result import Results, Row
from benchmarks.timing import median
from tests.support.command import ROOT, environment
from tests.support.queue import create_queue
from tests.support.upgrade import CREDENTIAL

PROGRAMS = Path(sys.executable).parent


def measure(place: Place, results: Results) -> None:
    """Whole processes, from their start to their end."""
    say(f"start-up: each command {place.sizes.startups} times")
    create_queue(place.link, 1)
    settings = {
        "DATABASE_URL": place.server.url,
        "BUNKD_CALL_URL": place.endpoint.url,
        "BUNKD_CREDENTIAL": CREDENTIAL,
    }
    bunkd, alembic = str(PROGRAMS / "bunkd-db"), str(PROGRAMS / "alembic")
    ini = str(ROOT / "alembic.ini")
    commands: list[tuple[str, str, list[str], float | None]] = [
        ("python", "python -c pass", [sys.executable, "-c", "pass"], None),
        ("click", "python -c 'import click'", [sys.executable, "-c", "import click"], None),
        ("help", "bunkd-db --help", [bunkd, "--help"], 0.1),
        (
            "upgrade",
            "alembic upgrade head, from nothing",
            [alembic, "-c", ini, "upgrade", "head"],
            2.5,
        ),
        ("check", "bunkd-db check, local server", [bunkd, "check"], 0.5),
    ]
    for name, what, command, target in commands:
        before = (lambda: _from_nothing(place)) if name == "upgrade" else (lambda: None)
        took = [_time(command, settings, before) for _ in range(place.sizes.startups)]
        results.add(Row(f"start_{name}", what, median(took), target=target, samples=took))
    _from_nothing(place)


def _from_nothing(place: Place) -> None:
    place.remove()
    with place.server.admin() as admin:
        admin.execute("drop extension if exists pg_cron; drop extension if exists pg_net")


def _time(command: list[str], settings: dict[str, str], before: Callable[[], None]) -> float:
    before()
    installed = environment(**settings)
    del installed["PYTHONDONTWRITEBYTECODE"]  # nobody starts from the source text
    began = time.perf_counter()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=installed
    )
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}"
        )
    return took
