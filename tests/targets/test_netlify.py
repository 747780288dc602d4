"""Netlify: the function by Netlify's types, its handler in node."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.javascript import NODE, Handler, execute, types
from tests.targets.proof import PLAIN, Place
from tests.targets.tools import node_modules

FILE = "netlify/functions/bunkd-call.mjs"
RUN = """
const { config, default: handler } = await import(process.argv[1]);
console.log(JSON.stringify(config));
const body = JSON.stringify({ next_run: "2026-01-01T00:00:00.000Z" });
const response = await handler(new Request("https://a.example/", { method: "POST", body }), {});
if (!response.ok) process.exitCode = 1;
"""


class TestNetlify(Handler):
    target = "netlify"
    every = "1m"
    mutation = (FILE, "schedule:", "scedule:")

    def judge(self, place: Place) -> Finished:
        (place.folder / "node.d.ts").write_text(NODE)
        return types(node_modules(), place.folder, "--noEmit", "node.d.ts", FILE)

    def call(self, place: Place) -> Finished:
        return execute(RUN, place.folder / FILE, BUNKD_CREDENTIAL=place.credential)

    @pytest.mark.parametrize(
        ("every", "schedule"), [("5m", "*/5 * * * *"), ("0 9 * * mon,sun", "0 9 * * 0,1")]
    )
    def test_the_schedule(
        self, function: Endpoint, tmp_path: Path, every: str, schedule: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        config: dict[str, Any] = json.loads(self.call(place).out)
        assert config == {"schedule": schedule}

    def test_the_call_ends_before_netlify_ends_the_run(self, place: Place) -> None:
        assert "AbortSignal.timeout(28000)" in (place.folder / FILE).read_text()
