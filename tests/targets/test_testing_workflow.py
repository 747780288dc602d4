"""The workflow that docs/testing.md gives to copy."""

import re
from pathlib import Path

from tests.support.command import ROOT
from tests.targets.tools import judge


def test_the_workflow_is_one(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/testing.md").read_text(), re.DOTALL)
    file = tmp_path / ".github/workflows/tests.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    schema = ("check-jsonschema", "--builtin-schema")
    for tool in (
        (*schema, "vendor.github-workflows"),
        (*schema, "custom.github-workflows-require-timeout"),
        ("zizmor", "--offline", "--no-progress"),
    ):
        done = judge(*tool, file)
        assert done.code == 0, done.out + done.err
