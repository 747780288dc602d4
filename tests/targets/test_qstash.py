"""QStash: the script against the API, and the message of the schedule against the function."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Finished, here
from tests.support.endpoint import Endpoint
from tests.targets.api import Asked
from tests.targets.proof import HOSTILE, PLAIN, Place, Proof
from tests.targets.qstash import QStash, destination, fire
from tests.targets.tools import judge, run, tool

SCHEMA = Path(__file__).with_name("qstash.schema.json")
TOKEN = "the-token"
# curl with its arguments on standard error: what ps would show
TRACED = '#!/bin/sh\nprintf \'%s\\n\' "$@" >&2\nexec /usr/bin/curl "$@"\n'


@pytest.fixture
def api() -> Iterator[QStash]:
    with QStash(TOKEN) as running:
        yield running


def apply(place: Place, api: QStash, stdin: str = "", **env: str) -> Finished:
    """Run the script against this API instead of the real one."""
    given = {"QSTASH_TOKEN": TOKEN, "BUNKD_CREDENTIAL": place.credential, "QSTASH_URL": api.url}
    done = run(tool("bash"), place.only, stdin=stdin, env=given | env)
    assert place.credential not in done.all
    return done


def made(place: Place, **env: str) -> Asked:
    """The schedule that a first run makes."""
    with QStash(TOKEN) as api:
        done = apply(place, api, **env)
        assert done.code == 0, done.all
        assert json.loads(done.out) == {"scheduleId": "bunkd-call"}
        return api.schedules["bunkd-call"]


class TestQStash(Proof):
    target = "qstash"
    every = "1m"
    mutation = ("bunkd_qstash.sh", "Upstash-Retries", "Upstash-Retry")

    def judge(self, place: Place) -> Finished:
        done = judge("shellcheck", "--severity", "warning", place.only)
        if done.code:
            return done
        headers = place.folder.parent / "headers.json"
        content = {name.lower(): text for name, text in made(place).headers.items()}
        headers.write_text(json.dumps(content))
        return judge("check-jsonschema", "--schemafile", SCHEMA, headers)

    def call(self, place: Place) -> Finished:
        """A message that failed is in QStash's log at once, where nothing is tried again."""
        schedule = made(place)
        assert schedule.header("Upstash-Retries") == "0"
        return fire(schedule)

    def test_shellcheck_rejects_a_mutation_too(self, place: Place) -> None:
        place.only.write_text(place.only.read_text().replace('"${lines[@]}"', "${lines[@]}"))
        done = judge("shellcheck", place.only)
        assert done.code == 1
        assert "SC2068" in done.out

    def test_it_is_safe_to_repeat(self, place: Place, api: QStash) -> None:
        for _ in range(2):
            assert apply(place, api).code == 0
        assert list(api.schedules) == ["bunkd-call"]

    def test_the_schedule_is_whole(self, function: Endpoint, tmp_path: Path) -> None:
        place = self.make(function, tmp_path, {"BUNKD_CALL_TIMEOUT": "40s"}, every="0 9 * * 1-5")
        schedule = made(place)
        assert destination(schedule) == function.url
        assert schedule.header("Upstash-Cron") == "0 9 * * 1,2,3,4,5"
        assert schedule.header("Upstash-Timeout") == "40s"
        assert schedule.header("Upstash-Method") == "POST"
        assert schedule.header("Upstash-Redact-Fields") == "header[Authorization]"
        assert schedule.header("Upstash-Failure-Callback") is None

    def test_a_failure_callback_may_be_named(self, place: Place) -> None:
        schedule = made(place, QSTASH_FAILURE_CALLBACK="https://a.example/x?y=z")
        assert schedule.header("Upstash-Failure-Callback") == "https://a.example/x?y=z"

    def test_no_secret_is_an_argument(self, place: Place, api: QStash, tmp_path: Path) -> None:
        curl = tmp_path / "bin/curl"
        curl.parent.mkdir()
        curl.write_text(TRACED)
        curl.chmod(0o755)
        done = apply(place, api, PATH=f"{curl.parent}:/usr/bin:/bin")
        assert done.code == 0
        assert "Upstash-Cron: * * * * *" in done.err
        assert TOKEN not in done.err

    def test_it_asks_for_what_is_not_in_the_environment(self, place: Place, api: QStash) -> None:
        stdin = f"{TOKEN}\n{place.credential}\n"
        done = apply(place, api, stdin=stdin, QSTASH_TOKEN="", BUNKD_CREDENTIAL="")
        assert done.code == 0, done.err
        [schedule] = api.schedules.values()
        assert schedule.header("Upstash-Forward-Authorization") == f"Bearer {place.credential}"

    @pytest.mark.parametrize("credential", ["", "a\nX-Injected: b", "a b", "ü"])
    def test_what_no_header_carries_is_refused(
        self, place: Place, api: QStash, credential: str
    ) -> None:
        done = apply(place, api, BUNKD_CREDENTIAL=credential)
        assert done.code == 1
        assert "BUNKD_CREDENTIAL is empty, or has a character" in done.err
        assert api.asked == []

    def test_a_wrong_token_is_said(self, place: Place, api: QStash) -> None:
        done = apply(place, api, QSTASH_TOKEN="wrong")
        assert done.code == 22
        assert "401" in done.err

    def test_what_the_api_says_is_said(self, place: Place, api: QStash) -> None:
        api.full = True
        done = apply(place, api)
        assert done.code == 22
        assert "412" in done.err
        assert "too many schedules" in done.out

    def test_a_query_is_not_confirmed(self, function: Endpoint, tmp_path: Path) -> None:
        for name, settings, said in (("plain", PLAIN, False), ("hostile", HOSTILE, True)):
            text = self.make(function, tmp_path / name, settings).only.read_text()
            assert ("is not confirmed: check the first call" in text) is said

    @pytest.mark.parametrize(
        ("every", "url", "says"),
        [
            ("1m", "https://x.example/?a=b&Upstash-Retries=3", "for itself"),
            ("1m", "https://x.example/?qstash_token=x", "for itself"),
            ("0 9 1 * 1", "https://x.example", "combines a day of month with a day of week"),
        ],
    )
    def test_what_it_cannot_carry_is_refused(self, every: str, url: str, says: str) -> None:
        done = here("external", "generate", "qstash", "--every", every, BUNKD_CALL_URL=url)
        assert done.code == 1
        assert done.out == ""
        assert says in done.err
