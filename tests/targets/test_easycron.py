"""EasyCron: the script against the API, and the job that it makes against the function."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint, Mode
from tests.targets.easycron import EasyCron, fire
from tests.targets.proof import PLAIN, Place, Proof
from tests.targets.tools import judge, run

SCHEMA = Path(__file__).with_name("easycron.schema.json")
AGAINST = "import bunkd_easycron as script; script.API = {url!r}; script.main()"
KEY = "the-api-key"
LIST = "GET /cron-jobs?page_size=500&page=1"


@pytest.fixture
def api() -> Iterator[EasyCron]:
    with EasyCron(KEY) as running:
        yield running


def apply(place: Place, api: EasyCron, **env: str) -> Finished:
    """Run the script against this API instead of the real one."""
    given = {"EASYCRON_API_KEY": KEY, "BUNKD_CREDENTIAL": place.credential, **env}
    done = run(sys.executable, "-c", AGAINST.format(url=api.url), cwd=place.folder, env=given)
    assert place.credential not in done.all
    return done


def made(place: Place) -> dict[str, Any]:
    """The job that a first run makes."""
    with EasyCron(KEY) as api:
        done = apply(place, api)
        assert done.code == 0, done.err
        [job] = api.jobs.values()
        return job


class TestEasyCron(Proof):
    target = "easycron"
    every = "1m"
    mutation = ("bunkd_easycron.py", '"cron_expression"', '"cron_expresion"')

    def judge(self, place: Place) -> Finished:
        done = judge("ruff", "check", "--isolated", place.folder / "bunkd_easycron.py")
        if done.code:
            return done
        job = place.folder / "job.json"
        job.write_text(json.dumps(made(place)))
        return judge("check-jsonschema", "--schemafile", SCHEMA, job)

    def call(self, place: Place) -> Finished:
        """EasyCron mails about a failure only where the job says so."""
        job = made(place)
        assert job["status"] == 1
        assert job["send_email"] == 1
        assert job["success_criterion"] == 1
        return fire(job)

    @pytest.mark.parametrize("mode", [500, 401, 404, "reset", "refuse"])
    def test_a_failure_is_loud(self, place: Place, mode: Mode) -> None:
        """Of redirects nothing is known, and that is said: see below."""
        super().test_a_failure_is_loud(place, mode)

    def test_what_is_not_known_is_said(self) -> None:
        env = {"BUNKD_CALL_URL": "https://x.example"}
        done = here("external", "generate", "easycron", "--every", "1m", **env)
        assert done.code == 0
        assert "does not document how it separates several headers" in done.err
        assert "whether it follows a redirect" in " ".join(done.err.split())
        assert "Whether easycron keeps 1m on your plan is not confirmed" in done.err

    def test_it_is_safe_to_repeat(self, place: Place, api: EasyCron) -> None:
        assert "created job 4711" in apply(place, api).out
        api.jobs[4711].update(status=0, url="http://elsewhere")
        api.jobs[1] = {"cron_job_name": "another", "status": 0}
        assert "updated job 4711" in apply(place, api).out
        assert api.jobs[4711]["status"] == 1
        assert api.jobs[4711]["url"] == place.function.url
        assert api.jobs[1] == {"cron_job_name": "another", "status": 0}
        assert api.asked == [LIST, "POST /cron-jobs", LIST, "PATCH /cron-jobs/4711"]

    def test_it_finds_the_job_on_another_page(self, place: Place, api: EasyCron) -> None:
        api.jobs = {number: {"cron_job_name": "another"} for number in range(1, 1001)}
        assert "created job 1001" in apply(place, api).out
        assert "updated job 1001" in apply(place, api).out

    def test_it_does_not_guess_between_two(self, place: Place, api: EasyCron) -> None:
        api.jobs = {1: {"cron_job_name": "bunkd-call"}, 2: {"cron_job_name": "bunkd-call"}}
        done = apply(place, api)
        assert done.code == 1
        assert "2 jobs" in done.err

    def test_without_names_it_makes_no_second_job(self, place: Place, api: EasyCron) -> None:
        api.jobs = {1: {"url": "https://x.example"}}
        done = apply(place, api)
        assert done.code == 1
        assert "jobs without a name" in done.err
        assert list(api.jobs) == [1]

    def test_what_the_plan_does_not_allow_is_said(self, place: Place, api: EasyCron) -> None:
        api.refuses = "your plan allows 20 minutes"
        done = apply(place, api)
        assert done.code == 1
        assert done.err == "EasyCron answered 400 to POST /cron-jobs: your plan allows 20 minutes\n"

    def test_a_wrong_key_is_said(self, place: Place, api: EasyCron) -> None:
        done = apply(place, api, EASYCRON_API_KEY="wrong")
        assert done.code == 1
        assert done.err == f"EasyCron answered 401 to {LIST}: it does not say why\n"

    def test_a_credential_adds_no_header(self, place: Place, api: EasyCron) -> None:
        done = apply(place, api, BUNKD_CREDENTIAL="a\nX-Injected: b")
        assert done.code == 1
        assert "BUNKD_CREDENTIAL is empty, or has a character" in done.err
        assert api.asked == []

    @pytest.mark.parametrize(
        ("every", "expression"),
        [
            ("1m", "* * * * * *"),
            ("6h", "0 */6 * * * *"),
            ("0 9 * * 1-5", "0 9 * * 1,2,3,4,5 *"),
            ("0 0 1,2 * 3", "0 0 1,2 * 3 *"),  # on either day, as its documentation says
        ],
    )
    def test_the_schedule_is_whole(
        self, function: Endpoint, tmp_path: Path, every: str, expression: str
    ) -> None:
        job = made(self.make(function, tmp_path, PLAIN, every=every))
        assert job["cron_expression"] == expression
        assert (job["timezone_from"], job["timezone"]) == (2, "UTC")
        assert job["timeout"] == 35

    def test_what_it_cannot_carry_is_refused(self) -> None:
        long = "https://x.example/" + "a" * 1024
        done = here("external", "generate", "easycron", "--every", "1m", BUNKD_CALL_URL=long)
        assert done.code == 1
        assert done.out == ""
        assert "1,024 characters" in done.err
