"""A worker asks whether its slot is still its own when it sends, not when it learns of the call."""

import asyncio
import time
from collections.abc import Mapping

import pytest

from bunkd_db.calling.answer import Answer
from bunkd_db.calling.client import Client
from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.settings import RequestSettings, Settings
from bunkd_db.worker import dispatcher
from bunkd_db.worker.dispatcher import Dispatcher
from bunkd_db.worker.offer import Call
from bunkd_db.worker.state import State

CREDENTIAL = Credential("x")
REQUEST = Request.to("http://h/f", RequestSettings(), 5000, CREDENTIAL)


class Recording(Client):
    """Sends nothing, and remembers what it was to send."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def post(self, request: Request, more: Mapping[str, str]) -> Answer:
        del request
        self.sent.append(more["X-Bunkd-Call"])
        return Answer(0.0, 200)


@pytest.mark.parametrize(("suspended", "sent"), [(0.0, ["1"]), (4.0, ["1"]), (6.0, [])])
def test_a_machine_suspended_between_the_offer_and_the_call_sends_none(
    monkeypatch: pytest.MonkeyPatch, suspended: float, sent: list[str]
) -> None:
    """Time that a monotonic clock does not count: only the clock of the boot goes on."""
    slept = 0.0
    real = time.clock_gettime

    def clock(which: int) -> float:
        return real(which) + (slept if which == dispatcher._CLOCK else 0)

    monkeypatch.setattr(time, "clock_gettime", clock)
    client = Recording()

    async def run() -> Dispatcher:
        nonlocal slept
        one = Dispatcher(client, CREDENTIAL, State("w"), asyncio.Event(), Settings())
        asked = clock(dispatcher._CLOCK)
        one._begin(Call(1, "wake"), REQUEST, asked)
        slept = suspended
        await asyncio.wait(one._open.values())
        return one

    one = asyncio.run(run())
    assert client.sent == sent
    assert [answer["sent"] for answer in one._answers] == [bool(sent)]


def test_a_process_that_hangs_is_not_live() -> None:
    state = State("w")
    assert state.live
    state.beat -= 61
    assert not state.live


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux has it")
def test_the_clock_counts_the_time_of_a_suspended_machine() -> None:
    assert dispatcher._CLOCK == time.CLOCK_BOOTTIME
