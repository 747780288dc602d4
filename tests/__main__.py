"""Run everything: `python -m tests [PYTEST ARGUMENTS]`; this is what `make test` does.

First the tests that need no server, then the rest on every kind of server that is possible here.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.choose import WITH_CRON, Choice, choose, preference

CHECKOUT = Path(__file__).parents[1]
UNIT = "tests/unit"


def main(arguments: list[str]) -> int:
    """The exit code: pytest's, of the first run that failed."""
    wanted = preference()
    choice = choose(wanted, survey=wanted == "auto")
    kinds = [kind for kind in WITH_CRON if kind in choice.possible]
    for line in plan(choice):
        say(line)
    if not kinds:
        say(
            "There is no server with pg_cron to test on, so this is a failure. `make unit` needs none."
        )
        return 1
    failed = 0
    for title, run in [
        ("without a server", [UNIT]),
        *((f"on the {kind}", ["tests", f"--ignore={UNIT}", f"--server={kind}"]) for kind in kinds),
    ]:
        say(f"--- {title}")
        code = pytest([*run, *arguments])
        if code:
            say(f"--- {title}: failed")
        failed = failed or code
    return failed


def plan(choice: Choice) -> list[str]:
    """What is run on, and what is not and why."""
    lines = [f"testing on: {choice.possible[k]}" for k in WITH_CRON if k in choice.possible]
    skipped = [(kind, reason) for kind, reason in choice.missing.items() if kind in WITH_CRON]
    return lines + [f"skipping:   {kind}: {reason}" for kind, reason in skipped]


def pytest(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, check=False, cwd=CHECKOUT).returncode


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
