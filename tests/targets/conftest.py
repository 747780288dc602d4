"""Fixtures of the targets' tests; none needs a database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.endpoint import Endpoint
from tests.targets import tools


@pytest.fixture
def function() -> Iterator[Endpoint]:
    """The function that is to be called, without a queue behind it."""
    with Endpoint() as running:
        yield running


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where the npm packages are: `typescript/bin/tsc`, `wrangler/config-schema.json` …"""
    return tools.node_modules()
