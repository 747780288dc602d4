"""Railway: the project by its types, its own library says what the service is, a shell runs that."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.command import Finished
from tests.targets.javascript import execute, types
from tests.targets.looping import first_round
from tests.targets.piped import pipe
from tests.targets.proof import Place, Proof
from tests.targets.tools import judge, node_modules

FILE = ".railway/railway.ts"
READ = """
const { default: program } = await import(process.argv[1]);
const { createRailwayContext, project } = await import(process.argv[2]);
const definition = await program(createRailwayContext({ environment: "production" }), project);
console.log(JSON.stringify(definition));
"""


def service(place: Place) -> Any:
    """What Railway's library makes of the file."""
    built = place.folder / "built"
    done = types(node_modules(), place.folder, "--outDir", "built", FILE)
    assert done.code == 0, done.all
    (built / "package.json").write_text('{"type": "module"}')
    library = node_modules() / "railway/dist/iac/index.js"
    done = execute(READ, built / "railway.js", library)
    assert done.code == 0, done.all
    [resource] = json.loads(done.out)["resources"]
    return resource


class TestRailway(Proof):
    target = "railway"
    every = "30s"
    mutation = (FILE, "restartPolicyType", "restartPolicy")

    def judge(self, place: Place) -> Finished:
        done = types(node_modules(), place.folder, "--noEmit", FILE)
        if done.code:
            return done
        script = place.folder / "loop.sh"
        script.write_text(service(place)["variables"]["LOOP"]["value"])
        return judge("shellcheck", "--severity", "warning", "--shell", "sh", script)

    def call(self, place: Place) -> Finished:
        """One round of the start command, which Railway runs without a shell."""
        known = service(place)
        assert known["variables"]["BUNKD_CREDENTIAL"] == {"type": "preserve"}
        loop = known["variables"]["LOOP"]["value"]
        assert "${{" not in loop, "Railway would put a variable there"
        command = shlex.split(known["deploy"]["startCommand"])
        env = {"LOOP": loop, "BUNKD_CREDENTIAL": place.credential}
        return first_round(command, place.folder, env)

    def test_it_is_one_that_starts_again(self, place: Place) -> None:
        deploy = service(place)["deploy"]
        assert deploy["numReplicas"] == 1
        assert deploy["restartPolicyType"] == "ALWAYS"

    def test_without_a_credential_it_ends_and_says_why(self, place: Place) -> None:
        done = self.call(replace(place, credential=""))
        assert done.code > 0
        assert "BUNKD_CREDENTIAL: is not set" in done.err
        assert place.function.received == []

    def test_the_credential_is_stored(self, place: Place, tmp_path: Path) -> None:
        piped = pipe(place, "railway", tmp_path)
        assert piped.input == place.credential
        words = "variable set BUNKD_CREDENTIAL --stdin --service bunkd-call"
        assert piped.arguments == words.split()
