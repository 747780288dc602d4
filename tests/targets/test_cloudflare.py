"""Cloudflare: the configuration by wrangler's schema, the Worker's handler in node."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.javascript import SeveralCalls, execute, syntax
from tests.targets.proof import PLAIN, Place
from tests.targets.tools import judge, node_modules

SCHEDULED = """
const { default: worker } = await import(process.argv[1]);
const env = { BUNKD_CREDENTIAL: process.env.CREDENTIAL };
await worker.scheduled({ cron: "* * * * *" }, env, {});
"""


def configuration(place: Place) -> dict[str, Any]:
    return tomllib.loads((place.folder / "wrangler.toml").read_text())


class TestCloudflare(SeveralCalls):
    target = "cloudflare"
    every = "1m"
    mutation = ("wrangler.toml", "crons", "cron")

    def judge(self, place: Place) -> Finished:
        done = syntax(place.folder / configuration(place)["main"])
        if done.code:
            return done
        schema = node_modules() / "wrangler/config-schema.json"
        return judge("check-jsonschema", "--schemafile", schema, place.folder / "wrangler.toml")

    def call(self, place: Place) -> Finished:
        main = place.folder / configuration(place)["main"]
        return execute(SCHEDULED, main, CREDENTIAL=place.credential)

    @pytest.mark.parametrize(
        ("every", "cron"),
        [
            ("30s", "* * * * *"),
            ("5m", "*/5 * * * *"),
            ("0 9 * * 0,1-5", "0 9 * * SUN,MON,TUE,WED,THU,FRI"),  # 1 is Sunday there
        ],
    )
    def test_the_trigger(self, function: Endpoint, tmp_path: Path, every: str, cron: str) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        assert configuration(place)["triggers"] == {"crons": [cron]}
