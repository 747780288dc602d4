"""What tests of several commands need."""

from collections.abc import Iterator

import pytest

from tests.support import cluster
from tests.support.server import Server


@pytest.fixture
def private() -> Iterator[Server]:
    """A cluster of a test's own."""
    with cluster.start() as running:
        yield running
