"""A worker that ends, and what ends around it: nothing is lost, the bound is kept, the cause is said."""

import pytest

from tests.support.queue import count_by_status
from tests.support.scalar import scalar
from tests.support.wait import wait_until
from tests.worker.place import Place


def open_calls(place: Place, n: int) -> None:
    wait_until(lambda: place.function.open == n, message=f"{n} calls are open")


def test_sigterm_finishes_the_calls_in_flight_and_takes_no_other(place: Place) -> None:
    place.function.work = 1.0
    with place.worker() as one:
        one.works()
        place.add(10)
        open_calls(place, 3)
        one.terminate()
        assert one.ends() == 0
        assert one.said("worker stops")["calls_to_finish"] == 3
        one.said("worker stopped")
    assert [outcome for _, outcome in place.ledger()] == ["ok"] * 3
    assert count_by_status(place.connection) == {"done": 3, "queued": 7}
    assert (place.slots(), place.workers()) == (0, 0)


def test_a_second_signal_does_not_wait(place: Place) -> None:
    place.function.work = 30.0
    with place.worker() as one:
        one.works()
        place.add()
        open_calls(place, 1)
        one.terminate()
        one.said("worker stops")
        one.terminate()
        assert one.ends(5) == 1


def test_calls_that_it_took_and_did_not_send_are_given_back(place: Place) -> None:
    """SIGTERM comes while the database hands out calls: it is held up by a lock until then."""
    with place.worker() as one, place.database.connect() as blocker:
        one.works()
        with blocker.transaction():
            blocker.execute("select from bunkd.last_tick for update")
            place.add(2)
            waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'worker_exchange'"
            wait_until(lambda: place.connection.execute(waiting).fetchone() is not None)
            one.terminate()
            one.said("worker stops")
        assert one.ends() == 0
    assert place.function.received == []
    assert (place.ledger(), place.slots()) == ([], 0)
    assert count_by_status(place.connection) == {"queued": 2}


def test_a_killed_worker_s_slots_are_free_when_its_calls_are_over(place: Place) -> None:
    place.upgrade(BUNKD_CALL_TIMEOUT="1s", BUNKD_EVERY="1s")
    place.function.work = 0.5
    with place.worker() as first, place.worker() as second:
        first.works()
        second.works()
        place.add(12)
        open_calls(place, 3)
        holders = "select distinct worker from bunkd.slot where worker is not null"
        [(holder,)] = place.connection.execute(holders).fetchall()[:1]
        killed = first if first.said("worker starts")["worker"] == holder else second
        killed.kill()
        place.done(12)
        outcomes = [outcome for _, outcome in place.settled()]
    assert place.function.peak <= 3
    assert set(outcomes) <= {"ok", "lost"}
    assert outcomes.count("lost") <= 3
    assert count_by_status(place.connection) == {"done": 12}


def test_a_frozen_worker_sends_no_call_whose_slot_is_another_s(place: Place) -> None:
    """It is stopped while the database hands out calls, for longer than its slots are its own."""
    place.upgrade(BUNKD_CALL_TIMEOUT="1s", BUNKD_EVERY="1s", BUNKD_MAX_IN_FLIGHT="2")
    with place.worker() as frozen, place.worker() as second:
        frozen.works()
        second.works().freeze()
        with place.database.connect() as blocker, blocker.transaction():
            blocker.execute("select from bunkd.last_tick for update")
            place.add(2)
            waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'worker_exchange'"
            wait_until(lambda: place.connection.execute(waiting).fetchone() is not None)
            frozen.freeze()
        wait_until(lambda: place.slots() == 2, message="it was handed out two calls")
        handed = place.connection.execute("select id::text from bunkd.call").fetchall()
        taken = {str(call) for (call,) in handed}
        second.thaw()
        place.done(2)
        frozen.thaw()
        second.terminate()
        second.ends()
        place.add()
        place.done(3)
        frozen.terminate()
        assert frozen.ends() == 0, "with every call that it had sent"
    assert taken.isdisjoint({request.call for request in place.function.received})
    assert [outcome for _, outcome in place.ledger()][:2] == ["lost"] * 2


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_the_database_restarts(place: Place, mode: str) -> None:
    place.upgrade(BUNKD_CALL_TIMEOUT="2s", BUNKD_EVERY="1s", BUNKD_RESCUE_AFTER="10s")
    with place.worker() as one:
        one.works()
        place.add(3)
        place.done(3)
        place.function.work = 1.0
        place.add(3)
        open_calls(place, 3)
        place.database.server.restart("immediate" if mode == "immediate" else "fast")
        place.reconnect()
        assert one.process.poll() is None
        one.said("cannot work with the database")
        place.function.work = 0.0
        place.add(3)
        place.done(6, timeout=40)
        # what the function could not finish without its database is rescued
        wait_until(
            lambda: set(count_by_status(place.connection)) == {"done"}, 40, "every job is done"
        )
        place.settled()
        assert place.slots() == 0


def test_a_database_that_comes_later_is_waited_for(place: Place) -> None:
    place.connection.execute("drop schema bunkd cascade")
    with place.worker() as one:
        said = one.said("cannot work with the database")
        assert said["remedy"] == "Run: bunkd-db upgrade"
        place.upgrade()
        place.add()
        place.done(1)


def test_nobody_answers(place: Place) -> None:
    with place.worker(DATABASE_URL="postgresql://postgres:p4ss@127.0.0.1:9/postgres") as one:
        said = one.said("cannot work with the database")
        assert "cannot connect to 127.0.0.1:9" in said["reason"]
        one.terminate()
        assert one.ends() == 0
        assert "p4ss" not in one.log


def test_the_function_goes_away_and_comes_back(place: Place) -> None:
    place.upgrade(BUNKD_EVERY="1s")
    with place.worker() as one:
        one.works()
        place.function.fail_with = "refuse"
        place.add(5)
        braked = "select back_off from bunkd.status where back_off is not null"
        wait_until(lambda: place.connection.execute(braked).fetchone(), 20, "it holds calls back")
        sent = len(place.ledger())
        assert sent < 12
        place.function.fail_with = None
        place.done(5, timeout=40)
        assert one.events("call failed")[0]["outcome"] == "network_error"
    assert count_by_status(place.connection) == {"done": 5}


def test_a_timed_out_call_is_over_under_release(place: Place) -> None:
    place.upgrade(BUNKD_CALL_TIMEOUT="300ms", BUNKD_MAX_IN_FLIGHT="1")
    place.function.next_with("hang")
    with place.worker() as one:
        one.works()
        place.add()
        said = one.said("call failed")
        assert (said["outcome"], said["said"]) == ("timeout", "Timeout of 0.3 s reached")
        wait_until(lambda: place.slots() == 0)
    assert place.ledger()[0] == ("wake", "timeout")


def test_under_detach_its_slot_is_free_at_its_job_s_end(place: Place) -> None:
    place.upgrade(BUNKD_CALL_TIMEOUT="300ms", BUNKD_ON_TIMEOUT="detach", BUNKD_MAX_IN_FLIGHT="1")
    place.function.work = 3.0
    with place.worker() as one:
        one.works()
        place.add(2)
        one.said("call failed")
        assert [outcome for _, outcome in place.settled()] == ["timeout"]
        assert place.slots() == 1
        place.done(2)
    # a function whose job is done may still be on its way out when the next one begins
    together = "select from analysis_jobs a join analysis_jobs b on a.id < b.id"
    overlap = " and a.claimed_at < b.updated_at and b.claimed_at < a.updated_at"
    assert place.connection.execute((together + overlap).encode()).fetchall() == []


def test_nothing_that_it_writes_has_the_credential(place: Place) -> None:
    place.function.fail_with = "echo"
    with place.worker(credential="s3cret-of-mine") as one:
        one.works()
        place.add()
        place.settled()
        one.terminate()
        one.ends()
        assert "s3cret-of-mine" not in one.log
        assert "***" in one.said("call failed")["said"]
    assert "***" in scalar(
        place.connection, str, "select detail from bunkd.call order by id limit 1"
    )
    assert "s3cret-of-mine" not in place.database.log()


def test_headers_that_nobody_can_send_are_said_and_take_no_slot(place: Place) -> None:
    with place.worker() as one:
        one.works()
        place.connection.execute("update bunkd.schedule set headers = '[]'")
        place.add()
        wait_until(lambda: one.events("worker blocked"), 20)
        assert "headers" in one.said("worker blocked")["reason"]
        wait_until(lambda: place.slots() == 0, message="what it was handed out is given back")
        place.connection.execute("""update bunkd.schedule set headers = '{"X-Tenant": "a\\nb"}'""")
        wait_until(lambda: one.events("call failed"), 20)
        place.connection.execute("update bunkd.schedule set headers = '{}', endpoint_since = now()")
        place.add()
        place.done(1)
        one.terminate()
        assert one.ends() == 0


def test_many_answers_at_once_are_told_in_one_exchange(place: Place) -> None:
    place.upgrade(BUNKD_MAX_IN_FLIGHT="20")
    place.function.work = 0.5
    with place.worker() as one, place.database.connect() as blocker:
        one.works()
        place.add(20)
        open_calls(place, 20)
        with blocker.transaction():
            blocker.execute("select from bunkd.last_tick for update")
            open_calls(place, 0)
            wait_until(lambda: len(one.events("call")) == 20, message="it knows of all answers")
            mark = place.database.server.mark()
        place.settled()
        asked = place.database.server.log(mark).count("select bunkd.worker_exchange")
    assert asked <= 3


def test_a_role_whose_idle_sessions_are_ended(place: Place) -> None:
    """The one that listens is idle for as long as nothing is queued."""
    place.connection.execute("alter role postgres set idle_session_timeout = '1s'")
    try:
        with place.worker() as one:
            one.works()
            outlived = (
                "select count(*) = 2 from pg_stat_activity where application_name like 'bunkd-db%'"
                " and state = 'idle' and clock_timestamp() - backend_start > interval '3 s'"
            )
            wait_until(lambda: place.connection.execute(outlived).fetchone() == (True,))
            place.add()
            place.done(1)
            assert len(one.events("worker ready")) == 1
    finally:
        place.connection.execute("alter role postgres reset idle_session_timeout")
