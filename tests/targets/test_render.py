"""Render: render.yaml by a schema of its documented keys, the container's entry point by a shell."""

import json
import re
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.command import Finished
from tests.targets.looping import first_round
from tests.targets.proof import Place, Proof
from tests.targets.tools import judge, run, tool

SCHEMA = Path(__file__).with_name("render.schema.json")


def service(place: Place) -> Any:
    [known] = YAML(typ="safe").load(place.folder / "render.yaml")["services"]
    return known


def entry_point(place: Place) -> list[str]:
    """What the image starts, with the copied file where it is on this machine."""
    known = service(place)
    text = (place.folder / known["dockerfilePath"]).read_text()
    [(source, target)] = re.findall(r"^COPY (\S+) (\S+)$", text, re.MULTILINE)
    [words] = re.findall(r"^ENTRYPOINT (\[.*\])$", text, re.MULTILINE)
    here = str(place.folder / known["dockerContext"] / source)
    command = [here if word == target else word for word in json.loads(words)]
    assert here in command
    return command


class OnRender(Proof):
    target = "render"

    def judge(self, place: Place) -> Finished:
        done = judge("check-jsonschema", "--schemafile", SCHEMA, place.folder / "render.yaml")
        if done.code:
            return done
        return judge("shellcheck", "--severity", "warning", entry_point(place)[-1])

    def call(self, place: Place) -> Finished:
        [variable] = service(place)["envVars"]
        assert variable == {"key": "BUNKD_CREDENTIAL", "sync": False}
        return self.started(entry_point(place), place, {variable["key"]: place.credential})

    @abstractmethod
    def started(self, command: list[str], place: Place, env: dict[str, str]) -> Finished:
        """Run the entry point."""

    def test_no_command_has_to_be_quoted(self, place: Place) -> None:
        assert "dockerCommand" not in service(place)

    def test_without_a_credential_it_ends_and_says_why(self, place: Place) -> None:
        done = self.call(replace(place, credential=""))
        assert done.code > 0
        assert "BUNKD_CREDENTIAL: is not set" in done.err
        assert place.function.received == []


class TestCron(OnRender):
    every = "5m"
    mutation = ("render.yaml", "schedule:", "shedule:")

    def started(self, command: list[str], place: Place, env: dict[str, str]) -> Finished:
        return run(tool(command[0]), *command[1:], env=env, cwd=place.folder)

    def test_its_time_is_a_text(self, place: Place) -> None:
        assert service(place)["type"] == "cron"
        assert service(place)["schedule"] == "*/5 * * * *"


class TestWorker(OnRender):
    every = "30s"
    mutation = ("render.yaml", "type: worker", "type: background")

    def started(self, command: list[str], place: Place, env: dict[str, str]) -> Finished:
        return first_round(command, place.folder.parent, env)

    def test_one_calls(self, place: Place) -> None:
        assert service(place)["type"] == "worker"
        assert service(place)["numInstances"] == 1
