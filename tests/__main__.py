"""Run everything: `python -m tests [PYTEST ARGUMENTS]`; this is what `make test` does.

First the tests that need no server, then the files for external schedulers and workers on the
embedded server, which cannot call, then the rest on every kind of server that is possible here. The
command line, what is made of the facts in words (checks, the gate, status, explain, alerts,
monitoring), what is decided from the ledger and the queue alone (brakes, demand, outcomes, shapes),
a rotation, a function that fails, and how deploys meet, say, declare and keep things are the same on
each of them: they are run once, as the bound under load and the tests with a server of their own.

What fails beside many others is run again alone, if it is little: one that passes then is named, for
it is a defect too, of the test or of what it tests, but not a reason to stop everybody.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support import browser
from tests.support.choose import WITH_CRON, Choice, choose, preference
from tests.support.server import Kind, Unavailable

CHECKOUT = Path(__file__).parents[1]
UNIT = "tests/unit"
TARGETS = "tests/targets"
WORKER = "tests/worker"
SAME_ON_EACH = (
    "tests/cli",
    "tests/monitoring",
    "tests/faults/test_check_*",
    "tests/faults/test_gate.py",
    "tests/*/test_status_*",
    "tests/*/test_explain*",
    "tests/sql/test_alert.py",
    "tests/sql/test_brakes.py",
    "tests/sql/test_claims.py",
    "tests/sql/test_heartbeat.py",
    "tests/sql/test_jobs_per_call.py",
    "tests/sql/test_prune.py",
    "tests/sql/test_rescue_limits.py",
    "tests/sql/test_several_schedules.py",
    "tests/sql/test_tick_demand.py",
    "tests/sql/test_tick_outcomes.py",
    "tests/sql/test_tick_shape.py",
    "tests/e2e/test_alert.py",
    "tests/e2e/test_canary.py",
    "tests/e2e/test_declared.py",
    "tests/e2e/test_rotate.py",
    "tests/faults/test_endpoint.py",
    "tests/migrations/test_application_dump.py",
    "tests/migrations/test_by_file.py",
    "tests/migrations/test_by_name.py",
    "tests/migrations/test_concurrent.py",
    "tests/migrations/test_dry_run.py",
    "tests/migrations/test_neighbours.py",
    "tests/migrations/test_refused.py",
    "tests/migrations/test_sticky.py",
    "tests/migrations/test_upgrade.py",
)
BOUND = "tests/e2e/test_bound.py"
TESTS_FAILED = 1
NOTHING_CHOSEN = 5
LITTLE = 4  # tests: more than that have something in common


def main(arguments: list[str]) -> int:
    """The exit code: pytest's, of the first run that failed."""
    kinds = survey()
    if not kinds:
        say("No server with pg_cron can be had: nothing to test on. `make unit` needs none.")
        return 1
    runs = [
        ("without a server", [UNIT]),
        # most of the ones work and most of the others wait
        ("external schedulers, and workers on the embedded server", [TARGETS, WORKER, *workers()]),
    ]
    apart = [f"--ignore={path}" for path in (UNIT, TARGETS, WORKER, BOUND)]
    rest = ["tests", *apart, *workers()]
    # makes a load of its own: beside other servers, waits for a processor look like waits for a lock
    runs.append((f"the bound under load, on the {kinds[0]}", [BOUND, f"--server={kinds[0]}"]))
    for kind in kinds:
        again = ["--only-on-it", *(f"--ignore-glob={path}" for path in SAME_ON_EACH)]
        runs.append(
            (f"on the {kind}", [*rest, *(again if kind != kinds[0] else []), f"--server={kind}"])
        )
    failed: dict[str, int] = {}
    unsteady: list[str] = []
    for title, run in runs:
        say(f"--- {title}")
        code, passed_alone = pytest_twice([*run, *arguments])
        unsteady += passed_alone
        if code and not (arguments and code == NOTHING_CHOSEN):
            failed[title] = code
    for test in unsteady:
        say(f"--- failed beside others, passed alone: {test}")
    if failed:
        say(f"--- failed: {', '.join(failed)}")
    return next(iter(failed.values()), 0)


def survey() -> list[Kind]:
    """The kinds to test on; says which, and for the others why not and what would bring them."""
    wanted = preference()
    choice = choose(wanted, survey=wanted == "auto")
    possible = {kind: choice.possible[kind] for kind in WITH_CRON if kind in choice.possible}
    missing = {kind: choice.missing[kind] for kind in WITH_CRON if kind in choice.missing}
    if "container" in possible:
        try:
            make_image(choice)
        except Unavailable as error:
            missing["container"] = str(error)
            del possible["container"]
    for text in possible.values():
        say(f"testing on  {text}")
    for kind, reason in missing.items():
        say(f"skipping    {kind}: {reason}")
    if browser.probe() is None and sys.platform != "linux":  # there it is a failure
        say(f"skipping    the browser: {browser.MISSING}")
    return list(possible)


def make_image(choice: Choice) -> None:
    """Build or pull the container's image here, where a failure is no failure of a test."""
    from tests.support import image

    if not image.is_here():
        say(f"preparing   {choice.possible['container']}")
        image.ensure_image()


def workers() -> list[str]:
    """One server a worker, three a processor: most tests wait rather than work. `-n` overrules it."""
    return ["-n", str(min(3 * (os.cpu_count() or 1), 8)), "--dist", "worksteal"]


def pytest_twice(arguments: Sequence[str]) -> tuple[int, list[str]]:
    """The exit code, and the tests that failed beside others and passed alone."""
    with tempfile.TemporaryDirectory() as folder:
        remembers = ["-o", f"cache_dir={folder}"]
        code = pytest([*arguments, *remembers])
        there = Path(folder, "v/cache/lastfailed")
        tests = list(json.loads(there.read_text())) if there.exists() else []
        if code != TESTS_FAILED or not 0 < len(tests) <= LITTLE:
            return code, []
        say(f"--- again, alone: {', '.join(tests)}")
        code = pytest([*arguments, *remembers, "--lf", "-n", "0"])
    return code, [] if code else tests


def pytest(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, check=False, cwd=CHECKOUT).returncode


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
