"""Alerts and heartbeats where workers make the calls: they send them too, each once."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.support.checked import check, named
from tests.support.endpoint import Endpoint
from tests.support.upgrade import SCHEDULE
from tests.support.wait import wait_until
from tests.worker.place import Place
from tests.worker.test_exchange import exchange

KEY = "s3cret-of-a-webhook"
ACT = """
insert into bunkd.alert (schedule, code, detail, since, seen, started)
values (%s, 'X', 'it fails', now(), now(), now())
"""


@pytest.fixture
def webhook() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


@pytest.fixture
def told(place: Place, webhook: Endpoint) -> Place:
    """A schedule whose alerts and heartbeats go to the webhook."""
    url = f"{webhook.url}?key={KEY}"
    place.upgrade(BUNKD_ALERT_WEBHOOK=url, BUNKD_HEARTBEAT_URL=f"{url}-beat")
    return place


def due(place: Place, code: str = "X", state: str = "started") -> None:
    """A message is due."""
    place.connection.execute(ACT, [SCHEDULE])
    place.connection.execute(
        "select bunkd.queue_message(%s, %s, 'alert', %s)", [SCHEDULE, code, state]
    )


def codes(answer: dict[str, Any]) -> list[str]:
    return [each["code"] for each in answer["messages"]]


def states(webhook: Endpoint) -> list[tuple[str, str]]:
    found = [json.loads(each.body) for each in webhook.received]
    return [(each["code"], each["state"]) for each in found]


def test_a_message_is_handed_to_one_worker_alone(told: Place) -> None:
    due(told)
    assert (alerts := named(check(told.database), "alerts")).reason == "NO_WORKER", alerts.detail
    first = exchange(told.connection, "one", sends=True)
    assert named(check(told.database), "alerts").reason != "NO_WORKER"
    assert sorted(codes(first)) == ["HEARTBEAT", "X"]
    assert codes(exchange(told.connection, "two", sends=True)) == []
    assert codes(exchange(told.connection, "one", sends=True)) == []


def test_a_worker_that_knows_no_messages_is_handed_none(told: Place) -> None:
    due(told)
    assert codes(exchange(told.connection, "old")) == []
    assert codes(exchange(told.connection, "old", sends=False)) == []
    assert "X" in codes(exchange(told.connection, "new", sends=True))


def test_what_did_not_arrive_is_handed_out_again(told: Place) -> None:
    due(told)
    [message] = [
        each for each in exchange(told.connection, sends=True)["messages"] if each["code"] == "X"
    ]
    said = {"code": "X", "try": message["try"], "status_code": 500}
    assert codes(exchange(told.connection, sends=True, told=[said])) == []
    found = told.connection.execute("select tries, problem from bunkd.message where code = 'X'")
    assert found.fetchone() == (1, "it answered 500")
    told.connection.execute("update bunkd.message set due = now() where code = 'X'")
    again = exchange(told.connection, "two", sends=True)
    assert [(each["code"], each["try"]) for each in again["messages"]] == [("X", 2)]
    # of another worker, or of a try before: nothing to believe
    exchange(told.connection, "one", told=[said], sends=True)
    exchange(told.connection, "three", told=[{**said, "try": 2}], sends=True)
    told.connection.execute("update bunkd.message set sent = now() where code = 'X'")
    exchange(told.connection, "two", told=[{"code": "X", "try": 2, "status_code": 204}], sends=True)
    found = told.connection.execute(
        "select due, told is null, problem from bunkd.message where code = 'X'"
    )
    assert found.fetchone() == (None, False, None)


def test_what_a_dead_worker_had_goes_to_another(told: Place) -> None:
    due(told)
    assert "X" in codes(exchange(told.connection, "dead", sends=True))
    told.connection.execute("update bunkd.message set sent = now() - interval '31 s'")
    exchange(told.connection, "two", sends=True)
    told.connection.execute("update bunkd.message set due = now() where code = 'X'")
    assert "X" in codes(exchange(told.connection, "two", sends=True))


def test_nonsense_about_messages_costs_no_call(told: Place) -> None:
    told.add(1)
    answer = exchange(told.connection, sends=True, told="nonsense")
    assert (len(answer["calls"]), answer["messages"]) == (1, [])


def test_a_worker_sends_them_and_says_how_they_ended(told: Place, webhook: Endpoint) -> None:
    with told.worker() as first, told.worker() as second:
        first.works()
        second.works()
        due(told)
        told.connection.execute("select pg_notify('bunkd:' || %s, '')", [SCHEDULE])
        arrived = "select told is not null from bunkd.message where code = 'X'"
        wait_until(
            lambda: told.connection.execute(arrived).fetchone() == (True,),
            message="the message has arrived",
        )
        assert states(webhook).count(("X", "started")) == 1
        assert states(webhook).count(("HEARTBEAT", "beat")) == 1
        for one in (first, second):
            one.terminate()
            assert one.ends() == 0
            assert KEY not in one.log
    assert KEY not in told.database.log()


def test_a_webhook_that_hangs_holds_no_call_up(told: Place, webhook: Endpoint) -> None:
    webhook.fail_with = "hang"
    with told.worker() as one:
        one.works()
        due(told)
        told.connection.execute("select pg_notify('bunkd:' || %s, '')", [SCHEDULE])
        wait_until(lambda: ("X", "started") in states(webhook), message="the message is under way")
        told.add(3)
        told.done(3, 3)
        said = one.said("a message did not arrive")
        assert said["reason"] == "timeout"
        assert KEY not in one.log
    webhook.release()


def test_the_worker_s_role_reads_no_url(told: Place) -> None:
    with told.database.admin() as admin:
        admin.execute("create role bunkd_worker login password 'postgres'")
    told.upgrade(BUNKD_WORKER_ROLE="bunkd_worker")
    with told.database.connect("bunkd_worker") as role:
        for table in ("secret", "credential", "message", "alert", "credential_inbox"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(sql.SQL("select * from bunkd.{}").format(sql.Identifier(table)))
        for call in (
            "bunkd.read_credential('x', 'alert')",
            "bunkd.find_url_host('x', 'alert')",
            "bunkd.offer_messages('x', 'y')",
            "bunkd.remove_url('x', 'alert')",
            "bunkd.begin_test('x', 'alert')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(f"select {call}".encode())
