"""A worker with a database: woken by writes, within the slots, its calls in the ledger."""

import json
import time
from contextlib import ExitStack

from tests.support.pooler import pooler
from tests.support.queue import count_by_status, create_queue
from tests.support.wait import wait_until
from tests.support.worker import CREDENTIAL
from tests.worker.place import Place


def looked_again(place: Place) -> None:
    """Wait for an exchange that begins after this."""
    mark = place.database.server.mark()
    place.connection.execute('notify "bunkd:process-analysis-jobs"')
    asked = "select bunkd.worker_exchange"
    wait_until(lambda: asked in place.database.server.log(mark), message="it looks again")


def test_a_queued_job_is_called_for_at_once(place: Place) -> None:
    with place.worker() as one:
        one.works()
        [job] = place.add()
        place.done(1)
        assert place.settled() == [("wake", "ok")]
        told, name = one.said("call"), one.said("worker starts")["worker"]
    [received] = place.function.received
    assert received.method == "POST"
    assert received.header("Authorization") == f"Bearer {CREDENTIAL}"
    assert received.header("Content-Type") == "application/json"
    assert (received.call, received.reason, received.body) == ("1", "wake", b"{}")
    row = place.connection.execute("select job_id, status_code, worker from bunkd.recent_calls")
    assert row.fetchone() == (job, 200, name)
    assert (told["call"], told["outcome"], told["job"]) == (1, "ok", job)


def test_what_waited_before_it_started_is_called_for(place: Place) -> None:
    place.add(2)
    with place.worker():
        place.done(2)
        assert [outcome for _, outcome in place.settled()] == ["ok", "ok"]


def test_what_the_schedule_says_is_sent(place: Place) -> None:
    place.upgrade(BUNKD_BODY='{"limit": 3}', BUNKD_HEADERS='{"X-Mine": "yes"}')
    with place.worker(credential="sb_secret_x"):
        place.add()
        place.done(1)
    [received] = place.function.received
    assert json.loads(received.body) == {"limit": 3}
    assert (received.header("X-Mine"), received.header("apikey")) == ("yes", "sb_secret_x")
    assert received.header("Authorization") is None


def test_its_own_settings_go_before_the_database_s(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set url = 'http://127.0.0.1:9/'")
    with place.worker(BUNKD_CALL_URL=place.function.url, BUNKD_BODY='{"mine": 1}'):
        place.add()
        place.done(1)
    assert place.function.received[0].body == b'{"mine": 1}'


def test_they_do_so_for_another_schedule_too(place: Place) -> None:
    place.connection.execute(
        "update bunkd.schedule set name = 'reports', url = 'http://127.0.0.1:9/'"
    )
    with place.worker("--schedule", "reports", BUNKD_CALL_URL=place.function.url):
        place.add()
        place.done(1)


def test_without_any_url_it_says_so_and_takes_no_job(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set url = null")
    with place.worker() as one:
        place.add()
        said = one.said("worker blocked")
        assert said["reason"] == "no URL to call is set"
        assert "BUNKD_CALL_URL" in said["remedy"]
        looked_again(place)
        assert place.ledger() == []


def test_several_share_the_slots_and_make_no_call_too_many(place: Place) -> None:
    place.function.work = 0.05
    with ExitStack() as stack:
        workers = [stack.enter_context(place.worker()) for _ in range(3)]
        for one in workers:
            one.works()
        assert place.workers() == 3
        for _ in range(10):
            place.add(1)
        place.add(50)
        place.done(60)
        calls = place.settled()
    assert len(calls) == len(place.function.received) == 60
    assert {outcome for _, outcome in calls} == {"ok"}
    assert place.function.peak <= 3
    assert place.slots() == 0


def test_it_waits_its_turn_and_does_not_look_while_nothing_changes(place: Place) -> None:
    with place.worker() as one:
        one.works()
        place.add()
        place.done(1)
        place.settled()
        before = place.database.server.mark()
        place.connection.execute("update public.analysis_jobs set normalized_input = 'other'")
        place.add()
        place.done(2)
    asked = place.database.server.log(before).count("worker_exchange")
    assert asked <= 6, f"{asked} exchanges for one job"


def test_writes_to_a_full_queue_do_not_make_it_ask_each_time(place: Place) -> None:
    """Nobody has room for them, and a schedule that was changed is noticed within a second."""
    place.function.next_with("hang", "hang", "hang")
    with place.worker() as one:
        one.works()
        place.add(3)
        wait_until(lambda: place.function.open == 3, message="every slot is taken")
        before, began = place.database.server.mark(), time.monotonic()
        for _ in range(100):
            place.add()
        took = time.monotonic() - began
        asked = place.database.server.log(before).count("worker_exchange")
        place.function.release()
    assert asked <= 4 + 2 * took, f"{asked} exchanges in {took:.1f} s"


def test_through_a_transaction_pooler_it_looks_every_second_and_says_so(place: Place) -> None:
    with pooler(place.database) as url, place.worker(DATABASE_URL=url) as one:
        one.said("worker ready (polling every second)")
        place.add()
        place.done(1)  # maybe by its look at the start
        place.settled()
        place.add()
        place.done(2)
        assert [outcome for _, outcome in place.settled()] == ["ok", "ok"]
        assert place.ledger()[1] == ("worker", "ok")


def test_through_a_session_pooler_it_listens(place: Place) -> None:
    with pooler(place.database, "session") as url, place.worker(DATABASE_URL=url) as one:
        one.works()
        place.add()
        place.done(1)
        assert place.settled() == [("wake", "ok")]


def test_a_table_that_the_application_recreated_wakes_again_after_a_tick(place: Place) -> None:
    place.upgrade(BUNKD_EVERY="1s")
    with place.worker() as one:
        one.works()
        create_queue(place.connection)
        query = "select count(*) from pg_trigger where tgname ~ '^bunkd_'"
        wait_until(lambda: place.connection.execute(query).fetchone() == (3,))
        place.upgrade(BUNKD_EVERY="1h")
        place.add()
        place.done(1)  # maybe by a look of its own
        place.settled()
        place.add()
        place.done(2)
        assert place.settled()[1] == ("wake", "ok")


def test_a_stuck_job_is_rescued_by_its_tick(place: Place) -> None:
    place.upgrade(BUNKD_EVERY="1s", BUNKD_RESCUE_AFTER="10s")
    with place.worker() as one:
        one.works()
        place.connection.execute("begin")
        [job] = place.add()
        place.connection.execute(
            "update public.analysis_jobs set status = 'running', attempts = 1,"
            " claimed_at = now() - interval '1 minute' where id = %s",
            [job],
        )
        place.connection.execute("commit")
        place.done(1)
    assert count_by_status(place.connection) == {"done": 1}


def test_paused_it_makes_no_call(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set paused = true")
    place.add()
    with place.worker() as one:
        assert one.said("worker paused")["reason"] == "the schedule is paused"
        looked_again(place)
        assert place.ledger() == []
        place.connection.execute("update bunkd.schedule set paused = false")
        place.done(1)


def test_with_the_wake_off_it_calls_at_ticks_alone(place: Place) -> None:
    place.upgrade(BUNKD_WAKE="off")
    with place.worker() as one:
        one.works()
        wait_until(lambda: place.workers() == 1)
        place.add()
        mark = place.database.server.mark()
        place.connection.execute("update bunkd.last_tick set at = at - interval '1 hour'")
        place.done(1)  # at its next look
        assert place.settled() == [("tick", "ok")]
        assert place.database.server.log(mark).count("select bunkd.worker_exchange") <= 4


def test_the_log_says_which_well_answered_call_processed_no_job(place: Place) -> None:
    """A proxy's welcome page is a 200 too: only the queue tells that nothing was done."""
    place.function.fail_with = 202
    with place.worker() as one:
        one.works()
        place.add()
        one.said("call processed no job")
        told, empty = one.events("call")[0], one.events("call processed no job")[0]
    assert (told["call"], told["outcome"], empty["call"]) == (1, "ok", 1)
    assert place.ledger()[0] == ("wake", "empty")
