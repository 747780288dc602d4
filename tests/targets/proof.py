"""What every target has to prove; a target's own module says how to judge and how to run its files.

A subclass of `Proof` whose name starts with `Test` is all that a target needs.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from unittest.mock import patch
from urllib.parse import unquote

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint, Mode, Received

CREDENTIAL = "t0ken.'\"$HOME`id`%41%%\\n${{x}}{a,b}[1-3]!*~"
PLAIN: Mapping[str, str] = {}
HOSTILE: Mapping[str, str] = {
    "query": "?q='\"$HOME$$(id)`id`%41%25%%d\\n{a,b}[1-3];|&<>*~!${{secrets.X}}'''",
    "BUNKD_BODY": json.dumps(
        {"a'b\"": ["$HOME $$ `id` $(id) %d %% \\n ' \" '''", "${{ secrets.X }}", "*/ --> ü😀 \x7f"]}
    ),
    "BUNKD_HEADERS": json.dumps(
        {"X-Odd'$`%": "a  '\"$HOME`id` %d \\n ${{ x }} {a,b} @/etc/passwd #", "X-Empty": ""}
    ),
}


@dataclass(frozen=True)
class Place:
    """Where a target's files are, and what they were made from."""

    folder: Path
    function: Endpoint
    env: Mapping[str, str]
    credential: str

    @property
    def only(self) -> Path:
        """The one file, where there is one."""
        [file] = [path for path in self.folder.rglob("*") if path.is_file()]
        return file


class Proof(ABC):
    """The questions.

    Attributes:
        target: its name.
        every: an interval that it keeps.
        mutation: a file, a text in it, and another in its place that the tool must reject.
    """

    target: ClassVar[str]
    every: ClassVar[str]
    mutation: ClassVar[tuple[str, str, str]]

    @abstractmethod
    def judge(self, place: Place) -> Finished:
        """Let a real tool look at the files; exit code 0 is good."""

    @abstractmethod
    def call(self, place: Place) -> Finished:
        """Run what is in the files as the host would, once; another exit code than 0 is a failure
        that its user notices."""

    @pytest.fixture
    def place(self, function: Endpoint, tmp_path: Path) -> Place:
        return self.make(function, tmp_path, PLAIN)

    @pytest.fixture
    def hostile(self, function: Endpoint, tmp_path: Path) -> Place:
        return self.make(function, tmp_path, HOSTILE)

    def make(
        self,
        function: Endpoint,
        folder: Path,
        settings: Mapping[str, str],
        *,
        credential: str = CREDENTIAL,
        every: str | None = None,
    ) -> Place:
        """Generate the files from settings; the credential is set, and must be nowhere."""
        env = {name: text for name, text in settings.items() if name != "query"}
        env["BUNKD_CALL_URL"] = function.url + settings.get("query", "")
        made = folder / "made"
        arguments = ("external", "generate", self.target, "--every", every or self.every)
        with patch("bunkd_db.external.reach.notes", return_value=[]):  # ours is on this machine
            done = here(*arguments, "--output", str(made), BUNKD_CREDENTIAL=credential, **env)
        assert done.code == 0, done.err
        texts = [path.read_text() for path in made.rglob("*") if path.is_file()]
        assert texts
        assert all(credential not in text for text in [*texts, done.all])
        return Place(made, function, env, credential)

    def test_a_tool_accepts_the_files(self, place: Place) -> None:
        done = self.judge(place)
        assert done.code == 0, done.all

    def test_a_tool_accepts_them_with_hostile_settings(self, hostile: Place) -> None:
        done = self.judge(hostile)
        assert done.code == 0, done.all

    def test_the_tool_rejects_a_mutation(self, place: Place) -> None:
        name, old, new = self.mutation
        file = place.folder / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        assert self.judge(place).code != 0

    def test_it_calls(self, place: Place) -> None:
        done = self.call(place)
        assert done.code == 0, done.all
        [received] = place.function.received
        self.assert_arrived(received, place)
        assert place.credential not in done.all

    def test_hostile_settings_arrive_as_they_are(self, hostile: Place) -> None:
        done = self.call(hostile)
        assert done.code == 0, done.all
        [received] = hostile.function.received
        self.assert_arrived(received, hostile)

    @pytest.mark.parametrize(
        ("settings", "credential", "header"),
        [
            (PLAIN, f"sb_secret_{CREDENTIAL}", "apikey"),
            ({"BUNKD_CREDENTIAL_HEADER": "X-Odd'$`%"}, CREDENTIAL, "X-Odd'$`%"),
        ],
        ids=["apikey", "a header of one's own"],
    )
    def test_the_credential_is_in_its_header(
        self,
        function: Endpoint,
        tmp_path: Path,
        settings: Mapping[str, str],
        credential: str,
        header: str,
    ) -> None:
        place = self.make(function, tmp_path, settings, credential=credential)
        done = self.call(place)
        assert done.code == 0, done.all
        [received] = function.received
        assert received.header(header) == credential
        assert received.header("Authorization") is None

    @pytest.mark.parametrize("mode", [500, 401, 404, "redirect", "reset", "refuse"])
    def test_a_failure_is_loud(self, place: Place, mode: Mode) -> None:
        place.function.fail_with = mode
        done = self.call(place)
        assert done.code != 0, done.all
        assert place.credential not in done.all
        if mode != "refuse":
            assert len(place.function.received) == 1, "a redirect is not followed"

    def assert_arrived(self, received: Received, place: Place) -> None:
        """The call is the one that the settings describe, byte for byte but for percent-encoding."""
        wanted = place.env["BUNKD_CALL_URL"].removeprefix(place.function.base_url)
        assert received.method == "POST"
        assert unquote(received.path) == unquote(wanted)
        assert received.header("Authorization") == f"Bearer {place.credential}"
        assert received.header("Content-Type") == "application/json"
        assert json.loads(received.body) == json.loads(place.env.get("BUNKD_BODY", "{}"))
        for name, text in json.loads(place.env.get("BUNKD_HEADERS", "{}")).items():
            assert received.header(name) == text, name
