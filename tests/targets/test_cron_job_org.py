"""cron-job.org: the script against the API, and the job that it makes against the function."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint
from tests.targets.cron_job_org import CronJobOrg, fire
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.tools import judge, run

SCHEMA = Path(__file__).with_name("cron_job_org.schema.json")
AGAINST = "import bunkd_cron_job_org as script; script.API = {url!r}; script.main()"
KEY = "the-api-key"


@pytest.fixture
def api() -> Iterator[CronJobOrg]:
    with CronJobOrg(KEY) as running:
        yield running


def apply(place: Place, api: CronJobOrg, key: str = KEY) -> Finished:
    """Run the script against this API instead of the real one."""
    code = AGAINST.format(url=api.url)
    env = {"CRON_JOB_ORG_KEY": key, "BUNKD_CREDENTIAL": place.credential}
    return run(sys.executable, "-c", code, cwd=place.folder, env=env)


def made(place: Place) -> dict[str, Any]:
    """The job that a first run makes."""
    with CronJobOrg(KEY) as api:
        done = apply(place, api)
        assert done.code == 0, done.err
        assert place.credential not in done.all
        [job] = api.jobs.values()
        return job


class TestCronJobOrg(Proof):
    target = "cron-job-org"
    every = "1m"
    mutation = ("bunkd_cron_job_org.py", '"enabled"', '"enable"')

    def judge(self, place: Place) -> Finished:
        done = judge("ruff", "check", "--isolated", place.folder / "bunkd_cron_job_org.py")
        if done.code:
            return done
        job = place.folder / "job.json"
        job.write_text(json.dumps({"job": made(place)}))
        return judge("check-jsonschema", "--schemafile", SCHEMA, job)

    def call(self, place: Place) -> Finished:
        """cron-job.org mails about a failure only where the job says so."""
        job = made(place)
        assert job["enabled"] is True
        assert job["redirectSuccess"] is False
        assert job["notification"]["onFailure"] is True
        assert job["notification"]["onDisable"] is True
        return fire(job)

    def test_it_is_safe_to_repeat(self, place: Place, api: CronJobOrg) -> None:
        assert "created job 4711" in apply(place, api).out
        api.jobs[4711].update(enabled=False, url="http://elsewhere")
        api.jobs[1] = {"title": "another", "enabled": False}
        assert "updated job 4711" in apply(place, api).out
        assert api.jobs[4711]["enabled"] is True
        assert api.jobs[4711]["url"] == place.function.url
        assert api.jobs[1] == {"title": "another", "enabled": False}
        assert api.asked == ["GET /jobs", "PUT /jobs", "GET /jobs", "PATCH /jobs/4711"]

    def test_it_does_not_guess_between_two(self, place: Place, api: CronJobOrg) -> None:
        api.jobs = {1: {"title": "bunkd-call"}, 2: {"title": "bunkd-call"}}
        done = apply(place, api)
        assert done.code == 1
        assert "2 jobs" in done.err

    def test_a_wrong_key_is_said(self, place: Place, api: CronJobOrg) -> None:
        done = apply(place, api, key="wrong")
        assert done.code == 1
        assert done.err == "cron-job.org answered 401 to GET /jobs\n"

    @pytest.mark.parametrize(
        ("every", "named"),
        [
            ("1m", {}),
            ("5m", {"minutes": list(range(0, 60, 5))}),
            ("6h", {"minutes": [0], "hours": [0, 6, 12, 18]}),
            ("0 9 * * 1-5", {"minutes": [0], "hours": [9], "wdays": [1, 2, 3, 4, 5]}),
        ],
    )
    def test_the_schedule_is_whole(
        self, function: Endpoint, tmp_path: Path, every: str, named: dict[str, list[int]]
    ) -> None:
        schedule = made(self.make(function, tmp_path, PLAIN, every=every))["schedule"]
        parts = {name: [-1] for name in ("minutes", "hours", "mdays", "months", "wdays")}
        assert schedule == {"timezone": "UTC", "expiresAt": 0, **parts, **named}

    @pytest.mark.parametrize(
        ("every", "body", "says"),
        [
            ("1m", '{"at": "%cjo:unixtime%"}', "%cjo:…%"),
            ("0 9 1 * 1", "{}", "combines a day of month with a day of week"),
        ],
    )
    def test_what_it_cannot_carry_is_refused(self, every: str, body: str, says: str) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example", "BUNKD_BODY": body}
        done = here("external", "generate", "cron-job-org", "--every", every, **env)
        assert done.code == 1
        assert done.out == ""
        assert says in done.err
