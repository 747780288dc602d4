"""What an empty queue costs when millions of jobs are finished."""

import time

from psycopg import sql

from benchmarks.place import Place
from benchmarks.plain import HOUR, Plain
from benchmarks.progress import at, say
from benchmarks.result import Results, Row
from benchmarks.timing import median, percentile, server_side
from tests.support.command import bunkd
from tests.support.queue import add_jobs, create_queue
from tests.support.server import Connection
from tests.support.upgrade import SCHEDULE

FINISHED = "public.finished_jobs"
EVERY = 30
CHUNK = 1_000_000

LOAD = """
insert into public.finished_jobs
  (fingerprint, input_data, status, created_at, updated_at, started_at, completed_at)
select md5(n::text), '{"text": "a product"}',
       case when n %% 50 = 0 then 'failed' else 'completed' end, t, t, t, t + interval '20 s'
from generate_series(%(first)s::bigint, %(last)s::bigint) as n
cross join lateral (select now() - n * interval '3 s' as t) as s
"""
INDEXES = "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename = 'finished_jobs'"
COUNT = "select count(*) from (select from {} where {} limit 20) as w"
BY_HAND = """
perform status, count(*), max(created_at), max(completed_at) from public.finished_jobs group by 1
"""


def _fill(place: Place) -> None:
    """Load the finished rows, in a session of its own; the indexes are made afterwards."""
    rows = place.sizes.finished_rows
    with place.server.connect() as link:
        create_queue(link, 1, FINISHED)
        link.execute("set maintenance_work_mem = '512MB'")
        indexes = [(str(name), str(made)) for name, made in link.execute(INDEXES)]
        link.execute("alter table public.finished_jobs drop constraint finished_jobs_pkey")
        for name, _ in indexes:
            link.execute(sql.SQL("drop index if exists public.{}").format(sql.Identifier(name)))
        for first in range(1, rows + 1, CHUNK):
            link.execute(LOAD, {"first": first, "last": min(first + CHUNK - 1, rows)})
        for _, made in indexes:
            link.execute(made.encode())
        link.execute(
            "alter table public.finished_jobs add primary key using index finished_jobs_pkey"
        )
        link.execute("vacuum analyze public.finished_jobs")
    say(f"{rows:,} finished rows are loaded")


def measure(place: Place, plain: Plain, results: Results) -> None:
    """Ticks and the status view on a table with finished rows; it is dropped afterwards."""
    _fill(place)
    rows = place.sizes.finished_rows
    say(f"tick: {place.sizes.ticks} on an empty queue with {rows:,} finished rows")
    place.install(table=FINISHED)
    size = f"{rows / 1e6:g} million finished rows"
    tick = sql.SQL("perform bunkd.tick({})").format(SCHEDULE)
    place.endpoint.forget()
    ticks = server_side(place.link, tick, place.sizes.ticks)
    calls = len(place.endpoint.received)
    fresh = _in_fresh_sessions(place, tick)
    say("status")
    status = server_side(place.link, sql.SQL("perform * from bunkd.status"), 50)
    question = server_side(place.link, sql.SQL("perform * from bunkd.read_status()"), 50)
    command = _commands(place.server.url, 5, "status")
    say("explain")
    job = _some_job(place.link)
    why = sql.SQL("perform * from bunkd.explain_job({})")
    whole = server_side(place.link, why.format(job), 50)
    begins = server_side(place.link, why.format(job[:12]), 50)
    explaining = _commands(place.server.url, 5, "explain", job)
    by_hand = server_side(place.link, sql.SQL(BY_HAND), 3)
    results.add(
        Row(
            "tick_p50",
            f"tick, empty queue, {size}, p50",
            median(ticks),
            target=0.001,
            samples=ticks,
        ),
        Row("tick_p99", f"tick, empty queue, {size}, p99", percentile(ticks, 99)),
        Row("tick_fresh", "tick, first statement of a fresh session", median(fresh), samples=fresh),
        Row(
            "calls_empty",
            "calls an hour, empty queue",
            calls / len(ticks) * HOUR / EVERY,
            "calls",
            plain=plain.calls_an_hour(),
            plain_how="extrapolated",
            target=0,
        ),
        Row(
            "status",
            f"status, {size}",
            median(status),
            plain=median(by_hand),
            plain_how="measured",
            target=0.05,
            samples=status,
        ),
        Row(
            "status_question",
            f"bunkd-db status, {size}: its SQL",
            median(question),
            target=0.05,
            samples=question,
        ),
        Row(
            "status_command",
            f"bunkd-db status, {size}: the command",
            median(command),
            target=0.4,
            samples=command,
        ),
        Row(
            "explain_whole",
            f"bunkd-db explain, {size}: its SQL",
            median(whole),
            target=0.05,
            samples=whole,
        ),
        Row(
            "explain_beginning",
            f"bunkd-db explain, {size}: its SQL, by the beginning of an id",
            median(begins),
            target=0.05,
            samples=begins,
        ),
        Row(
            "explain_command",
            f"bunkd-db explain, {size}: the command",
            median(explaining),
            target=0.4,
            samples=explaining,
        ),
    )
    results.notes.append(
        f"Empty queue: {len(ticks)} ticks, as many as in {len(ticks) * EVERY / HOUR:.1f} hours, made"
        f" {calls} calls. The other column of status is"
        " the count by hand: status, count(*), max(created_at), max(completed_at) by status."
    )
    results.plans.update(plans(place.link))
    place.install()
    place.link.execute("drop table public.finished_jobs")


def plans(link: Connection) -> dict[str, list[str]]:
    """How the queue is counted, with the settings that the dispatcher counts with."""
    shape = link.execute(
        "select q.queue::text, q.claimable, q.active from bunkd.schedule s,"
        " lateral bunkd.read_queue_shape(s) as q where s.name = %s",
        [SCHEDULE],
    ).fetchone()
    assert shape is not None
    table, claimable, active = map(str, shape)
    link.execute("set enable_seqscan = off; set jit = off")
    found = {
        name: _lines(link, f"explain (analyze, buffers) {COUNT.format(table, condition)}")
        for name, condition in (("waiting", claimable), ("active", active))
    }
    link.execute("reset enable_seqscan; reset jit")
    return found


def _lines(link: Connection, query: str) -> list[str]:
    return [str(line) for (line,) in link.execute(query.encode())]


def _some_job(link: Connection) -> str:
    """A job that waits among the finished ones; its writer has caused no call."""
    with link.transaction():
        link.execute("set transaction isolation level repeatable read")
        [job] = add_jobs(link, table=FINISHED)
    return job


def _commands(url: str, rounds: int, *arguments: str) -> list[float]:
    """Seconds of `bunkd-db ARGUMENTS`, from its start to its end."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        done = bunkd(*arguments, DATABASE_URL=url)
        seconds.append(time.perf_counter() - began)
        assert done.out, done.err
    return seconds


def _in_fresh_sessions(place: Place, statement: sql.Composable) -> list[float]:
    """As pg_cron does it: one connection, one tick."""
    seconds = []
    for done in range(place.sizes.fresh_sessions):
        with place.server.connect() as link:
            seconds += server_side(link, statement, 1)
        at(done + 1, place.sizes.fresh_sessions, "tick, fresh session:")
    return seconds
