"""The runbook of docs/operate.md: its screens are what the commands print, and its commands run."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.monitoring import states
from tests.monitoring.states import Place
from tests.support.checked import let_workers_restart
from tests.support.command import ROOT, Finished, bunkd
from tests.support.upgrade import CREDENTIAL

PAGE = (ROOT / "docs/operate.md").read_text()


@dataclass(frozen=True)
class Section:
    """The first command, the pieces of its screen, and the blocks below it: kind and text."""

    command: str
    screen: list[str]
    blocks: list[tuple[str, str]]


def sections() -> dict[str, Section]:
    whole = PAGE.partition("## When something is wrong\n")[2].partition("\n## ")[0]
    found = {}
    for part in whole.split("\n### ")[1:]:
        title, _, text = part.partition("\n")
        blocks = re.findall(r"^ *```(\w+)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
        kind, screen = blocks.pop(0)
        assert kind == "console", title
        command, _, shown = screen.partition("\n")
        pieces = [alike(piece) for piece in re.split(r"\n…\n|\n\n", shown)]
        found[title] = Section(command.removeprefix("$ bunkd-db "), pieces, blocks)
    return found


def alike(text: str) -> str:
    """Without how it is wrapped, and with other numbers."""
    return re.sub(r"\d+", "N", " ".join(text.split()))


def run(place: Place, command: str) -> Finished:
    function = {"BUNKD_CALL_URL": place.endpoint.url, "BUNKD_CREDENTIAL": CREDENTIAL}
    given = function if command.startswith("upgrade") else {}
    return bunkd(*shlex.split(command), DATABASE_URL=place.database.url, **given)


def fixed_key(place: Place) -> None:
    place.endpoint.fail_with = None
    url = place.database.url
    assert bunkd("credential", "set", stdin="another-key", DATABASE_URL=url).code == 0


def fixed_function(place: Place) -> None:
    place.endpoint.fail_with = None


def pasted(place: Place) -> None:
    """What the first line of `status` asks for."""
    told = json.loads(run(place, "status --json").out)
    for command in told["schedules"][0]["lines"][0]["commands"]:
        place.owner.execute(command.encode())


def worked_off(place: Place) -> None:
    """As by a worker that was started again."""
    place.owner.execute("update analysis_jobs set status = 'completed'")


def nothing(_: Place) -> None:
    """The blocks do it all."""


STATES: dict[str, tuple[Callable[[Place], None], Callable[[Place], None]]] = {
    "Jobs stay queued": (states.wrong_key, fixed_key),
    "Jobs fail repeatedly": (states.jobs_fail, fixed_function),
    "Cron does not trigger": (states.switched_off, pasted),
    "The worker is gone": (states.worker_gone, worked_off),
    "It calls twice": (states.called_by_another, nothing),
    "We restored a backup": (states.copied, nothing),
}


def test_every_section_has_a_state() -> None:
    assert list(sections()) == list(STATES)


@pytest.mark.parametrize("title", STATES)
def test_its_screen_is_what_the_command_prints_and_its_commands_run(
    place: Place, title: str
) -> None:
    bring, mend = STATES[title]
    section = sections()[title]
    bring(place)
    let_workers_restart(place.owner)
    done = run(place, section.command)
    assert done.err == ""
    rest = alike(done.out)
    for piece in section.screen:
        _, there, rest = rest.partition(piece)
        assert there, f"{piece}\n\nis not, or not there, in\n\n{done.out}"
    mend(place)
    for kind, text in section.blocks:
        if kind == "sql":
            place.owner.execute(text.encode())
            continue
        [command] = text.split("\n")[:-1]
        done = run(place, command.strip().removeprefix("bunkd-db "))
        assert done.code in (0, 1), done.all
        assert "Traceback" not in done.all
    if title == "It calls twice":  # where it ends with the copy that is paused
        place.owner.execute("update bunkd.schedule set paused = false")
    after = json.loads(run(place, "status --json").out)
    assert [each["code"] for each in after["schedules"][0]["obstacles"]] == []
