"""What holds for every host that runs JavaScript, and how its files are judged and run here."""

import time
from abc import ABC
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint
from tests.targets.proof import PLAIN, Proof
from tests.targets.tools import run, tool


def syntax(file: Path) -> Finished:
    """Let node parse a file."""
    return run(tool("node"), "--check", file)


NODE = """\
declare module "node:process" {
  const process: { env: Record<string, string | undefined> };
  export default process;
}
"""


def types(node_modules: Path, folder: Path, *arguments: str, runtime: str = "") -> Finished:
    """Let the TypeScript compiler look at files in a folder, strictly, with these packages; of
    `@types` only with those of a runtime."""
    beside = folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(node_modules)
    return run(
        tool("node"),
        node_modules / "typescript/bin/tsc",
        *("--strict", "--skipLibCheck", "--allowJs", "--checkJs"),
        *(("--types", runtime) if runtime else ("--typeRoots", "none")),
        *("--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", *arguments),
        cwd=folder,
    )


def execute(script: str, *arguments: str | Path, **env: str) -> Finished:
    """Run a module; what it throws ends it with another exit code than 0."""
    return run(tool("node"), "--input-type=module", "--eval", script, *arguments, env=env)


class Handler(Proof, ABC):
    """A handler that gets the credential from a variable, and calls by `fetch`."""

    @pytest.mark.parametrize("credential", ["", "two\nlines", "a space", "schlüssel"])
    def test_a_credential_that_no_header_carries_is_refused_and_not_shown(
        self, function: Endpoint, tmp_path: Path, credential: str
    ) -> None:
        place = replace(self.make(function, tmp_path, PLAIN), credential=credential)
        done = self.call(place)
        assert done.code != 0
        assert "BUNKD_CREDENTIAL is not set, or" in done.err
        assert not credential or credential not in done.all
        assert function.received == []

    def test_it_does_not_wait_for_ever(self, function: Endpoint, tmp_path: Path) -> None:
        place = self.make(function, tmp_path, {"BUNKD_CALL_TIMEOUT": "1s"})
        function.fail_with = "hang"
        done = self.call(place)
        assert done.code != 0
        assert "TimeoutError" in done.err

    def test_two_kinds_of_day_are_refused(self) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example"}
        done = here("external", "generate", self.target, "--every", "0 9 1 * 1", **env)
        assert (done.code, done.out) == (1, "")
        assert "combines a day of month with a day of week" in done.err


class SeveralCalls(Handler, ABC):
    """A handler that is started every minute at best, and calls several times in it."""

    @pytest.mark.parametrize("failing", [False, True])
    def test_half_a_minute_is_two_calls_whatever_the_first_comes_to(
        self, function: Endpoint, tmp_path: Path, failing: bool
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every="30s")
        [file] = [path for path in place.folder.rglob("*.mjs") if "[0, 30]" in path.read_text()]
        file.write_text(file.read_text().replace("[0, 30]", "[0, 1]"))
        if failing:
            function.next_with(500)
        started = time.time()
        done = self.call(place)
        assert (done.code != 0) is failing
        assert ("the function answered 500" in done.err) is failing
        first, second = function.received
        assert second.at - started > 1
        assert second.at > first.at
        assert function.peak == 1
