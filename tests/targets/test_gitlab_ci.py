"""GitLab CI: the pipeline by GitLab's own schema, the job's script by a shell."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.command import Finished
from tests.targets.piped import pipe
from tests.targets.proof import Place, Proof
from tests.targets.stored import steps
from tests.targets.tools import judge, run, tool

FILE = ".gitlab-ci.yml"


def job(place: Place) -> Any:
    return YAML(typ="safe").load(place.folder / FILE)["bunkd-call"]


class TestGitLabCI(Proof):
    target = "gitlab-ci"
    every = "5m"
    mutation = (FILE, "resource_group:", "ressource_group:")

    def judge(self, place: Place) -> Finished:
        done = judge(
            "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", place.folder / FILE
        )
        if done.code:
            return done
        return judge("shellcheck", "--severity", "warning", "--shell", "sh", self.script(place))

    def script(self, place: Place) -> Path:
        [text] = job(place)["script"]
        file = place.folder.parent / "script.sh"
        file.write_text(text)
        return file

    def call(self, place: Place) -> Finished:
        """The script, which a runner ends at the first failure."""
        return run(tool("sh"), "-e", self.script(place), env={"BUNKD_CREDENTIAL": place.credential})

    def test_a_missing_variable_is_a_failed_pipeline(self, place: Place) -> None:
        done = self.call(replace(place, credential=""))
        assert done.code != 0
        assert "BUNKD_CREDENTIAL: is not a variable of this project" in done.err
        assert place.function.received == []

    def test_only_a_schedule_calls_and_none_overlaps(self, place: Place) -> None:
        known = job(place)
        assert known["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]
        assert known["resource_group"] == "bunkd-call"
        assert known["interruptible"] is False
        assert known["timeout"] == "2 minutes"

    def test_the_credential_is_stored(self, place: Place, tmp_path: Path) -> None:
        piped = pipe(place, "glab", tmp_path)
        assert piped.input == place.credential
        words = "variable set BUNKD_CREDENTIAL --masked --protected --raw"
        assert piped.arguments == words.split()

    def test_the_schedule_is_made_by_a_command(self, place: Place) -> None:
        """It is nowhere in the file."""
        [line] = [line for line in steps(place).splitlines() if "schedule create" in line]
        command = line.partition("   #")[0]
        done = run(tool("sh"), "-c", 'glab() { printf "%s\\n" "$@"; }\n' + command)
        assert done.code == 0, done.all
        assert re.search(r"^--cron\n3-59/5 \* \* \* \*$", done.out, re.MULTILINE)
