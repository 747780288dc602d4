"""bunkd.worker_exchange_v1: what it believes a worker, and what it does not."""

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bunkd_db.calling.answer import Answer
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.worker.place import Place

OK = {"sent": True, "status_code": 200, "content": '{"success": true, "job_id": "x"}'}


def exchange(connection: Connection, worker: str = "one", **state: object) -> dict[str, Any]:
    """As a worker does: with room for nine, and nothing to tell."""
    usual = {"room": 9, "able": True, "listens": True, "woken": True, "leaving": False}
    whole = {"protocol": 1, **usual, "answers": [], **state}
    row = connection.execute(
        "select bunkd.worker_exchange_v1(%s, %s, %s)", [SCHEDULE, worker, Jsonb(whole)]
    ).fetchone()
    assert row is not None
    assert isinstance(row[0], dict)
    return row[0]


def calls(connection: Connection, worker: str = "one", **state: object) -> list[int]:
    return [call["call"] for call in exchange(connection, worker, **state)["calls"]]


def test_it_hands_out_as_many_as_wait_and_slots_and_room_allow(place: Place) -> None:
    add_jobs(place.connection, 2)
    assert len(calls(place.connection, room=1)) == 1
    assert len(calls(place.connection, "two")) == 1
    assert calls(place.connection) == []
    add_jobs(place.connection, 9)
    assert len(calls(place.connection)) == 1, "three slots"


def test_two_that_look_at_once_do_not_send_for_the_same_job(place: Place) -> None:
    add_jobs(place.connection, 1)
    with place.database.connect() as other, place.database.connect() as third:
        with third.transaction():
            assert len(calls(third, "third")) == 1
            other.execute("set statement_timeout = '300ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                exchange(other, "other")
        assert calls(place.connection) == []


def test_an_answer_frees_the_slot_for_the_next_in_one_go(place: Place) -> None:
    add_jobs(place.connection, 9)
    first = calls(place.connection)
    assert len(first) == 3
    # the function has worked one off
    place.connection.execute(
        "update public.analysis_jobs set status = 'done' where id ="
        " (select id from public.analysis_jobs limit 1)"
    )
    again = exchange(place.connection, woken=False, answers=[{"call": first[0], **OK}])
    assert [call["reason"] for call in again["calls"]] == ["refill"]
    assert place.ledger()[0] == ("tick", "ok")


def heard(connection: Connection, listening: Connection, *statements: str) -> int:
    """How many notifications one transaction of these statements sends to the workers."""
    channel = f"bunkd:{SCHEDULE}"
    with connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())
    connection.execute("select pg_notify(%s, 'all')", [channel])
    told = []
    for notification in listening.notifies(timeout=30):
        told.append(notification.payload)
        if told[-1] == "all":
            return len(told) - 1
    raise AssertionError("the session hears nothing")


def test_the_end_of_a_job_notifies_nobody_unless_a_slot_waits_for_it(place: Place) -> None:
    """Its worker tells it itself; under detach no worker knows when a function that timed out ends."""
    claim = "update public.analysis_jobs set status = 'running' where status = 'queued'"
    end = "update public.analysis_jobs set status = 'done' where status = 'running'"
    again = "update public.analysis_jobs set status = 'queued' where status = 'done'"
    remove = "delete from public.analysis_jobs"
    add_jobs(place.connection, 2)
    exchange(place.connection)
    with place.database.connect() as listening:
        listening.execute(f'listen "bunkd:{SCHEDULE}"'.encode())
        assert heard(place.connection, listening, claim) == 0
        assert heard(place.connection, listening, end) == 0
        assert heard(place.connection, listening, again) == 1
        assert heard(place.connection, listening, claim, end, again) == 1
        assert heard(place.connection, listening, claim, remove) == 0
        place.upgrade(BUNKD_ON_TIMEOUT="detach")
        add_jobs(place.connection, 1)
        heard(place.connection, listening, claim)
        assert heard(place.connection, listening, end) == 1


def test_a_worker_that_says_nothing_of_its_calls_keeps_them(place: Place) -> None:
    add_jobs(place.connection, 3)
    mine = calls(place.connection)
    assert calls(place.connection, room=0) == []
    assert place.slots() == 3
    exchange(place.connection, room=0, known=mine[:2])
    assert place.slots() == 2, "the third was never sent"


def test_nobody_settles_another_s_call(place: Place) -> None:
    add_jobs(place.connection, 3)
    mine = calls(place.connection)
    exchange(place.connection, "two", room=0, answers=[{"call": number, **OK} for number in mine])
    assert (place.ledger(), place.slots()) == ([("tick", None)] * 3, 3)
    exchange(place.connection, room=0, answers=[{"call": 99999, **OK}])
    assert place.slots() == 3


def test_an_answer_told_twice_counts_once(place: Place) -> None:
    add_jobs(place.connection, 3)
    [number, *_] = calls(place.connection)
    for _ in range(2):
        exchange(place.connection, room=0, answers=[{"call": number, **OK}])
    assert place.slots() == 2
    assert sum(outcome == "ok" for _, outcome in place.ledger()) == 1


def test_an_unsent_call_is_as_if_it_had_never_been(place: Place) -> None:
    add_jobs(place.connection, 2)
    numbers = calls(place.connection)
    exchange(place.connection, room=0, answers=[{"call": n, "sent": False} for n in numbers])
    assert (place.ledger(), place.slots()) == ([], 0)


def test_a_silent_worker_s_slot_goes_to_another_and_its_late_answer_still_counts(
    place: Place,
) -> None:
    place.upgrade(BUNKD_MAX_IN_FLIGHT="1")
    add_jobs(place.connection, 2)
    [late] = calls(place.connection)
    assert calls(place.connection, "two") == []
    place.connection.execute("update bunkd.slot set expires = now() - interval '1 s'")
    [taken] = calls(place.connection, "two")
    assert place.ledger() == [("tick", "lost"), ("wake", None)]
    exchange(place.connection, room=0, answers=[{"call": late, **OK}])
    assert place.ledger() == [("tick", "ok"), ("wake", None)]
    holder = place.connection.execute("select call, worker from bunkd.slot").fetchone()
    assert holder == (taken, "two")


def test_only_one_of_several_ticks(place: Place) -> None:
    exchange(place.connection, "two")
    exchange(place.connection)
    at = place.connection.execute("select at from bunkd.last_tick").fetchone()
    answer = exchange(place.connection, "two")
    assert place.connection.execute("select at from bunkd.last_tick").fetchone() == at
    assert 3500 < answer["next_tick"] <= 3600
    place.connection.execute("update bunkd.last_tick set at = at - interval '1 hour'")
    exchange(place.connection, "two")
    assert place.connection.execute("select at > %s from bunkd.last_tick", at).fetchone() == (True,)


def test_without_an_index_it_calls_once_for_a_wake_and_never_by_itself(place: Place) -> None:
    exchange(place.connection)
    place.connection.execute("drop index public.analysis_jobs_status_claimed_at_idx")
    add_jobs(place.connection, 10_000)
    assert len(calls(place.connection)) == 1
    assert calls(place.connection, woken=False) == []


@pytest.mark.parametrize("name", ["", "a b", "x" * 81, "a'b", "ä"])
def test_a_worker_s_name_is_plain(place: Place, name: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        exchange(place.connection, name)


def test_new_names_without_end_are_refused(place: Place) -> None:
    """A row each: whoever has the worker's role must not fill the disk with them."""
    place.connection.execute("delete from bunkd.worker")
    place.connection.execute(
        "insert into bunkd.worker (id, schedule, listens, able)"
        " select 'w' || n, %s, true, true from generate_series(1, 999) as n",
        [SCHEDULE],
    )
    exchange(place.connection, "last")
    with pytest.raises(psycopg.errors.ConfigurationLimitExceeded, match="has 1000 workers"):
        exchange(place.connection, "another")
    exchange(place.connection, "w1")
    place.connection.execute(
        "update bunkd.worker set seen = now() - interval '2 minutes' where id in ('w2', 'w3')"
    )
    exchange(place.connection, "another")
    count = place.connection.execute("select count(*) from bunkd.worker").fetchone()
    assert count == (999,)


def test_a_copy_of_the_database_makes_no_call(place: Place) -> None:
    place.connection.execute("update bunkd.schedule set system_identifier = 1")
    add_jobs(place.connection, 1)
    answer = exchange(place.connection)
    assert (answer["fenced"], answer["calls"]) == (True, [])
    assert "this database is a copy" in answer["problem"]


def test_several_that_are_woken_by_one_job_without_an_index_call_once(place: Place) -> None:
    exchange(place.connection)
    place.connection.execute("drop index public.analysis_jobs_status_claimed_at_idx")
    add_jobs(place.connection, 10_000)
    assert sum(len(calls(place.connection, name)) for name in ("one", "two", "three")) == 1


def test_one_that_cannot_call_leaves_the_tick_to_others(place: Place) -> None:
    exchange(place.connection)
    exchange(place.connection, "two")
    place.connection.execute("update bunkd.last_tick set at = at - interval '1 hour'")
    add_jobs(place.connection, 1)
    assert exchange(place.connection, "two", room=0)["next_tick"] is None, "it asks no sooner"
    assert [call["reason"] for call in exchange(place.connection)["calls"]] == ["tick"]


def test_calls_of_a_reply_that_never_arrived_are_given_back(place: Place) -> None:
    add_jobs(place.connection, 2)
    assert len(calls(place.connection, known=[])) == 2
    again = calls(place.connection, known=[])
    assert (len(again), place.slots(), len(place.ledger())) == (2, 2, 2)
    exchange(place.connection, "two", known=[])
    exchange(place.connection, room=0, known=again)
    assert place.slots() == 2


def test_a_clock_that_steps_back_a_little_frees_no_slot(place: Place) -> None:
    place.upgrade(BUNKD_MAX_IN_FLIGHT="1")
    add_jobs(place.connection, 2)
    assert len(calls(place.connection)) == 1
    place.connection.execute("update bunkd.slot set taken = taken + interval '5 s'")
    assert calls(place.connection, "two") == []


def test_under_detach_one_job_s_end_frees_one_slot(place: Place) -> None:
    """One function goes on after its call, the other one's call is open: the latter ends its job."""
    place.upgrade(BUNKD_MAX_IN_FLIGHT="2", BUNKD_ON_TIMEOUT="detach")
    jobs = add_jobs(place.connection, 6)
    first, second = calls(place.connection)
    running = (
        "update public.analysis_jobs set status = 'running', claimed_at = now() where id = any(%s)"
    )
    place.connection.execute(running, [jobs[:2]])
    late = {"call": first, "sent": True, "timed_out": True, "error": "Timeout"}
    assert calls(place.connection, answers=[late]) == []
    done = "update public.analysis_jobs set status = 'done' where id = %s"
    place.connection.execute(done, [jobs[1]])
    handed_out = calls(place.connection, answers=[{"call": second, **OK}])
    handed_out += calls(place.connection, "two")
    assert (len(handed_out), place.slots()) == (1, 2)
    place.connection.execute(running, [[jobs[2]]])
    place.connection.execute(done, [jobs[0]])
    exchange(place.connection, room=0, answers=[{"call": handed_out[0], **OK}])
    place.connection.execute(done, [jobs[2]])
    assert len(calls(place.connection)) == 2, "the detached one's end is seen by the rows"


def test_other_isolation_is_refused_in_words(place: Place) -> None:
    place.connection.execute("set default_transaction_isolation = 'repeatable read'")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="READ COMMITTED"):
        exchange(place.connection)


def test_the_worker_s_role_may_do_nothing_else(place: Place) -> None:
    place.connection.execute("create role bunkd_worker login password 'postgres'")
    place.upgrade(BUNKD_WORKER_ROLE="bunkd_worker")
    add_jobs(place.connection, 1)
    with place.database.connect("bunkd_worker") as role:
        assert len(calls(role)) == 1
        for statement in (
            "select * from bunkd.schedule",
            "select * from bunkd.status",
            "select * from bunkd.secret",
            "select bunkd.tick('process-analysis-jobs')",
            "select bunkd.read_credential('process-analysis-jobs')",
            "update public.analysis_jobs set status = 'failed'",
            "select * from public.analysis_jobs",
            "create table bunkd.mine ()",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(statement.encode())
    assert count_by_status(place.connection) == {"queued": 1}


LOCKS = "select mode from pg_locks where relation = 'public.analysis_jobs'::regclass and pid = %s"
WAKES = "select count(*) from pg_trigger where tgrelid = 'public.analysis_jobs'::regclass and tgname ~ '^bunkd_'"
TAKE_OFF = "".join(
    f'drop trigger "bunkd_{event}_{SCHEDULE}" on public.analysis_jobs;'
    for event in ("insert", "update", "delete")
)


def test_an_exchange_of_a_role_of_its_own_stops_no_writer(place: Place) -> None:
    place.connection.execute("create role bunkd_worker login password 'postgres'")
    place.upgrade(BUNKD_WORKER_ROLE="bunkd_worker")
    assert place.connection.execute(WAKES).fetchone() == (3,), "no worker of it could attach it"
    with place.database.connect("bunkd_worker") as role:
        assert exchange(role)["hears"] is True
        place.connection.execute(TAKE_OFF.encode())
        with role.transaction():
            assert exchange(role, "two")["hears"] is False
            held = {mode for (mode,) in place.connection.execute(LOCKS, [role.info.backend_pid])}
            assert held <= {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
            place.connection.execute("set lock_timeout = '1s'")
            place.add()
        assert place.connection.execute(WAKES).fetchone() == (0,)
        place.connection.execute("update bunkd.last_tick set at = at - interval '1 day'")
        exchange(role)
        problem = place.connection.execute("select problem from bunkd.status").fetchone()
        assert problem == (
            "the wake triggers on public.analysis_jobs are not installed yet. Install them: bunkd-db upgrade",
        )
        assert exchange(place.connection, "ours")["hears"] is True, "its session is the owner's"


def test_a_wake_on_a_former_queue_is_not_heard(place: Place) -> None:
    assert exchange(place.connection)["hears"] is True
    place.connection.execute(
        "alter table public.analysis_jobs rename to former;"
        "create table public.analysis_jobs (like public.former including all)"
    )
    assert exchange(place.connection)["hears"] is False
    place.connection.execute("drop table public.former")


def test_a_worker_runs_as_that_role(place: Place) -> None:
    place.connection.execute("create role bunkd_worker login password 'postgres'")
    place.upgrade(BUNKD_WORKER_ROLE="bunkd_worker")
    with place.worker(DATABASE_URL=place.database.url_as("bunkd_worker")) as one:
        one.works()
        place.add()
        place.done(1)
        assert place.settled() == [("wake", "ok")]


def test_a_role_that_does_not_exist_is_refused(place: Place) -> None:
    from bunkd_db.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="BUNKD_WORKER_ROLE names role nobody_here"):
        place.upgrade(BUNKD_WORKER_ROLE="nobody_here")


ANSWERS = [
    Answer(1, 200, '{"success": true, "job_id": "7"}'),
    Answer(1, 200, '{"message": "No jobs available"}'),
    Answer(1, 200, '{"message": "No jobs available", "job_id": "7"}'),
    Answer(1, 200, '{"message": "No jobs available", "error": "x"}'),
    Answer(1, 200, '{"message": "No jobs available", "error": null}'),
    Answer(1, 200, "No jobs available"),
    Answer(1, 200, '"No jobs available"'),
    Answer(1, 204, ""),
    Answer(1, 200, "[1, 2]"),
    Answer(1, 200, "\x80 \ud83d".encode("utf-8", "replace").decode()),
    Answer(1, 302, ""),
    Answer(1, 401, '{"message": "Invalid JWT"}'),
    Answer(1, 403, ""),
    Answer(1, 404, '{"code": "NOT_FOUND"}'),
    Answer(1, 429, "slow", retry_after="7"),
    Answer(1, 503, "slow", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    Answer(1, 503, "slow", retry_after="soon"),
    Answer(1, 500, '{"success": false, "job_id": "7", "error": "PPLX_API_KEY not configured"}'),
    Answer(1, 500, '{"success": false, "job_id": null, "error": "x"}'),
    Answer(1, 500, '{"success": false}'),
    Answer(1, 500, '{"success": 0, "job_id": 7}'),
    Answer(1, 500, "<html>" + "x" * 900),
    Answer(1, failure="refused", error="[Errno 111] Connection refused"),
    Answer(1, failure="timeout", error="Timeout of 1 s reached"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: f"{a.status} {a.content[:40]}{a.error}")
def test_the_worker_tells_answers_apart_as_the_database_does(place: Place, answer: Answer) -> None:
    row = place.connection.execute(
        "select outcome, job_id from bunkd.classify_answer(%s, %s, %s, %s, %s, null)",
        [
            answer.status,
            answer.timed_out,
            answer.error or None,
            answer.content or None,
            answer.retry_after,
        ],
    ).fetchone()
    assert row == (answer.outcome, answer.job_id)


def test_a_2xx_that_takes_no_job_is_not_asked_again_and_again(place: Place) -> None:
    """Whatever it says: the queue has not changed."""
    said = {"sent": True, "status_code": 200, "content": "<html>Welcome</html>"}
    add_jobs(place.connection, 50)
    open_calls = calls(place.connection)
    for _ in range(5):
        answers = [{"call": number, **said} for number in open_calls]
        open_calls = calls(place.connection, woken=False, answers=answers)
    assert open_calls == []
    assert {outcome for _, outcome in place.ledger()} == {"empty"}
    add_jobs(place.connection, 1)
    assert len(calls(place.connection)) == 3, "the queue has changed"


@pytest.mark.parametrize("start", ["null", "now() + interval '1 hour'"])
def test_a_job_that_gives_no_time_of_its_start_holds_back_no_call(place: Place, start: str) -> None:
    jobs = add_jobs(place.connection, 2)
    assert len(calls(place.connection, room=1)) == 1
    change = (
        f"update public.analysis_jobs set status = 'running', claimed_at = {start} where id = %s"  # noqa: S608
    )
    place.connection.execute(change, [jobs[0]])
    assert len(calls(place.connection, "two")) == 1


def test_rows_of_the_future_hold_back_no_call_under_detach(place: Place) -> None:
    place.upgrade(BUNKD_ON_TIMEOUT="detach")
    add_jobs(place.connection, 3, status="running")
    place.connection.execute(
        "update public.analysis_jobs set claimed_at = now() + interval '9 years'"
    )
    add_jobs(place.connection, 1)
    assert len(calls(place.connection)) == 1


def test_a_job_beside_a_free_slot_is_looked_at_again_in_a_moment(place: Place) -> None:
    """One call is under way without a job: it may claim this one, or have ended its own."""
    jobs = add_jobs(place.connection, 1)
    assert len(calls(place.connection)) == 1
    done = "update public.analysis_jobs set status = 'done' where id = %s"
    place.connection.execute(done, [jobs[0]])
    add_jobs(place.connection, 1)
    answer = exchange(place.connection, "two")
    assert answer["calls"] == []
    assert answer["next_tick"] <= 2
    place.connection.execute("update bunkd.slot set taken = taken - interval '5 s'")
    answer = exchange(place.connection, "two", woken=False)
    assert len(answer["calls"]) == 1, "it has had time to claim one"
    assert answer["next_tick"] > 60


def test_a_worker_of_before_the_version_numbers_goes_on_through_an_upgrade(place: Place) -> None:
    add_jobs(place.connection, 1)
    state = {"room": 9, "able": True, "listens": True, "woken": True, "leaving": False}
    reply = place.connection.execute(
        "select bunkd.worker_exchange(%s, 'old', %s)",
        [SCHEDULE, Jsonb({**state, "known": [], "answers": []})],
    ).fetchone()
    assert reply is not None
    assert isinstance(reply[0], dict)
    assert len(reply[0]["calls"]) == 1
    kept = {"mode", "fenced", "paused", "problem", "back_off", "calls", "url", "headers", "body"}
    kept |= {"credential_header", "timeout_ms", "max_in_flight", "next_tick", "hears"}
    assert kept <= reply[0].keys()


def test_another_version_is_told_in_one_line(place: Place) -> None:
    for protocol in (None, 2):
        with pytest.raises(
            psycopg.errors.ObjectNotInPrerequisiteState, match="but this database speaks protocol 1"
        ) as e:
            exchange(place.connection, protocol=protocol)
        assert "Install the bunkd-db" in str(e.value.diag.message_hint)


def test_a_newer_database_is_told_in_one_line(place: Place) -> None:
    [(definition,)] = place.connection.execute(
        "select pg_get_functiondef('bunkd.worker_exchange_v1(text, text, jsonb)'::regprocedure)"
    ).fetchall()
    newer = str(definition).replace("'protocol', 1,", "'protocol', 2,")
    with place.worker() as one:
        one.works()
        place.connection.execute(newer.encode())
        place.add()
        told = one.said("cannot work with the database")
        assert told["reason"] == "this database speaks protocol 2, but this worker 1"
        assert told["remedy"] == "Install the bunkd-db that upgraded the database."
