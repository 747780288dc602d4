"""bunkd.worker_exchange: what it believes a worker, and what it does not."""

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bunkd_db.worker.answer import Answer
from tests.support.queue import add_jobs, count_by_status
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE
from tests.worker.place import Place

OK = {"sent": True, "status_code": 200, "content": '{"success": true, "job_id": "x"}'}


def exchange(connection: Connection, worker: str = "one", **state: object) -> dict[str, Any]:
    """As a worker does: with room for nine, and nothing to tell."""
    usual = {"room": 9, "able": True, "listens": True, "woken": True, "leaving": False}
    whole = {**usual, "answers": [], **state}
    row = connection.execute(
        "select bunkd.worker_exchange(%s, %s, %s)", [SCHEDULE, worker, Jsonb(whole)]
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
    Answer(1, error="[Errno 111] Connection refused"),
    Answer(1, error="Timeout of 1 s reached", timed_out=True),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: f"{a.status} {a.content[:40]}{a.error}")
def test_the_worker_tells_answers_apart_as_the_database_does(place: Place, answer: Answer) -> None:
    row = place.connection.execute(
        "select outcome, job_id from bunkd.judge(%s, %s, %s, %s, %s)",
        [
            answer.status,
            answer.timed_out,
            answer.error or None,
            answer.content or None,
            answer.retry_after,
        ],
    ).fetchone()
    assert row == (answer.outcome, answer.job_id)
