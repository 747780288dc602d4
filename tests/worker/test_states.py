"""What a worker says of itself is true, and where only a person can help, it ends."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bunkd_db.calling.client import client
from bunkd_db.credential import Credential
from bunkd_db.errors import BunkdError
from bunkd_db.worker.dispatcher import Dispatcher
from bunkd_db.worker.state import State
from tests.support.machine import free_port
from tests.support.page import get
from tests.support.upgrade import settings
from tests.support.wait import wait_until
from tests.worker.place import Place

CREDENTIAL = Credential("t0ken")


def run(url: str, stop_after: float | None = None, schedule: str | None = None) -> State:
    """A worker in this process, whose patience is half a second instead of a minute."""
    state = State("w")

    async def work() -> None:
        stop = asyncio.Event()
        if stop_after:
            asyncio.get_running_loop().call_later(stop_after, stop.set)
        given = settings(url).about(schedule) if schedule else settings(url)
        async with client(CREDENTIAL) as http:
            await Dispatcher(http, CREDENTIAL, state, stop, given, patience=0.5).run()

    asyncio.run(asyncio.wait_for(work(), 20))
    return state


def test_a_database_without_us(place: Place) -> None:
    place.connection.execute("drop schema bunkd cascade")
    with pytest.raises(BunkdError, match="is not installed") as raised:
        run(place.database.url)
    assert (raised.value.exit_code, raised.value.help) == (1, "Run: bunkd-db upgrade")


def test_a_schedule_without_a_url(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set url = null")
    with pytest.raises(BunkdError, match="no URL to call is set") as raised:
        run(place.database.url)
    assert raised.value.exit_code == 2
    assert "BUNKD_CALL_URL" in raised.value.remedy


def test_a_role_that_was_not_let_in(place: Place) -> None:
    with place.database.admin() as admin:
        admin.execute("create role stranger login password 'postgres'")
    with pytest.raises(BunkdError, match="permission denied") as raised:
        run(place.database.url_as("stranger"))
    assert raised.value.exit_code == 3
    assert "BUNKD_WORKER_ROLE" in raised.value.remedy


def test_a_user_that_the_server_turns_away(place: Place) -> None:
    with pytest.raises(BunkdError, match="cannot connect") as raised:
        run(place.database.url_as("nobody_here"))
    assert raised.value.exit_code == 3


def test_a_schedule_that_is_not_there(place: Place) -> None:
    with pytest.raises(BunkdError, match="there is no schedule nope"):
        run(place.database.url, schedule="nope")


def test_a_database_that_is_not_there_is_asked_again_for_ever(place: Place) -> None:
    del place
    url = f"postgresql://127.0.0.1:{free_port()}/postgres"
    assert run(url, stop_after=3).doing == "stopping", "six times its patience"


def test_what_is_set_right_in_time_ends_nothing(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set url = null")
    with place.worker() as one:
        one.said("worker blocked")
        place.connection.execute("update bunkd.schedule set url = %s", [place.function.url])
        place.add()
        place.done(1)
        assert one.process.poll() is None


@contextmanager
def health(place: Place) -> Iterator[int]:
    port = free_port()
    with place.worker(PORT=str(port)) as one:
        one.works()
        yield port


def says(port: int, status: int, doing: str) -> dict[str, object]:
    """Wait until the health page says this."""

    def page() -> dict[str, object]:
        code, text = get(port, "/")
        found: dict[str, object] = json.loads(text) if text else {}
        return found if (code, found.get("doing")) == (status, doing) else {}

    found = wait_until(page, 30, f"{status} {doing}", lambda: str(get(port, "/")))
    assert found["healthy"] is (status == 200)
    assert bool(found["trouble"]) is (doing not in ("working", "on standby"))
    return found


def test_the_health_page_is_200_only_while_it_can_work(place: Place) -> None:
    place.upgrade(BUNKD_EVERY="1s")
    with health(place) as port:
        says(port, 200, "working")
        place.connection.execute("alter table public.analysis_jobs rename to not_here")
        assert "does not exist" in str(says(port, 503, "blocked")["trouble"])
        place.connection.execute("alter table public.not_here rename to analysis_jobs")
        says(port, 200, "working")
        place.connection.execute("update bunkd.schedule set paused = true")
        says(port, 200, "paused")
        place.connection.execute("update bunkd.schedule set paused = false")
        says(port, 200, "working")


def test_the_health_page_while_calls_fail(place: Place) -> None:
    place.upgrade(BUNKD_EVERY="1s")
    with health(place) as port:
        place.function.fail_with = 500
        place.add(3)
        says(port, 503, "backing off")
        place.function.fail_with = None
        place.done(3, timeout=60)
        says(port, 200, "working")


def test_the_health_page_while_the_database_is_away(place: Place) -> None:
    with health(place) as port:
        with place.away():
            says(port, 503, "disconnected")
            assert get(port, "/live")[0] == 200, "a restart would not help"
        says(port, 200, "working")
