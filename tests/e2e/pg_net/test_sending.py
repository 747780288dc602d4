"""When a request is sent: at its commit, by whom it is noticed, and what a restart leaves of it."""

import time

import pytest

from tests.e2e.pg_net.asking import (
    REST,
    answer,
    find,
    idle,
    insert_raw,
    post,
    queued,
    set_batch_size,
)
from tests.e2e.pg_net.versions import WAKES, Version
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.server import Connection
from tests.support.wait import wait_until


def test_a_rollback_sends_nothing(net: Connection, function: Endpoint) -> None:
    with net.transaction(force_rollback=True):
        post(net, function.url + "?rolled=back")
    answer(net, post(net, function.url))
    assert ["rolled" in r.path for r in function.received] == [False]


def test_it_is_sent_at_commit_and_not_before(
    net: Connection, database: Database, function: Endpoint
) -> None:
    with net.transaction():
        first = post(net, function.url)
        # A marker from another session passes the whole queue, which the open one must not join.
        with database.connect() as other:
            answer(other, post(other, function.url + "?marker"))
        assert [r.path.endswith("?marker") for r in function.received] == [True]
    assert answer(net, first).status_code == 200
    assert len(function.received) == 2


def test_a_deferred_trigger_may_still_send(net: Connection, function: Endpoint) -> None:
    net.execute(
        """
        create table public.note (url text);
        create function public.send() returns trigger language plpgsql as
          $$ begin perform net.http_post(new.url); return null; end $$;
        create constraint trigger send after insert on public.note
          deferrable initially deferred for each row execute function public.send();
        """
    )
    net.execute("insert into public.note values (%s)", [function.url])
    wait_until(lambda: function.received, message="the request arrives")


def test_a_commit_is_noticed_at_once_or_within_the_second(
    net: Connection, function: Endpoint, version: Version
) -> None:
    """A sender that polls looks once a second, and has just looked when an answer is there."""
    answer(net, post(net, function.url))
    if version >= WAKES:
        idle(net)
    before = time.monotonic()
    post(net, function.url)
    wait_until(lambda: len(function.received) == 2, message="the request arrives")
    waited = function.received[-1].heard - before
    assert (waited < REST / 2) == (version >= WAKES)
    assert waited < 3 * REST


def test_a_raw_insert_is_noticed_only_by_a_sender_that_polls(
    net: Connection, function: Endpoint, version: Version
) -> None:
    idle(net)
    insert_raw(net, function.url)
    if version >= WAKES:
        with pytest.raises(AssertionError, match="nothing arrives"):
            wait_until(lambda: function.received, 1.5 * REST, "nothing arrives")
        assert list(queued(net).values()) == [False]
        net.execute("select net.wake()")
    wait_until(lambda: function.received, 3 * REST, "the request arrives")


def test_a_crash_empties_the_queue_and_reuses_the_ids(
    net: Connection, database: Database, function: Endpoint
) -> None:
    function.fail_with = "hang"
    first = post(net, function.url)
    wait_until(lambda: function.open == 1, message="the request is open")
    net.close()
    database.server.restart("immediate")
    function.fail_with = None
    with database.connect() as session:
        assert queued(session) == {}
        assert post(session, function.url) == first
        assert answer(session, first).status_code == 200


def test_a_clean_restart_keeps_queue_and_responses(
    net: Connection, database: Database, function: Endpoint
) -> None:
    request = post(net, function.url)
    answer(net, request)
    set_batch_size(database, net, 0)  # so that nothing is taken before the restart
    waiting = post(net, function.url)
    with database.admin() as admin:
        admin.execute("alter system reset pg_net.batch_size")
    assert queued(net) == {waiting: False}
    net.close()
    database.server.restart("fast")
    with database.connect() as session:
        assert find(session, request) is not None
        assert answer(session, waiting).status_code == 200
    assert len(function.received) == 2
