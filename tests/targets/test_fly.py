"""Fly.io: fly.toml by a schema of the keys that flyctl knows, the group's command by a shell."""

import shlex
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished
from tests.targets.looping import first_round
from tests.targets.piped import pipe
from tests.targets.proof import Place, Proof
from tests.targets.tools import judge

SCHEMA = Path(__file__).with_name("fly.schema.json")


def configuration(place: Place) -> dict[str, Any]:
    return tomllib.loads((place.folder / "fly.toml").read_text())


class TestFly(Proof):
    target = "fly"
    every = "30s"
    mutation = ("fly.toml", "guest_path", "guest")

    def judge(self, place: Place) -> Finished:
        done = judge("check-jsonschema", "--schemafile", SCHEMA, place.folder / "fly.toml")
        if done.code:
            return done
        return judge("shellcheck", "--severity", "warning", place.folder / "bunkd-loop.sh")

    def call(self, place: Place) -> Finished:
        """One round of the process group's command, after the entry point, as flyctl splits it."""
        known = configuration(place)
        files = {file["guest_path"]: place.folder / file["local_path"] for file in known["files"]}
        words = [*known["experimental"]["entrypoint"], *shlex.split(known["processes"]["call"])]
        command = [str(files.get(word, word)) for word in words]
        assert any(file.name in command[-1] for file in files.values())
        return first_round(command, place.folder, {"BUNKD_CREDENTIAL": place.credential})

    @pytest.mark.parametrize(
        ("old", "new"),
        [('policy = "always"', 'policy = "alwys"'), ("[processes]", "[process]")],
    )
    def test_the_schema_rejects_others_too(self, place: Place, old: str, new: str) -> None:
        file = place.folder / "fly.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        assert self.judge(place).code != 0

    def test_nothing_lets_fly_stop_it(self, place: Place) -> None:
        """A service would be stopped for want of traffic."""
        known = configuration(place)
        assert not {"http_service", "services"} & set(known)
        assert known["restart"] == [{"policy": "always", "processes": ["call"]}]

    def test_without_a_credential_it_ends_and_says_why(self, place: Place) -> None:
        done = self.call(replace(place, credential=""))
        assert done.code > 0
        assert "BUNKD_CREDENTIAL: is not set" in done.err
        assert place.function.received == []

    def test_the_credential_is_stored(self, place: Place, tmp_path: Path) -> None:
        """Between three quotes flyctl takes it as it is; else it drops quotes and what follows #."""
        piped = pipe(place, "fly", tmp_path)
        assert piped.input == f'BUNKD_CREDENTIAL="""{place.credential}"""\n'
        assert piped.arguments == ["secrets", "import", "--stage"]
