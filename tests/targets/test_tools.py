"""The tools themselves: each is there in its version, and there is a module for each target."""

import json
import shutil
from pathlib import Path

import pytest

from bunkd_db.external.generate import paths
from bunkd_db.external.registry import options
from tests.targets import tools
from tests.targets.tools import HERE, run, tool


def test_a_module_for_each_target() -> None:
    made = {name for name, option in options().items() if paths(option)}
    proven = {path.stem.removeprefix("test_").replace("_", "-") for path in HERE.glob("test_*.py")}
    assert made == proven - {"tools", "testing-workflow"}


def test_npm_packages_are_of_the_versions_that_are_named(node_modules: Path) -> None:
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        found = json.loads((node_modules / name / "package.json").read_text())
        assert found["version"] == version
    done = run(tool("node"), node_modules / "typescript/bin/tsc", "--version")
    assert done.out == f"Version {wanted['typescript']}\n"


def test_the_lock_file_names_no_host() -> None:
    assert '"resolved"' not in (HERE / "package-lock.json").read_text()


def test_a_missing_tool_fails_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(pytest.fail.Exception, match="flock is missing: apt-get install util-linux"):
        tools.tool("flock")
