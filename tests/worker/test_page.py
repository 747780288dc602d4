"""The page that a worker shows to a browser: to whom, what of it, and what it costs the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bunkd_db.worker.kept import Kept
from tests.support.browser import browser
from tests.support.machine import free_port
from tests.support.page import BROWSER, ask
from tests.support.wait import wait_until
from tests.support.worker import CREDENTIAL, worker
from tests.worker.place import Place


@contextmanager
def serving(place: Place, **env: str) -> Iterator[int]:
    port = free_port()
    with place.worker(PORT=str(port), **env) as one:
        one.works()
        yield port


def job_of(place: Place) -> str:
    """A job that a call worked off."""
    place.add()
    place.done(1)
    place.settled()
    row = place.connection.execute("select job_id from bunkd.call where outcome = 'ok'").fetchone()
    assert row is not None
    return str(row[0])


def test_a_browser_gets_the_page_and_everybody_else_the_json(place: Place) -> None:
    with serving(place) as port:
        job = job_of(place)
        for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            told = ask(port, **accept)
            assert (told.status, told.headers["Content-Type"]) == (200, "application/json")
            assert told.text.startswith('{"healthy": true')
        seen = ask(port, **BROWSER)
        assert (seen.status, seen.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert (seen.headers["Cache-Control"], seen.headers["Vary"]) == ("no-store", "Accept")
        for part in ("This worker", "working", "Last calls", job, "BUNKD_CALL_URL", "Checks that"):
            assert part in seen.text, part
        assert CREDENTIAL not in seen.text
        assert ask(port, "/live", **BROWSER).headers["Content-Type"] == "application/json"


def test_it_is_clean_in_a_browser(place: Place, tmp_path: Path) -> None:
    with serving(place) as port, browser(tmp_path) as chromium:
        url = f"http://127.0.0.1:{port}/"
        chromium.look(url, width=360).is_clean(url)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "8.8.8.8"},
        {"Forwarded": "for=8.8.8.8"},
        {"Host": "worker.up.example.com"},
        {"Host": "8.8.8.8:8080"},
        {"Host": "[::"},
    ],
)
def test_from_afar_it_has_the_workers_own_state_alone(
    place: Place, headers: dict[str, str]
) -> None:
    with serving(place) as port:
        job = job_of(place)
        seen = ask(port, **BROWSER, **headers)
        assert seen.status == 200
        assert "own network" in seen.text
        assert "Calls in flight" in seen.text
        for part in (job, "Last calls", "BUNKD_CALL_URL", "analysis_jobs"):
            assert part not in seen.text, part


def test_a_role_that_may_not_read_shows_nothing(place: Place) -> None:
    with place.database.admin() as admin:
        admin.execute("create role bunkd_worker login password 'postgres'")
    place.upgrade(BUNKD_WORKER_ROLE="bunkd_worker")
    with serving(place, DATABASE_URL=place.database.url_as("bunkd_worker")) as port:
        job = job_of(place)
        seen = ask(port, **BROWSER)
        assert seen.status == 200
        assert "role bunkd_worker cannot read the status" in seen.text
        assert "BUNKD_READER_ROLE" in seen.text
        for part in (job, "Last calls", "BUNKD_CALL_URL", "analysis_jobs", "postgres:postgres"):
            assert part not in seen.text, part


def test_many_who_look_cost_one_question(place: Place) -> None:
    with serving(place) as port:
        first = ask(port, **BROWSER).text
        found: list[str] = []
        looking = [
            threading.Thread(target=lambda: found.append(ask(port, **BROWSER).text))
            for _ in range(20)
        ]
        for each in looking:
            each.start()
        for each in looking:
            each.join()
        assert len(found) == 20
        # a question every 5 s; a busy machine may need longer than that for all of them
        assert len({first, *found}) <= 2


def test_the_page_while_the_database_is_away(place: Place) -> None:
    with serving(place) as port:
        with place.away():
            wait_until(lambda: ask(port).status == 503, 30)
            seen = ask(port, **BROWSER)
        assert seen.status == 503
        assert "Disconnected" in seen.text
        assert "cannot connect" in seen.text
        assert "postgres:postgres" not in seen.text


def test_a_worker_without_a_database(place: Place) -> None:
    port = free_port()
    with worker("--every", "1h", PORT=str(port), BUNKD_CALL_URL=place.function.url) as one:
        one.said("call")
        seen = wait_until(lambda: ask(port, **BROWSER))
        assert seen.status == 200
        assert "this worker has no database" in seen.text
        assert "Working" in seen.text


def test_what_is_kept_is_asked_for_once_and_nobody_waits_for_a_new_one() -> None:
    asked: list[int] = []
    go, slow = threading.Event(), threading.Event()

    def answer() -> int:
        asked.append(len(asked))
        if len(asked) > 1:
            slow.set()
            assert go.wait(10)
        return len(asked)

    kept = Kept(3600, answer)
    assert [kept.get() for _ in range(3)] == [1, 1, 1]
    old = Kept(0, answer)
    asked.clear()
    assert old.get() == 1
    thread = threading.Thread(target=old.get)
    thread.start()
    assert slow.wait(10)
    assert old.get() == 1, "the old one, while the new one is asked for"
    go.set()
    thread.join()
    assert old.get() >= 2
