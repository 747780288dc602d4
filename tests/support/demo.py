"""Run the demo as `make demo` does."""

import os

from tests.support.command import ROOT, Finished, run


def demo(server: str) -> Finished:
    """`python -m tests.demo --server SERVER`, with the extensions' files that the tests use."""
    roots = {name: value for name, value in os.environ.items() if name.startswith("BUNKD_TEST_")}
    return run("--server", server, module="tests.demo", cwd=ROOT, env=roots, timeout=300)
