"""The shell loop and watch, in a terminal of their own where they need one."""

import os
import pty
import signal
import subprocess
import time

from tests.support.command import Finished
from tests.support.wait import wait_until
from tests.targets.proof import Place, Proof
from tests.targets.stored import steps
from tests.targets.tools import judge, run, tool

PATH = "/usr/local/bin:/usr/bin:/bin"


class TestLocal(Proof):
    target = "local"
    every = "1s"
    mutation = ("bunkd-loop.sh", "done", "don")

    def judge(self, place: Place) -> Finished:
        return judge("shellcheck", "--severity", "warning", *sorted(place.folder.glob("*.sh")))

    def call(self, place: Place) -> Finished:
        script = place.folder / "bunkd-call.sh"
        return run(tool("sh"), script, env={"BUNKD_CREDENTIAL": place.credential})

    def test_the_answer_is_shown(self, place: Place) -> None:
        assert self.call(place).out == '{"message": "No jobs available"}\n'
        place.function.fail_with = 401
        assert "Invalid JWT" in self.call(place).out

    def test_without_a_credential_it_says_so(self, place: Place) -> None:
        for script in sorted(place.folder.glob("*.sh")):
            done = run(tool("sh"), script)
            assert done.code != 0
            assert "BUNKD_CREDENTIAL" in done.err
        assert place.function.received == []

    def test_the_loop_keeps_its_pace_and_goes_on_after_a_failure(self, place: Place) -> None:
        place.function.next_with(500)
        place.function.work = 0.3
        loop = subprocess.Popen(
            [tool("sh"), str(place.folder / "bunkd-loop.sh")],
            env={"PATH": PATH, "BUNKD_CREDENTIAL": place.credential},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: len(place.function.received) == 5, timeout=20)
        loop.terminate()
        _, err = loop.communicate()
        first, *_, last = [received.at for received in place.function.received]
        assert 3 < last - first < 5.5, "a period of a second, whatever a call takes"
        assert place.function.peak == 1
        assert "500" in err
        assert "the call failed" in err

    def test_watch_calls(self, place: Place) -> None:
        [command] = [line for line in steps(place).splitlines() if line.startswith("watch ")]
        tool("watch")
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(place.folder)
            env = {"PATH": PATH, "TERM": "xterm", "BUNKD_CREDENTIAL": place.credential}
            os.execve("/bin/sh", ["sh", "-c", f"exec {command}"], env)
        try:
            wait_until(lambda: len(place.function.received) >= 2, timeout=20)
        finally:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 10
            while os.waitpid(pid, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
                time.sleep(0.02)
            os.close(screen)
        self.assert_arrived(place.function.received[0], place)
