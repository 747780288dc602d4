"""crontab: each line as cron takes it apart, run by its SHELL with its PATH."""

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

from bunkd_db.interval import parse_every
from tests.support.command import Finished
from tests.support.endpoint import Endpoint
from tests.support.wait import wait_until
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.stored import store
from tests.targets.tools import judge, run, tool

LINE = re.compile(r"((?:\S+ ){4}\S+) (\S+) (.*)")


def lines(place: Place) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The variables, and the time, user and command of each line, as crontab(5) describes them."""
    env, jobs = {}, []
    for line in (place.folder / "bunkd-call").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        assert len(line) < 1000
        assert "%" not in line
        if found := LINE.fullmatch(line):
            jobs.append((found[1], found[2], found[3]))
        else:
            name, _, value = line.partition("=")
            env[name] = value
    return env, jobs


def installed(place: Place) -> dict[str, Path]:
    """Where the steps put the files, below the test's own folder."""
    credential = store(place, "/etc/bunkd/credential")
    assert credential.stat().st_mode & 0o777 == 0o640
    script = credential.with_name("call.sh")
    text = (place.folder / "bunkd-call.sh").read_text()
    script.write_text(text.replace("@/etc/bunkd/credential", f"@{shlex.quote(str(credential))}"))
    return {"/etc/bunkd/credential": credential, "/etc/bunkd/call.sh": script}


def moved(command: str, files: dict[str, Path]) -> str:
    for path, here in files.items():
        command = command.replace(path, shlex.quote(str(here)))
    return command


class TestCrontab(Proof):
    target = "crontab"
    every = "1m"
    mutation = ("bunkd-call.sh", "curl ", "if curl ")

    def judge(self, place: Place) -> Finished:
        _, jobs = lines(place)
        for when, user, command in jobs:
            assert parse_every(when) == when
            assert user == "bunkd"
            done = run(tool("sh"), "-n", "-c", command)
            if done.code:
                return done
        return judge("shellcheck", "--severity", "warning", place.folder / "bunkd-call.sh")

    def call(self, place: Place) -> Finished:
        env, [(_, _, command)] = lines(place)
        return run(env["SHELL"], "-c", moved(command, installed(place)), env=env)

    def test_a_success_is_silent_because_cron_mails_what_is_printed(self, place: Place) -> None:
        assert self.call(place).all == ""
        place.function.fail_with = 401
        assert "401" in self.call(place).err

    def test_half_a_minute_is_two_lines(self, function: Endpoint, tmp_path: Path) -> None:
        _, jobs = lines(self.make(function, tmp_path, PLAIN, every="30s"))
        assert [when for when, _, _ in jobs] == ["* * * * *"] * 2
        first, second = (command for _, _, command in jobs)
        assert second == f"sleep 30; {first}"

    def test_calls_do_not_overlap(self, place: Place) -> None:
        env, [(_, _, command)] = lines(place)
        command = moved(command, installed(place))
        place.function.work = 30
        first = subprocess.Popen([env["SHELL"], "-c", command], env=env, start_new_session=True)
        try:
            wait_until(lambda: len(place.function.received) == 1)
            done = run(env["SHELL"], "-c", command, env=env, timeout=10)
        finally:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait()
        assert done.code != 0
        assert done.all == "", "nothing for cron to mail"
        assert len(place.function.received) == 1

    def test_numbers_stand_for_names(self, function: Endpoint, tmp_path: Path) -> None:
        _, jobs = lines(self.make(function, tmp_path, PLAIN, every="0 9 * jan,jul sun-tue"))
        assert [when for when, _, _ in jobs] == ["0 9 * 1,7 0,1,2"]
