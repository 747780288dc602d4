"""Azure Functions: Microsoft's library registers the timer, a stand-in is the host around it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.javascript import NODE, Handler, execute, types
from tests.targets.piped import pipe
from tests.targets.proof import PLAIN, Place
from tests.targets.tools import judge, node_modules

SCHEMA = Path(__file__).with_name("azure_functions.schema.json")
HOST = """
exports.registered = [];
exports.setProgrammingModel = () => {};
exports.registerFunction = (metadata, handler) => exports.registered.push([metadata, handler]);
"""
RUN = """
import { createRequire } from "node:module";
await import(process.argv[1]);
const { registered } = createRequire(process.argv[1])("@azure/functions-core");
const [[metadata, handler], ...others] = registered;
if (others.length > 0) throw new Error("more than one function");
console.log(JSON.stringify(metadata));
if (process.argv[2] === "fire") await handler({ isPastDue: false }, {});
"""


def host(place: Place, *arguments: str) -> Finished:
    """Load what package.json names, as the host does."""
    core = place.folder / "host/@azure/functions-core"
    core.mkdir(parents=True, exist_ok=True)
    (core / "index.js").write_text(HOST)
    (core / "package.json").write_text("{}")  # CommonJS, whatever the package around it is
    beside = place.folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(node_modules())
    main = json.loads((place.folder / "package.json").read_text())["main"]
    [file] = place.folder.glob(main)
    env = {"NODE_PATH": str(core.parents[1]), "BUNKD_CREDENTIAL": place.credential}
    return execute(RUN, file, *arguments, **env)


def schedule(place: Place) -> str:
    metadata: dict[str, Any] = json.loads(host(place).out)
    [binding] = metadata["bindings"].values()
    return str(binding["schedule"])


class TestAzureFunctions(Handler):
    target = "azure-functions"
    every = "30s"
    mutation = ("src/functions/bunkd-call.js", "schedule:", "scedule:")

    def judge(self, place: Place) -> Finished:
        (place.folder / "node.d.ts").write_text(NODE)
        file = "src/functions/bunkd-call.js"
        done = types(node_modules(), place.folder, "--noEmit", "node.d.ts", file)
        return done if done.code else self.by_schema(place)

    def by_schema(self, place: Place) -> Finished:
        """Judge what the library registers with the host."""
        done = host(place)
        if done.code:
            return done
        registered = place.folder / "registered.json"
        registered.write_text(done.out)
        return judge("check-jsonschema", "--schemafile", SCHEMA, registered)

    def call(self, place: Place) -> Finished:
        return host(place, "fire")

    def test_five_fields_are_rejected(self, place: Place) -> None:
        file = place.folder / "src/functions/bunkd-call.js"
        text = file.read_text()
        assert '"*/30 * * * * *"' in text
        file.write_text(text.replace('"*/30 * * * * *"', '"*/30 * * * *"'))
        done = self.by_schema(place)
        assert done.code != 0
        assert "'*/30 * * * *' does not match" in done.all

    def test_the_host_is_told_its_version(self, place: Place) -> None:
        assert json.loads((place.folder / "host.json").read_text()) == {"version": "2.0"}

    @pytest.mark.parametrize(
        ("every", "fields"),
        [
            ("1s", "*/1 * * * * *"),
            ("20s", "*/20 * * * * *"),
            ("25s", "0,20,40 * * * * *"),
            ("1m", "0 * * * * *"),
            ("6h", "0 0 */6 * * *"),
            ("0 9 * * sun-tue", "0 0 9 * * 0,1,2"),
        ],
    )
    def test_the_schedule_has_six_fields(
        self, function: Endpoint, tmp_path: Path, every: str, fields: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        assert schedule(place) == fields
        assert self.by_schema(place).code == 0

    def test_the_credential_is_stored(self, place: Place, tmp_path: Path) -> None:
        piped = pipe(place, "az", tmp_path)
        assert json.loads(piped.input) == {"BUNKD_CREDENTIAL": place.credential}
        at = piped.arguments.index("--settings")
        assert piped.arguments[at + 1] == "@-", "from standard input"
