"""Docker Compose: the container's command, run by a shell until its first call has ended."""

import re
import shlex
from typing import Any

from ruamel.yaml import YAML

from tests.support.command import Finished
from tests.targets.looping import first_round
from tests.targets.proof import Place, Proof
from tests.targets.stored import store
from tests.targets.tools import judge, run, tool

FILE = "compose.bunkd.yaml"


def interpolated(value: str) -> str:
    """What Compose makes of a value in which nothing may be a variable."""
    assert "$" not in value.replace("$$", "")
    return value.replace("$$", "$")


class TestDockerCompose(Proof):
    target = "docker-compose"
    every = "30s"
    mutation = (FILE, "read_only:", "readonly:")

    def judge(self, place: Place) -> Finished:
        done = judge(
            "check-jsonschema", "--builtin-schema", "vendor.compose-spec", place.folder / FILE
        )
        if done.code:
            return done
        script = place.folder / "command.sh"
        script.write_text(interpolated(self.service(place)["command"][0]))
        return judge("shellcheck", "--severity", "warning", "--shell", "sh", script)

    def service(self, place: Place) -> Any:
        return YAML(typ="safe").load(place.folder / FILE)["services"]["call"]

    def call(self, place: Place) -> Finished:
        """One round of the loop, then what the health check says."""
        service = self.service(place)
        assert service["entrypoint"] == ["/bin/sh", "-c"]
        [command] = map(interpolated, service["command"])
        stored = store(place, "secrets/credential")
        failed = place.folder / "failed"
        for path, here in {"/run/secrets/credential": stored, "/tmp/failed": failed}.items():
            command = command.replace(path, shlex.quote(str(here)))
        done = first_round([tool("sh"), "-c", command], place.folder)
        kind, *words = service["healthcheck"]["test"]
        assert kind == "CMD"
        health = run(*(str(failed) if word == "/tmp/failed" else word for word in words))
        assert bool(done.err) == bool(health.code), "a failure is in the log, a success is not"
        return Finished(health.code, done.out, done.err)

    def test_it_goes_on_and_gets_well_again(self, place: Place) -> None:
        """The health is that of the last call."""
        script = self.service(place)["command"][0]
        assert re.search(r"if call; then\n\s+rm -f /tmp/failed", script)
