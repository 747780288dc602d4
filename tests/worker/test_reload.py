"""A worker takes its credential anew at SIGHUP, and keeps the former one where that cannot be."""

import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from bunkd_db.errors import ConfigurationError
from tests.support.command import environment
from tests.support.terminal import take_terminal
from tests.support.upgrade import settings
from tests.support.wait import wait_until
from tests.support.worker import worker
from tests.worker.place import Place

FIRST = "the-first-token-of-the-worker"
SECOND = "the-second-token-of-the-worker"


def test_a_file_that_has_changed(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text(f"{FIRST}\n")
    place.function.require = ("Authorization", f"Bearer {FIRST}", f"Bearer {SECOND}")
    with place.worker(credential="", BUNKD_CREDENTIAL_FILE=str(file)) as one:
        one.works()
        place.add()
        place.done(1)
        file.write_text("two lines\nare none")
        one.process.send_signal(signal.SIGHUP)
        assert "line break" in one.said("the credential was not reloaded")["reason"]
        file.write_text("sb_secret_of_another_kind")
        one.process.send_signal(signal.SIGHUP)
        one.said("the credential was not reloaded")
        place.add()
        place.done(2)
        file.write_text(SECOND)
        one.process.send_signal(signal.SIGHUP)
        one.said("the credential was reloaded")
        place.function.require = ("Authorization", f"Bearer {SECOND}")
        place.add()
        place.done(3)
        assert FIRST not in one.log
        assert SECOND not in one.log
    sent = [each.header("Authorization") for each in place.function.received]
    assert sent == [f"Bearer {FIRST}", f"Bearer {FIRST}", f"Bearer {SECOND}"]


def test_a_file_that_is_never_read_stops_nothing(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text(FIRST)
    with place.worker(credential="", BUNKD_CREDENTIAL_FILE=str(file)) as one:
        one.works()
        file.unlink()
        os.mkfifo(file)  # as a mount that hangs
        one.process.send_signal(signal.SIGHUP)
        place.add()
        place.done(1)
        one.said("the credential was not reloaded")
        file.unlink()
        file.write_text(SECOND)
        one.process.send_signal(signal.SIGHUP)
        one.said("the credential was reloaded")
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(20) == 0


def test_without_a_database(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text(FIRST)
    env = {"BUNKD_CALL_URL": place.function.url, "BUNKD_CREDENTIAL_FILE": str(file)}
    with worker("--every", "1s", credential="", **env) as one:
        one.said("call")
        file.write_text(SECOND)
        one.process.send_signal(signal.SIGHUP)
        one.said("the credential was reloaded")
        calls = len(one.events("call"))
        wait_until(lambda: len(one.events("call")) >= calls + 2, message="two more calls")
    assert place.function.received[-1].header("Authorization") == f"Bearer {SECOND}"


def test_the_same_again_is_not_called_new(place: Place) -> None:
    env = {"BUNKD_CALL_URL": place.function.url}
    with worker("--every", "1s", **env) as one:  # a variable of its environment
        one.said("call")
        one.process.send_signal(signal.SIGHUP)
        said = one.said("the credential was not reloaded")
        assert said["reason"] == "it is the same as before"
        assert "restart the worker" in said["remedy"]
        assert not one.events("the credential was reloaded")


def test_a_file_without_a_credential_lets_no_other_one_in(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text(FIRST)
    env = {"BUNKD_CREDENTIAL_FILE": str(file), "SUPABASE_SERVICE_ROLE_KEY": SECOND}
    with worker("--every", "1s", credential="", BUNKD_CALL_URL=place.function.url, **env) as one:
        one.said("call")
        file.write_text("\n")  # as while it is written
        one.process.send_signal(signal.SIGHUP)
        said = one.said("the credential was not reloaded")["reason"]
        assert said == "the file that BUNKD_CREDENTIAL_FILE names is empty"
        assert not one.events("the credential was reloaded")


def test_a_reload_that_comes_while_it_starts_on_a_terminal_does_not_end_it(place: Place) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "bunkd_db", "worker", "--every", "1s"],
        stdout=theirs,
        stderr=theirs,
        cwd="/",
        env=environment(BUNKD_CREDENTIAL=FIRST, BUNKD_CALL_URL=place.function.url),
    ) as process:
        os.close(theirs)
        shown = b""
        while b"bunkd_db.worker.log" not in shown:  # long before its loop is there
            shown = shown[-100:] + os.read(ours, 4096)
        process.send_signal(signal.SIGHUP)
        reader = threading.Thread(target=drain, args=(ours,), daemon=True)
        reader.start()
        wait_until(lambda: place.function.received, message="it works")
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    reader.join()
    os.close(ours)


def drain(terminal: int) -> None:
    """Read it to its end, so that nobody waits for it."""
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_a_terminal_that_closes_ends_it(place: Place) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bunkd_db", "worker", "--every", "1s"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd="/",
        env=environment(BUNKD_CREDENTIAL=FIRST, BUNKD_CALL_URL=place.function.url),
        start_new_session=True,
        preexec_fn=take_terminal,
    ) as process:
        os.close(theirs)
        wait_until(lambda: place.function.received, message="it works")
        os.close(ours)
        assert process.wait(15) is not None


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read BUNKD_CREDENTIAL_FILE"):
        settings(BUNKD_CREDENTIAL_FILE=str(tmp_path / "nofile"))
    with pytest.raises(ConfigurationError, match="are both set"):
        settings(BUNKD_CREDENTIAL_FILE=str(tmp_path), BUNKD_CREDENTIAL="x")
