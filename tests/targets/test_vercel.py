"""Vercel: vercel.json by Vercel's types and by what its command line asks, the handler in node."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.javascript import Handler, execute, syntax, types
from tests.targets.proof import PLAIN, Place
from tests.targets.tools import judge, node_modules

SCHEMA = Path(__file__).with_name("vercel.schema.json")
SECRET = "a-cron-secret-of-24-char"
GET = """
const { GET } = await import(process.argv[1]);
const headers = process.env.AUTHORIZATION ? { authorization: process.env.AUTHORIZATION } : {};
const response = await GET(new Request("https://a.example/api/bunkd-call", { headers }));
console.log(response.status, await response.text());
if (!response.ok) process.exitCode = 1;
"""


def configuration(place: Place) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((place.folder / "vercel.json").read_text())
    return loaded


def handler(place: Place) -> Path:
    """The file behind the path that Vercel asks for."""
    [cron] = configuration(place)["crons"]
    return place.folder / f"{cron['path'].removeprefix('/')}.mjs"


class TestVercel(Handler):
    target = "vercel"
    every = "1m"
    mutation = ("vercel.json", '"schedule"', '"scedule"')

    def judge(self, place: Place) -> Finished:
        done = syntax(handler(place))
        if done.code:
            return done
        done = judge("check-jsonschema", "--schemafile", SCHEMA, place.folder / "vercel.json")
        return done if done.code else self.by_types(place, configuration(place))

    def by_types(self, place: Place, content: dict[str, Any]) -> Finished:
        """By the types of vercel.ts, which knows no $schema."""
        values = {name: value for name, value in content.items() if name != "$schema"}
        (place.folder / "vercel.ts").write_text(
            'import type { VercelConfig } from "@vercel/config/v1";\n'
            f"export const config: VercelConfig = {json.dumps(values)};\n"
        )
        return types(node_modules(), place.folder, "--noEmit", "vercel.ts")

    def call(self, place: Place, authorization: str = f"Bearer {SECRET}") -> Finished:
        env = {"BUNKD_CREDENTIAL": place.credential, "CRON_SECRET": SECRET}
        done = execute(GET, handler(place), AUTHORIZATION=authorization, **env)
        assert SECRET not in done.all
        return done

    def test_the_types_reject_a_mutation_too(self, place: Place) -> None:
        content = configuration(place)
        content["cron"] = content.pop("crons")
        assert self.by_types(place, content).code != 0

    @pytest.mark.parametrize("authorization", ["", SECRET, "Bearer ", f"Bearer {SECRET}x"])
    def test_others_are_turned_away(self, place: Place, authorization: str) -> None:
        done = self.call(place, authorization)
        assert done.out == "401 Unauthorized\n\n"
        assert place.function.received == []

    @pytest.mark.parametrize("secret", ["", "short"])
    def test_without_a_cron_secret_nobody_is_let_in(self, place: Place, secret: str) -> None:
        env = {"BUNKD_CREDENTIAL": place.credential, "CRON_SECRET": secret}
        for authorization in ("", f"Bearer {secret}", "Bearer undefined"):
            done = execute(GET, handler(place), AUTHORIZATION=authorization, **env)
            assert done.code != 0
            assert "CRON_SECRET is not set" in done.err
        assert place.function.received == []

    @pytest.mark.parametrize(
        ("every", "schedule"), [("5m", "*/5 * * * *"), ("0 9 * * mon-wed", "0 9 * * 1,2,3")]
    )
    def test_the_schedule_is_in_numbers(
        self, function: Endpoint, tmp_path: Path, every: str, schedule: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        assert configuration(place)["crons"][0]["schedule"] == schedule
        assert self.judge(place).code == 0

    @pytest.mark.parametrize(("timeout", "most"), [("35s", 45), ("10m", 610)])
    def test_the_function_outlives_the_call(
        self, function: Endpoint, tmp_path: Path, timeout: str, most: int
    ) -> None:
        place = self.make(function, tmp_path, {"BUNKD_CALL_TIMEOUT": timeout})
        assert configuration(place)["functions"] == {"api/bunkd-call.mjs": {"maxDuration": most}}
