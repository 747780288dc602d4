"""Every example in a docstring is run."""

import doctest
import importlib
from pathlib import Path

import pytest

from tests.support.command import ROOT

MODULES = sorted(path for path in (ROOT / "bunkd_db").rglob("*.py") if ">>> " in path.read_text())


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_there_are_some() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_examples_of(path: Path) -> None:
    examples = path.read_text().count(">>> ")
    found = doctest.testmod(importlib.import_module(name(path)))
    assert (found.failed, found.attempted) == (0, examples)
