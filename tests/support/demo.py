"""Run the demo as `make demo` does."""

import os
import subprocess
import sys

from tests.support.command import ROOT, Finished, environment


def demo(server: str) -> Finished:
    """`python -m tests.demo --server SERVER`, with the extensions' files that the tests use."""
    roots = {name: value for name, value in os.environ.items() if name.startswith("BUNKD_TEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.demo", "--server", server],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(**roots),
        timeout=300,
    )
    return Finished(done.returncode, done.stdout, done.stderr)
