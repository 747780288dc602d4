"""systemd: the units by systemd itself, the command by its rules."""

import re
import shlex
from pathlib import Path

import pytest

from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.stored import store
from tests.targets.tools import judge, run


def exec_start(unit: str, credentials: Path) -> list[str]:
    """The words of ExecStart as systemd.service(5) and systemd.unit(5) take them apart.

    What the unit has of its syntax is the part that a POSIX shell has too: double quotes with \\\\
    and \\", and a backslash at the end of a line.
    """
    joined = unit.replace("\\\n", " ")
    [line] = re.findall(r"^ExecStart=(.*)$", joined, re.MULTILINE)
    words = []
    for word in shlex.split(line):
        assert not re.search(r"(?<!%)(%%)*%(?!%)", word), "a specifier that is not ours"
        word = word.replace("%%", "%").replace("$$", "\0")
        word = word.replace("${CREDENTIALS_DIRECTORY}", str(credentials))
        assert "$" not in word, "a variable that is not ours"
        words.append(word.replace("\0", "$"))
    return words


class TestSystemd(Proof):
    target = "systemd"
    every = "30s"
    mutation = ("bunkd-call.timer", "AccuracySec=", "AcuracySec=")

    def judge(self, place: Place) -> Finished:
        units = sorted(place.folder.glob("bunkd-call.*"))
        # without --recursive-errors=no an unknown key is only a warning
        return judge("systemd-analyze", "--recursive-errors=no", "verify", *units)

    def call(self, place: Place) -> Finished:
        unit = (place.folder / "bunkd-call.service").read_text()
        assert "LoadCredential=header:/etc/bunkd/credential" in unit
        stored = store(place, "/etc/bunkd/credential")
        assert stored.stat().st_mode & 0o777 == 0o600
        header = stored.with_name("header")  # LoadCredential gives it this name
        header.write_text(stored.read_text())
        return run(*exec_start(unit, header.parent))

    @pytest.mark.parametrize(
        ("every", "line", "says"),
        [
            ("7s", "OnUnitActiveSec=7", ""),
            ("5m", "OnCalendar=*-*-* *:00/05:00 UTC", "*:00/5:00"),
            ("6h", "OnCalendar=*-*-* 00/06:00:00 UTC", "06:00:00"),
            ("24h", "OnCalendar=*-*-* 00:00:00 UTC", "00:00:00"),
            (
                "15 9 * 2-4 mon-fri",
                "OnCalendar=Mon,Tue,Wed,Thu,Fri *-02,03,04-* 09:15:00 UTC",
                "09:15",
            ),
            (
                "0 9 1 * 0",
                "OnCalendar=*-*-01 09:00:00 UTC\nOnCalendar=Sun *-*-* 09:00:00 UTC",
                "Sun",
            ),
        ],
    )
    def test_intervals(
        self, function: Endpoint, tmp_path: Path, every: str, line: str, says: str
    ) -> None:
        place = self.make(function, tmp_path, PLAIN, every=every)
        assert self.judge(place).code == 0
        assert line in (place.folder / "bunkd-call.timer").read_text()
        if says:
            calendar = line.splitlines()[-1].removeprefix("OnCalendar=")
            assert says in judge("systemd-analyze", "calendar", calendar).out
