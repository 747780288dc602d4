"""Cloud Scheduler: the script against a stand-in for gcloud, and where it is installed against the
real one; the job that it makes against the function."""

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint, Mode
from tests.targets.api import Api, Asked, send
from tests.targets.proof import HOSTILE, PLAIN, Place, Proof
from tests.targets.tools import judge, run, tool

SCHEMA = Path(__file__).with_name("gcp_scheduler.schema.json")
LOCATION = "us-central1"
# as gcloud does: a job is made once, and the answer has its headers but for --format
STAND_IN = """\
#!/bin/sh
set -eu
cd "${0%/*}"
printf '%s ' "$@" >>asked
echo >>asked
case "$*" in *"--format=value(name)"*) ;; *) cat job ;; esac
[ "$CLOUDSDK_CORE_DISABLE_FILE_LOGGING" = 1 ] || exit 1
case $3 in
describe) [ -e job ] ;;
create) [ ! -e job ] && cat >job ;;
update) [ -e job ] && cat >job ;;
esac || { echo "ERROR: (gcloud.scheduler.jobs.$3) as told" >&2; exit 1; }
echo bunkd-call
"""


@dataclass
class CloudScheduler(Api):
    """The API as gcloud asks it: one job."""

    job: dict[str, Any] | None = None

    def allows(self, asked: Asked) -> bool:
        return asked.header("Authorization") == f"Bearer {self.key}"

    def answer(self, asked: Asked) -> tuple[int, object]:
        if asked.method == "GET" and self.job is None:
            return 404, {"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}
        if asked.body:
            self.job = json.loads(asked.body)
        return 200, self.job


@pytest.fixture
def gcloud(tmp_path: Path) -> Path:
    """The stand-in; beside it `asked` has the arguments of each call, and `job` the flags."""
    program = tmp_path / "bin/gcloud"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    return program


def apply(place: Place, folder: Path, stdin: str = "", **env: str) -> Finished:
    given = {"PATH": f"{folder}:/usr/bin:/bin", "BUNKD_CREDENTIAL": place.credential, **env}
    done = run(tool("bash"), place.only, LOCATION, stdin=stdin, env=given)
    assert place.credential not in done.all
    return done


def made(place: Place) -> dict[str, Any]:
    """The flags of the job that a first run makes."""
    folder = place.folder.parent / "first"
    folder.mkdir()
    (folder / "gcloud").write_text(STAND_IN)
    (folder / "gcloud").chmod(0o755)
    done = apply(place, folder)
    assert done.code == 0, done.all
    assert place.credential not in (folder / "asked").read_text()
    flags: dict[str, Any] = json.loads((folder / "job").read_text())
    return flags


class TestGcpScheduler(Proof):
    target = "gcp-scheduler"
    every = "1m"
    mutation = ("bunkd_gcp_scheduler.sh", "--max-retry-attempts", "--max-retries")

    def judge(self, place: Place) -> Finished:
        done = judge("shellcheck", "--severity", "warning", place.only)
        if done.code:
            return done
        flags = place.folder.parent / "flags.json"
        flags.write_text(json.dumps(made(place)))
        return judge("check-jsonschema", "--schemafile", SCHEMA, flags)

    def call(self, place: Place) -> Finished:
        flags = made(place)
        assert flags["--max-retry-attempts"] == 0
        method = flags["--http-method"].upper()
        return send(method, flags["--uri"], flags["--headers"], flags["--message-body"])

    @pytest.mark.parametrize("mode", [500, 401, 404, "reset", "refuse"])
    def test_a_failure_is_loud(self, place: Place, mode: Mode) -> None:
        """Of a redirect, which it follows, the file says so."""
        super().test_a_failure_is_loud(place, mode)
        assert "It follows redirects." in place.only.read_text()

    def test_shellcheck_rejects_a_mutation_too(self, place: Place) -> None:
        text = place.only.read_text()
        place.only.write_text(text.replace('"$@" bunkd-call', "$@ bunkd-call"))
        assert "SC2068" in judge("shellcheck", place.only).out

    def test_it_is_safe_to_repeat(self, place: Place, gcloud: Path) -> None:
        for _ in range(2):
            done = apply(place, gcloud.parent)
            assert done.code == 0, done.all
            assert done.out == "bunkd-call\n"
        tail = f"bunkd-call --location={LOCATION} --format=value(name)"
        asked = (gcloud.parent / "asked").read_text().splitlines()
        assert [line.strip() for line in asked] == [
            f"scheduler jobs describe {tail}",
            f"scheduler jobs create http --flags-file=- {tail}",
            f"scheduler jobs describe {tail}",
            f"scheduler jobs update http --flags-file=- {tail}",
        ]
        flags = json.loads((gcloud.parent / "job").read_text())
        assert "--headers" not in flags
        assert flags["--update-headers"]["Authorization"] == f"Bearer {place.credential}"

    def test_gcloud_itself_takes_it(self, function: Endpoint, tmp_path: Path) -> None:
        """What it sends to the API, and that it writes the credential nowhere."""
        found = shutil.which("gcloud")
        if found is None:
            pytest.skip("gcloud is not installed")
        place, config = self.make(function, tmp_path, HOSTILE), tmp_path / "config"
        token = tmp_path / "token"
        token.write_text("the-token")
        with CloudScheduler("the-token") as api:
            env = {
                "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDSCHEDULER": f"{api.url}/",
                "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
                "CLOUDSDK_CONFIG": str(config),
                "CLOUDSDK_CORE_PROJECT": "a-project",
            }
            for _ in range(2):
                done = apply(place, Path(found).parent, **env)
                assert done.code == 0, done.all
            assert [line.split(" ")[0] for line in api.asked] == ["GET", "POST", "GET", "PATCH"]
            assert api.job is not None
        target = api.job["httpTarget"]
        body = base64.b64decode(target["body"]).decode()
        done = send(target["httpMethod"], target["uri"], target["headers"], body)
        assert done.code == 0
        [received] = function.received
        self.assert_arrived(received, place)
        assert api.job["retryConfig"]["retryCount"] == 0
        assert api.job["schedule"] == "* * * * *"
        texts = [path.read_bytes() for path in config.rglob("*") if path.is_file()]
        assert all(place.credential.encode() not in text for text in texts)

    def test_a_failure_of_gcloud_is_said(self, place: Place, gcloud: Path) -> None:
        gcloud.write_text(STAND_IN.replace("create) [ ! -e job ]", "create) false"))
        done = apply(place, gcloud.parent)
        assert done.code == 1
        assert "ERROR: (gcloud.scheduler.jobs.create) as told" in done.err

    def test_it_asks_for_the_credential(self, place: Place, gcloud: Path) -> None:
        done = apply(place, gcloud.parent, stdin=f"{place.credential}\n", BUNKD_CREDENTIAL="")
        assert done.code == 0, done.err
        flags = json.loads((gcloud.parent / "job").read_text())
        assert flags["--headers"]["Authorization"] == f"Bearer {place.credential}"

    def test_it_asks_for_a_location(self, place: Place) -> None:
        done = run(tool("bash"), place.only)
        assert done.code != 0
        assert "name a location" in done.err

    @pytest.mark.parametrize(
        ("every", "timeout", "schedule", "deadline"),
        [
            ("1m", "35s", "* * * * *", "35s"),
            ("5m", "5s", "*/5 * * * *", "15s"),
            ("0 9 * * 1-5", "10m", "0 9 * * 1,2,3,4,5", "600s"),
        ],
    )
    def test_the_schedule_is_whole(
        self,
        function: Endpoint,
        tmp_path: Path,
        every: str,
        timeout: str,
        schedule: str,
        deadline: str,
    ) -> None:
        settings = {**PLAIN, "BUNKD_CALL_TIMEOUT": timeout}
        flags = made(self.make(function, tmp_path, settings, every=every))
        assert flags["--schedule"] == schedule
        assert flags["--attempt-deadline"] == deadline
        assert flags["--time-zone"] == "Etc/UTC"

    def test_two_days_are_refused(self) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example"}
        done = here("external", "generate", "gcp-scheduler", "--every", "0 9 1 * 1", **env)
        assert done.code == 1
        assert "combines a day of month with a day of week" in done.err
