"""Deno Deploy: the app by Deno's types; its cron in node, where the runtime's part is a stand-in."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.javascript import SeveralCalls, execute, types
from tests.targets.proof import PLAIN, Place
from tests.targets.tools import node_modules

FILE = "main.mjs"
RUN = """
const crons = [];
globalThis.Deno = {
  env: { get: (name) => process.env[name] },
  cron: (...cron) => crons.push(cron),
  serve: () => {},
};
await import(process.argv[1]);
const [[name, schedule, handler], ...others] = crons;
console.log(JSON.stringify({ name, schedule, others: others.length }));
await handler();
"""


def run(place: Place, **env: str) -> Finished:
    return execute(RUN, place.folder / FILE, BUNKD_CREDENTIAL=place.credential, **env)


class TestDenoDeploy(SeveralCalls):
    target = "deno-deploy"
    every = "1m"
    mutation = (FILE, "Deno.cron(", "Deno.corn(")

    def judge(self, place: Place) -> Finished:
        return types(node_modules(), place.folder, "--noEmit", FILE, runtime="deno")

    def call(self, place: Place) -> Finished:
        return run(place, DENO_TIMELINE="production")

    @pytest.mark.parametrize(
        ("every", "schedule"),
        [("30s", "* * * * *"), ("5m", "*/5 * * * *"), ("0 9 * * 0,6", "0 9 * * SUN,SAT")],
    )
    def test_the_schedule(
        self, function: Endpoint, tmp_path: Path, every: str, schedule: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        function.fail_with = 500  # one cron is enough to be seen
        found: dict[str, Any] = json.loads(run(place).out)
        assert found == {"name": "bunkd-call", "schedule": schedule, "others": 0}

    def test_a_branch_does_not_call_a_second_time(self, place: Place) -> None:
        assert run(place, DENO_TIMELINE="git-branch/main").code == 0
        assert place.function.received == []
