"""GitHub Actions: the workflow's one step, run as the runner does."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.command import Finished
from tests.targets.proof import Place, Proof
from tests.targets.tools import judge, run, tool

FILE = ".github/workflows/bunkd-call.yml"
EXPRESSION = re.compile(r"\$\{\{ (?:'(?P<literal>\$\{\{)'|secrets\.(?P<secret>\w+)) \}\}")


def workflow(folder: Path) -> Any:
    return YAML(typ="safe").load(folder / FILE)


def evaluated(text: str, secrets: dict[str, str]) -> str:
    """What GitHub makes of expressions: the two kinds that the file may have, and no other."""
    assert "${{" not in EXPRESSION.sub("", text)
    return EXPRESSION.sub(lambda found: found["literal"] or secrets[found["secret"]], text)


class TestGitHubActions(Proof):
    target = "github-actions"
    every = "5m"
    mutation = (FILE, "timeout-minutes:", "timout-minutes:")

    def judge(self, place: Place) -> Finished:
        file = place.folder / FILE
        for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
            done = judge("check-jsonschema", "--builtin-schema", schema, file)
            if done.code:
                return done
        step = place.folder / "step.sh"
        step.write_text(evaluated(self.step(place)["run"], {}))
        done = judge("shellcheck", "--severity", "warning", "--shell", "bash", step)
        return done if done.code else judge("zizmor", "--offline", "--no-progress", file)

    def step(self, place: Place) -> Any:
        [step] = workflow(place.folder)["jobs"]["call"]["steps"]
        return step

    def call(self, place: Place) -> Finished:
        step = self.step(place)
        assert step["shell"] == "bash"
        script = place.folder / "step.sh"
        script.write_text(evaluated(step["run"], {}))
        env = {
            name: evaluated(value, {"BUNKD_CREDENTIAL": place.credential})
            for name, value in step["env"].items()
        }
        # as documented for `shell: bash`
        return run(tool("bash"), "--noprofile", "--norc", "-eo", "pipefail", script, env=env)

    def test_a_missing_secret_is_a_red_run(self, place: Place) -> None:
        script = place.folder / "step.sh"
        script.write_text(self.step(place)["run"])
        done = run(tool("bash"), "-eo", "pipefail", script, env={"BUNKD_CREDENTIAL": ""})
        assert done.code != 0
        assert place.function.received == []

    def test_zizmor_would_see_a_secret_in_the_script(self, place: Place) -> None:
        file = place.folder / FILE
        text = file.read_text().replace(
            "run: |", "run: |\n          echo ${{ github.event.head_commit.message }}"
        )
        file.write_text(text)
        assert judge("zizmor", "--offline", "--no-progress", file).code != 0
