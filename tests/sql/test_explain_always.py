# ruff: noqa: S608 -- the statements are put together from this file's own text
"""Over random states: a job that waits has exactly one rule, and a tick does what that rule says."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bunkd_db.explain.codes import Code
from tests.support.database import Database
from tests.support.explain import live
from tests.support.held import Held
from tests.support.queue import add_jobs
from tests.support.server import Connection
from tests.support.ticks import BUSY, LOCKED, try_tick
from tests.support.upgrade import SCHEDULE

STATES = 150
OBSTACLES = Path(__file__).parents[2].joinpath("docs/checks/calls_made.md").read_text()
NOTHING_IS_SENT = ("PAUSED", "COPY", Code.NO_SLOT, Code.CALLED, Code.NOT_SENT_YET)
# what would be sent is for the other jobs
OF_THIS_JOB = (Code.NOT_CLAIMABLE, Code.NOT_YET)
SLOT = (
    "update bunkd.slot set call = %(call)s, worker = 'w', taken = clock_timestamp() - %(ago)s * interval '1 s',"
    " expires = clock_timestamp() + interval '40 s', detached = %(detached)s where n = %(n)s"
)
UNSENT = (
    "update bunkd.slot set call = %(call)s, net_queue = 'net.http_request_queue'::regclass, taken = clock_timestamp(),"
    " request = net.http_post('http://127.0.0.1:9/') where n = %(n)s"
)
CALL = (
    "insert into bunkd.call (schedule, reason, sent, settled, outcome, status_code, worker)"
    f" values ('{SCHEDULE}', %(reason)s, clock_timestamp() - interval '1 min',"
    " case when %(outcome)s::text is not null then clock_timestamp() end, %(outcome)s, 500, 'w') returning id"
)
OUTCOMES = ("ok", "empty", "job_failed", "http_error", "timeout")


@pytest.fixture
def one(database: Database, connection: Connection) -> Iterator[Held]:
    with live(database, connection, 2) as schedule:
        schedule.tick()
        schedule.move(timedelta(days=1))  # calls of an older url do not count
        yield schedule


def bring(one: Held, dice: random.Random) -> str:
    """A state that nobody would think of; return a job that waits in it."""
    run = one.connection.execute
    alone = dice.random() < 0.3  # then calls under way are enough for it
    slots = dice.randint(1, 3)
    one.set(
        paused=dice.random() < 0.1,
        wake=dice.random() < 0.8,
        max_in_flight=slots,
        jobs_per_call=dice.choice([1, 1, 3]),
        on_timeout=dice.choice(["release", "detach"]),
        queue_where=dice.choice([None] * 6 + ["true", "true", "false", "claimed_at <= now()"]),
        mode=dice.choice(["native"] * 6 + ["external"]),
        system_identifier=1
        if dice.random() < 0.05
        else run("select system_identifier from bunkd.schedule").fetchone()[0],  # type: ignore[index]
    )
    for n in range(1, dice.randint(0, slots) + 1):
        open_call = run(
            CALL, {"reason": dice.choice(["wake", "probe"]), "outcome": None}
        ).fetchone()
        assert open_call is not None
        about = {
            "n": n,
            "call": open_call[0],
            "ago": dice.choice([0, 20]),
            "detached": dice.random() < 0.2,
        }
        run(dice.choice([SLOT, SLOT, UNSENT]).encode(), about)
    run("delete from bunkd.slot where n > %s", [slots])
    favourite = dice.choice(OUTCOMES)
    for _ in range(dice.choice([0] if alone else [0, 0, 3, 10])):
        outcome = favourite if dice.random() < 0.95 else "ok"
        run(CALL, {"reason": "tick", "outcome": outcome})
    if not alone:
        add_jobs(one.connection, dice.randint(0, 3))
        add_jobs(one.connection, dice.randint(0, 2), status="running")
    run("update analysis_jobs set claimed_at = now() where status = 'running'")
    [job] = add_jobs(one.connection, attempts=dice.choice([0] * 6 + [2, 3]))
    if dice.random() < 0.3:
        run("update analysis_jobs set claimed_at = now() + interval '1 hour' where id = %s", [job])
    return job


def explained(one: Held, job: str) -> dict[str, Any]:
    rows = one.connection.execute("select answer from bunkd.explain_job(%s)", [job]).fetchall()
    [[answer]] = rows
    assert isinstance(answer, dict)
    return answer


def test_a_job_that_waits_has_one_rule_and_a_tick_does_what_it_says(one: Held) -> None:
    seen: dict[str, int] = {}
    for seed in range(STATES):
        with one.connection.transaction(force_rollback=True):
            job = bring(one, random.Random(seed))
            answer = explained(one, job)
            assert answer["row"]["state"] == "waiting"
            code = answer["rule"]["code"]
            seen[code] = seen.get(code, 0) + 1
            assert code in list(Code) or f"`{code}`" in OBSTACLES, code
            before = one.connection.execute("select count(*) from bunkd.call").fetchone()
            said = try_tick(one.connection)
            assert said != BUSY
            if LOCKED in said or "locked" in said:
                continue
            after = one.connection.execute("select count(*) from bunkd.call").fetchone()
            assert before is not None
            assert after is not None
            calls = int(str(after[0])) - int(str(before[0]))
            about = (seed, code, said, answer)
            if code == Code.WAITS_FOR_TICK and answer_mode(one) == "native":
                assert calls > 0, about
            elif code in NOTHING_IS_SENT:
                assert calls == 0, about
            assert (code in OF_THIS_JOB) is not answer["row"]["claimable"], about
    wanted = {Code.NO_SLOT, Code.WAITS_FOR_TICK, Code.CALLED, Code.NOT_SENT_YET, Code.SLOWED_DOWN, Code.NOT_CLAIMABLE,
              Code.NOT_YET, Code.EXTERNAL, "PAUSED", "COPY", "BACKING_OFF"}  # fmt: skip
    assert wanted <= set(seen), seen


def answer_mode(one: Held) -> str:
    row = one.connection.execute("select mode from bunkd.schedule").fetchone()
    assert row is not None
    return str(row[0])
